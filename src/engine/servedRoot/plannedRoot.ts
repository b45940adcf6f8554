/** The served root that a plan names. */

import { publishedFiles } from "../../model/drop";
import type { Plan } from "../../model/plan";
import type { Wanted } from "../../model/settings";
import { EngineError } from "../errors";
import { absentRoot } from "./absentRoot";
import { openServedRoot, type ServedRoot } from "./servedRoot";

/** The door to what is served. A root that the plan names and that is not built yet is followed like its files. */
export async function openPlannedRoot(wanted: Wanted, plan: Plan): Promise<ServedRoot> {
  const { folder, alsoServe, uploads, limits } = wanted;
  try {
    return await openServedRoot({
      folder,
      root: plan.root,
      aliases: plan.aliases,
      published: publishedFiles(plan),
      alsoServe,
      uploads,
      uploadSize: limits.uploadSize,
    });
  } catch (error) {
    const isAbsent = error instanceof EngineError && error.code === "root.missing" && plan.root !== ".";
    if (!isAbsent) throw error;
    return absentRoot;
  }
}
