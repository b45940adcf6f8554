/** What a plan names and is not there as it should be. Looks at no disk: it is told what there is. */

import { ownRootsOf } from "./drop";
import type { NamedFile } from "./namedFiles";
import { problemAt, type Place } from "./places";
import type { Plan, Problem } from "./plan";
import type { ParsedPlan } from "./planParser";
import { printable } from "./text";

/** What stands under a path; undefined: nothing. */
export type Found = "file" | "folder" | "other" | undefined;

/** What is wrong with a file of the plan; `absent`: it is not there at all, as the plan names it. */
export interface Lack {
  readonly problem: Problem;
  readonly absent?: string;
}

/** The sentence for a file that is not built yet. @param root a board's own. */
export const notThereYet = (file: string, root?: string): string =>
  `"${printable(file)}" is not there yet${root === undefined ? "" : ` in "${printable(root)}"`}; it will be served as soon as it is built`;

/** The sentence for a folder in the place of a file. */
export const folderNotFile = (file: string): string => `"${printable(file)}" is a folder; name a file`;

const below = (root: string, file: string): string => (root === "." ? file : `${root}/${file}`);

/** A file in the served root. */
const nameOf = ({ file, root }: NamedFile): string => below(root ?? ".", file);

/** The served root, those of boards, and every file that the plan names, relative to the workspace folder. */
export function pathsOf(plan: Plan, named: readonly NamedFile[]): string[] {
  return [plan.root, ...[...ownRootsOf(plan), ...named.map(nameOf)].map((name) => below(plan.root, name))];
}

/** What is wrong with a root. @param root as the plan names it; `kind` is what stands there. */
function lackOfRoot(root: string, at: Place, kind: Found): Lack[] {
  const shown = printable(root);
  if (kind === "folder") return [];
  if (kind !== undefined)
    return [{ problem: problemAt("error", at, `"${shown}" is a file; "root" is a folder`) }];
  const message = `the folder "${shown}" is not there yet; it will be served as soon as it is`;
  return [{ problem: problemAt("warning", at, message), absent: root }];
}

/**
 * Warnings for what the plan names and is not there yet (not built), and errors for folders and files that are
 * the other one.
 * @param found asked for each of `pathsOf`.
 */
export function lacksOf(
  { named, rootAt, ownRoots }: Pick<ParsedPlan, "named" | "rootAt" | "ownRoots">,
  plan: Plan,
  found: (path: string) => Found,
): Lack[] {
  const inRoot = (name: string): Found => found(below(plan.root, name));
  const lacking = rootAt === undefined ? [] : lackOfRoot(plan.root, rootAt, found(plan.root));
  if (lacking.length > 0) return lacking;
  const files = named.flatMap((each): Lack[] => {
    const { file, root, at } = each;
    if (root !== undefined && inRoot(root) !== "folder") return [];
    switch (inRoot(nameOf(each))) {
      case "folder":
        return [{ problem: problemAt("error", at, folderNotFile(nameOf(each))) }];
      case undefined:
        return [{ problem: problemAt("warning", at, notThereYet(file, root)), absent: nameOf(each) }];
      default:
        return [];
    }
  });
  return [...ownRoots.flatMap(({ value, at }) => lackOfRoot(value, at, inRoot(value))), ...files];
}
