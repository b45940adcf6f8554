/** What a verification is about, before anything is asked: the plan, the door to its files, the boards, the checksums. */

import { publishedFiles, type Board } from "../../model/drop";
import { problemAt } from "../../model/places";
import type { Drop, Problem } from "../../model/plan";
import { parseSums, sumsFile, sumsLimits } from "../../model/sums";
import { loadPlan, type LoadedPlan } from "../planFile";
import { openServedRoot, Refusal, type ServedRoot } from "../servedRoot/servedRoot";
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
  readonly root: ServedRoot;
  readonly boards: readonly Board[];
  /** Set where no plan names a file: what the door serves, as the drop of every board. */
  readonly whole: Whole | undefined;
  readonly sums: Sums;
}

interface Whole {
  readonly drop: Drop;
  /** What the door refuses: rule and count. */
  readonly refused: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

interface Sums {
  /** By name in the served root. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Without a plan no more files than these are fetched (DESIGN §2.3). */
const mostFiles = 1000;

/** @throws PlanError, EngineError `client.unknown`. */
export async function prepare(settings: FolderSettings): Promise<Prepared> {
  const loaded = await loadPlan(settings.folder, settings.planFile);
  const { plan } = loaded;
  const root = await openServedRoot({
    folder: settings.folder,
    root: plan.root,
    aliases: plan.aliases,
    published: publishedFiles(plan),
    alsoServe: settings.alsoServe ?? [],
    uploads: "deny",
    uploadSize: 0,
  });
  const chosen = chooseBoards(plan, settings);
  const whole = chosen.every(({ drop }) => isEmpty(drop)) ? await everything(root) : undefined;
  const boards = whole === undefined ? chosen : chosen.map((board) => ({ ...board, drop: whole.drop }));
  return { loaded, root, boards, whole, sums: await readSums(root) };
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

async function readSums(root: ServedRoot): Promise<Sums> {
  try {
    const text = await readText(root, sumsFile, sumsLimits.bytes + 1);
    const { sums, problems } = parseSums(text ?? "", sumsFile);
    return { hashes: new Map([...sums.values()].map(({ file, sha256 }) => [file, sha256])), problems };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // It is there: a run that passed without its hashes would have compared less than the folder asks for.
    const place = { file: sumsFile, line: 1, column: 1 };
    return {
      hashes: new Map(),
      problems: [problemAt("error", place, `it cannot be read: ${error.message}`)],
    };
  }
}
