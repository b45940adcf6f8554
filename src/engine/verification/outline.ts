/** What would be verified, found before anything is asked: each board with its steps, and the line that asks for each. */

import { posix } from "node:path";
import { aliasOf } from "../../model/drop";
import { manifestLimits, parseManifest } from "../../model/manifest";
import { leftOut, outlineBoard, StepIds, type DropPlaces, type OwnManifest } from "../../model/outline";
import type { Drop } from "../../model/plan";
import { sumsFile } from "../../model/sums";
import type { Outline, OutlinedBoard } from "../../model/verification";
import { localPlanPath, planPath } from "../planFile";
import { readText, unlessRefused } from "./compare";
import { prepare, viewOf, type FolderSettings, type Prepared } from "./prepared";

const nowhere: DropPlaces = { boot: [], tftp: [], ftp: [] };

/** @throws PlanError when the plan has errors. */
export async function outlineFolder(settings: FolderSettings): Promise<Outline> {
  const prepared = await prepare(settings);
  const { loaded, whole, problems } = prepared;
  const boards = await outlineBoards(prepared);
  return {
    boards,
    whole: whole !== undefined,
    problems: [...loaded.problems, ...problems],
    files: [planPath, localPlanPath, ...filesOf(prepared, boards)],
  };
}

/** The boards of a run, each with its steps. */
export async function outlineBoards(prepared: Prepared): Promise<OutlinedBoard[]> {
  const { loaded, boards, problems } = prepared;
  const outlined: OutlinedBoard[] = [];
  for (const { client, rule, drop, name } of boards) {
    const { places = nowhere } = loaded;
    const own = client ? loaded.places?.clients[client.mac] : loaded.places?.match[rule ?? -1];
    const its = { ...places, ...(own?.boot && { boot: own.boot }) };
    const at = own?.at ?? its.boot[0] ?? its.tftp[0] ?? its.ftp[0];
    const steps = outlineBoard(name, drop, its, await ownManifest(prepared, drop));
    outlined.push({ name, ...(at !== undefined && { at }), steps });
  }
  // Checksums that cannot be read fail once, whoever is played.
  const [first, ...others] = outlined;
  const unusable = problems.filter(({ severity }) => severity === "error");
  if (first === undefined || unusable.length === 0) return outlined;
  const kind = "manifest" as const;
  const broken = unusable.map(({ file, line, column }) => {
    const name = `${file} line ${line}`;
    const at = { file: inFolder(prepared, file), line, column };
    return { id: new StepIds().take(first.name, kind, name, undefined), kind, name, at };
  });
  return [{ ...first, steps: [...broken, ...first.steps] }, ...others];
}

/** A name in a served root as a path in the workspace folder. @param own a board's own root. */
const inFolder = ({ loaded: { plan } }: Prepared, name: string, own = ""): string =>
  posix.join(plan.root, own, aliasOf(plan, name));

async function ownManifest(prepared: Prepared, drop: Drop): Promise<OwnManifest | undefined> {
  const { manifest } = drop;
  if (manifest === undefined) return undefined;
  const text = await readText(viewOf(prepared, drop).root, manifest, manifestLimits.bytes + 1).catch(
    unlessRefused,
  );
  if (text === undefined) return undefined;
  const published = [...drop.boot, ...drop.tftp, ...drop.ftp];
  return { ...parseManifest(text, manifest, published), file: inFolder(prepared, manifest, drop.root) };
}

/** The files of the drops, as they lie in the workspace folder. */
function filesOf(prepared: Prepared, outlined: readonly OutlinedBoard[]): string[] {
  const paths = outlined.flatMap(({ steps }, index) => {
    const names = steps.flatMap(({ kind, name }) => (kind === "tftp" || kind === "ftp" ? [name] : []));
    const own = prepared.boards[index]?.drop.root;
    return [...names, sumsFile].map((name) => inFolder(prepared, name, own));
  });
  return [...new Set(paths)];
}

/** What a run leaves out where only some steps are wanted, by their ids. */
export function leftOutOf(
  prepared: Prepared,
  outlined: readonly OutlinedBoard[],
  only: readonly string[],
  hostByBootp: boolean,
): ReadonlySet<string> {
  const manifestOf = new Map(prepared.boards.map(({ name, drop }) => [name, drop.manifest]));
  return new Set(
    outlined.flatMap((board) => [...leftOut(board, manifestOf.get(board.name), only, hostByBootp)]),
  );
}
