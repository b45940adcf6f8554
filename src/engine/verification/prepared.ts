/** What a verification is about, before anything is asked: the plan, the door to its files, the boards, the checksums. */

import { posix } from "node:path";
import type { Board } from "../../model/drop";
import { problemAt } from "../../model/places";
import type { Drop, Problem } from "../../model/plan";
import { parseSums, sumsFile, sumsLimits } from "../../model/sums";
import { loadPlan, type LoadedPlan } from "../planFile";
import { openPlannedRoots } from "../servedRoot/plannedRoot";
import { Refusal, type ServedRoot } from "../servedRoot/servedRoot";
import { chooseBoards, type BoardSettings } from "./boards";
import { readText } from "./compare";

export interface FolderSettings extends Pick<BoardSettings, "planFile" | "client" | "mac" | "answer"> {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Folders outside the workspace folder that links in the served root may lead to. */
  readonly alsoServe?: readonly string[];
}

export interface Prepared {
  readonly loaded: LoadedPlan;
  readonly boards: readonly Board[];
  /** What the boards see, by `Drop.root`. */
  readonly views: ReadonlyMap<string | undefined, View>;
  /** Set where no plan names a file: what the doors serve is the drop of every board. */
  readonly whole: Pick<Whole, "refused" | "notes"> | undefined;
  /** What is wrong with the checksums of the views. */
  readonly problems: readonly Problem[];
}

/** A served root, or a board's own. */
export interface View {
  readonly root: ServedRoot;
  /** The hashes of its SHA256SUMS, by name. */
  readonly hashes: ReadonlyMap<string, string>;
}

interface Whole {
  readonly drop: Drop;
  /** What the door refuses: rule and count. */
  readonly refused: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

/** Without a plan no more files than these are fetched (DESIGN §2.3). */
const mostFiles = 1000;

/** @throws PlanError, EngineError `client.unknown`. */
export async function prepare(settings: FolderSettings): Promise<Prepared> {
  const loaded = await loadPlan(settings.folder, settings.planFile);
  const { plan } = loaded;
  const { folder, alsoServe = [] } = settings;
  const rootOf = await openPlannedRoots({ folder, alsoServe, uploads: "deny", uploadSize: 0 }, plan, false);
  const chosen = chooseBoards(plan, settings);
  const views = new Map<string | undefined, View>();
  const problems: Problem[] = [];
  for (const { drop } of chosen) {
    if (views.has(drop.root)) continue;
    const root = rootOf({ root: drop.root });
    const sums = await readSums(root, posix.join(drop.root ?? "", sumsFile));
    views.set(drop.root, { root, hashes: sums.hashes });
    problems.push(...sums.problems);
  }
  const prepared = { loaded, boards: chosen, views, whole: undefined, problems };
  return chosen.every(({ drop }) => isEmpty(drop)) ? wholly(prepared) : prepared;
}

/** What the board with this drop sees. */
export function viewOf({ views }: Prepared, { root }: Drop): View {
  const view = views.get(root);
  if (view === undefined) throw new Error(`no view of ${root ?? "the served root"} was prepared`);
  return view;
}

/** The same with everything that the doors serve as the drops. */
async function wholly(prepared: Prepared): Promise<Prepared> {
  const wholes = new Map<string | undefined, Whole>();
  for (const [own, { root }] of prepared.views) wholes.set(own, await everything(root));
  const refused: Record<string, number> = {};
  for (const whole of wholes.values()) {
    for (const [rule, count] of Object.entries(whole.refused)) refused[rule] = (refused[rule] ?? 0) + count;
  }
  return {
    ...prepared,
    boards: prepared.boards.map((board) => ({
      ...board,
      drop: { ...board.drop, ...wholes.get(board.drop.root)?.drop },
    })),
    whole: { refused, notes: [...wholes.values()].flatMap(({ notes }) => notes) },
  };
}

const isEmpty = ({ boot, tftp, ftp, manifest }: Drop): boolean =>
  boot.length + tftp.length + ftp.length === 0 && manifest === undefined;

/** Every file that the door serves, as a drop; what it refuses is counted by rule. */
async function everything(root: ServedRoot): Promise<Whole> {
  const files: string[] = [];
  const refused: Record<string, number> = {};
  let more = 0;
  for await (const entry of root.walk()) {
    if ("refused" in entry) refused[entry.refused] = (refused[entry.refused] ?? 0) + 1;
    else if (files.length < mostFiles) files.push(entry.name);
    else more += 1;
  }
  const notes = more === 0 ? [] : [`Only the first ${mostFiles} of ${mostFiles + more} files were fetched.`];
  return { drop: { boot: [], sequence: false, tftp: files, ftp: files }, refused, notes };
}

/** @param name of the checksums' file in the served root. */
async function readSums(
  root: ServedRoot,
  name: string,
): Promise<{ readonly hashes: ReadonlyMap<string, string>; readonly problems: readonly Problem[] }> {
  try {
    const text = await readText(root, sumsFile, sumsLimits.bytes + 1);
    const { sums, problems } = parseSums(text ?? "", name);
    return { hashes: new Map([...sums.values()].map(({ file, sha256 }) => [file, sha256])), problems };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // It is there: a run that passed without its hashes would have compared less than the folder asks for.
    const place = { file: name, line: 1, column: 1 };
    return {
      hashes: new Map(),
      problems: [problemAt("error", place, `it cannot be read: ${error.message}`)],
    };
  }
}
