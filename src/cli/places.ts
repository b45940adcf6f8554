/** Where files of the folder lie from here: a click in the terminal, and a problem matcher, open what is named so. */

import { basename, isAbsolute, relative, resolve } from "node:path";
import { outlineFolder } from "../engine/verification/outline";
import type { VerifySettings } from "../engine/verification/verify";
import { PlanError } from "../engine/planFile";
import type { StepRow } from "../model/events";
import type { Place } from "../model/places";

type Settings = Pick<VerifySettings, "folder" | "planFile">;

/** @returns what gives a file that the plan or a problem names as it is found from `cwd`; one that lies outside as it was. */
export function fromHere({ folder, planFile }: Settings, cwd = process.cwd()): (file: string) => string {
  return (file) => {
    const isPlan = planFile !== undefined && basename(planFile) === file;
    const path = relative(cwd, isPlan ? planFile : resolve(folder, file));
    return path.startsWith("..") || isAbsolute(path) ? file : path;
  };
}

/** The place of each step that a line of the manifest or the plan asks for. @throws PlanError */
export async function placesOfSteps(settings: VerifySettings): Promise<(row: StepRow) => StepRow> {
  const { boards } = await outlineFolder(settings);
  const here = fromHere(settings);
  const places = new Map<string, Place>();
  for (const { steps } of boards)
    for (const { id, at } of steps) if (at !== undefined) places.set(id, { ...at, file: here(at.file) });
  return (row) => {
    const at = places.get(row.id);
    return at === undefined ? row : { ...row, at };
  };
}

/** The same error, its problems as they are found from here. */
export function problemsFromHere(error: unknown, settings: Settings): unknown {
  if (!(error instanceof PlanError)) return error;
  const here = fromHere(settings);
  return new PlanError(error.problems.map((problem) => ({ ...problem, file: here(problem.file) })));
}
