/** The served root that a plan names, and the folders in it that boards see instead. */

import { posix, resolve } from "node:path";
import { ownRootsOf, publishedFiles } from "../../model/drop";
import type { Plan } from "../../model/plan";
import type { Wanted } from "../../model/settings";
import { EngineError } from "../errors";
import { absentRoot } from "./absentRoot";
import { boardRoot } from "./boardRoot";
import type { DoorOptions } from "./contract";
import { openServedRoot, type ServedRoot } from "./servedRoot";

/** What a board's own terms say of the files that it sees; `protocol/bootp/choice.ts` finds them. */
export interface RootTerms {
  /** Below the served root; undefined: the served root itself. */
  readonly root?: string | undefined;
  readonly stripPrefix?: readonly string[];
}

/** The served root as a board with these terms sees it. */
export type RootOf = (terms: RootTerms) => ServedRoot;

/** What a folder is served with, beside what its plan says. */
export type ServingTerms = Pick<DoorOptions, "folder" | "alsoServe" | "uploads" | "uploadSize">;

export const servingTerms = ({ folder, alsoServe, uploads, limits }: Wanted): ServingTerms => ({
  folder,
  alsoServe,
  uploads,
  uploadSize: limits.uploadSize,
});

/**
 * Opens every door of a plan. A folder that the plan names and that is not built yet is followed like its files.
 * @param followed false: the served root must be there.
 * @throws EngineError as `openServedRoot` does.
 */
export async function openPlannedRoots(terms: ServingTerms, plan: Plan, followed = true): Promise<RootOf> {
  const shared = { ...terms, aliases: plan.aliases, published: publishedFiles(plan) };
  const everybodys = await openUnlessAbsent({ ...shared, root: plan.root }, followed && plan.root !== ".");
  // A link in a board's own root may lead into the rest of the served root: that is how boards share a file.
  const alsoServe = [...terms.alsoServe, resolve(terms.folder, plan.root)];
  const own = new Map<string, ServedRoot>();
  for (const folder of ownRootsOf(plan)) {
    const options = { ...shared, root: posix.join(plan.root, folder), alsoServe };
    own.set(folder, await openUnlessAbsent(options, true));
  }
  return ({ root: folder, stripPrefix = [] }) => {
    const door = folder === undefined ? undefined : own.get(folder);
    if (folder === undefined || door === undefined) return boardRoot(everybodys, { stripPrefix });
    return boardRoot(door, { own: { folder, everybodys }, stripPrefix });
  };
}

/** @param mayBeAbsent true: a folder that is not there opens nothing, and that is no error. */
async function openUnlessAbsent(options: DoorOptions, mayBeAbsent: boolean): Promise<ServedRoot> {
  try {
    return await openServedRoot(options);
  } catch (error) {
    const isAbsent = error instanceof EngineError && error.code === "root.missing" && mayBeAbsent;
    if (!isAbsent) throw error;
    return absentRoot;
  }
}
