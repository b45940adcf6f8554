/** What a plan names and is not there as it should be. Looks at no disk: it is told what there is. */

import { problemAt } from "./places";
import type { Plan, Problem } from "./plan";
import type { NamedFile, ParsedPlan } from "./planParser";
import { printable } from "./text";

/** What stands under a path; undefined: nothing. */
export type Found = "file" | "folder" | "other" | undefined;

/** What is wrong with a file of the plan; `absent`: it is not there at all, as the plan names it. */
export interface Lack {
  readonly problem: Problem;
  readonly absent?: string;
}

/** The sentence for a file that is not built yet. */
export const notThereYet = (file: string): string =>
  `"${printable(file)}" is not there yet; it will be served as soon as it is built`;

/** The sentence for a folder in the place of a file. */
export const folderNotFile = (file: string): string => `"${printable(file)}" is a folder; name a file`;

const below = (root: string, file: string): string => (root === "." ? file : `${root}/${file}`);

/** The served root and every file that the plan names, relative to the workspace folder. */
export function pathsOf(plan: Plan, named: readonly NamedFile[]): string[] {
  return [plan.root, ...named.map(({ file }) => below(plan.root, file))];
}

/**
 * Warnings for what the plan names and is not there yet (not built), and errors for folders and files that are
 * the other one.
 * @param found asked for each of `pathsOf`.
 */
export function lacksOf(
  { named, rootAt }: Pick<ParsedPlan, "named" | "rootAt">,
  plan: Plan,
  found: (path: string) => Found,
): Lack[] {
  const root = found(plan.root);
  if (rootAt !== undefined && root !== "folder") {
    const shown = printable(plan.root);
    if (root !== undefined)
      return [{ problem: problemAt("error", rootAt, `"${shown}" is a file; "root" is a folder`) }];
    const message = `the folder "${shown}" is not there yet; it will be served as soon as it is`;
    return [{ problem: problemAt("warning", rootAt, message), absent: plan.root }];
  }
  return named.flatMap(({ file, at }): Lack[] => {
    switch (found(below(plan.root, file))) {
      case "folder":
        return [{ problem: problemAt("error", at, folderNotFile(file)) }];
      case undefined:
        return [{ problem: problemAt("warning", at, notThereYet(file)), absent: file }];
      default:
        return [];
    }
  });
}
