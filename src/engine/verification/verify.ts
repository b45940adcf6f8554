/** Verification: which boards are played against what, and the report of it (DESIGN §2.3). */

import { isIPv6 } from "node:net";
import { publishedFiles, type Board } from "../../model/drop";
import type { ReportRow } from "../../model/events";
import { problemAt } from "../../model/places";
import type { Drop, Problem } from "../../model/plan";
import { defaultWanted, type Ports } from "../../model/settings";
import { parseSums, sumsFile, sumsLimits } from "../../model/sums";
import {
  addressOf,
  chooseBoards,
  localAddressOf,
  playBoards,
  played,
  type BoardSettings,
  type RunEnvironment,
  type TargetFacts,
} from "./boards";
import { compareWith, readText } from "./compare";
import { EngineError } from "../errors";
import { describeProblem, loadPlan } from "../planFile";
import { openServedRoot, Refusal, type ServedRoot } from "../servedRoot/servedRoot";

export interface VerifySettings extends BoardSettings {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Address or name; absent: own servers on loopback. */
  readonly target?: string;
}

/** Without a plan no more files than these are fetched (DESIGN §2.3). */
const mostFiles = 1000;
const loopback = "127.0.0.1";

/**
 * Verifies a folder against a target, or against servers of its own.
 * @throws PlanError, EngineError `client.unknown`, `target.unknown`, `address.missing`, `server.failed`.
 * A cancelled run is no error: its report says so.
 */
export async function verifyFolder(
  settings: VerifySettings,
  environment: RunEnvironment,
): Promise<ReportRow> {
  const { plan, problems } = await loadPlan(settings.folder, settings.planFile);
  const root = await openServedRoot({
    folder: settings.folder,
    root: plan.root,
    aliases: plan.aliases,
    published: publishedFiles(plan),
    alsoServe: [],
    uploads: "deny",
    uploadSize: 0,
  });
  const chosen = chooseBoards(plan, settings);
  const whole = chosen.every(({ drop }) => isEmpty(drop)) ? await everything(root) : undefined;
  const boards = whole === undefined ? chosen : chosen.map((board) => ({ ...board, drop: whole.drop }));
  const target = await openTarget(settings, environment);
  try {
    const sums = await readSums(root);
    const facts: TargetFacts = { ...target, plan, settings };
    const report = await playBoards(
      boards.map((board) => played(board, facts, environment, true)),
      { ...environment, receiver: compareWith(root, sums.hashes) },
      {
        subject: target.name,
        ports: target.ports,
        whole: whole !== undefined,
        purpose: "verify",
        unusable: sums.problems.filter(({ severity }) => severity === "error"),
      },
    );
    const warnings = [...problems, ...sums.problems].filter(({ severity }) => severity === "warning");
    const notes = [...warnings.map(describeProblem), ...notesOf(facts, boards), ...(whole?.notes ?? [])];
    return { ...report, notes, refused: whole?.refused ?? {} };
  } finally {
    await target.close();
  }
}

/** What is asked: a target, or servers of its own. */
interface Target {
  readonly name: string;
  readonly own: boolean;
  /** The address that is asked. */
  readonly host: string;
  readonly ports: Ports;
  readonly localAddress?: string;
  close(): Promise<void>;
}

async function openTarget(settings: VerifySettings, environment: RunEnvironment): Promise<Target> {
  if (settings.target === undefined) return startOwnServers(settings, environment);
  const host = await addressOf(settings.target);
  const localAddress = await localAddressOf(settings.address, isIPv6(host));
  return {
    name: settings.target,
    own: false,
    host,
    ports: settings.ports,
    ...(localAddress !== undefined && { localAddress }),
    close: () => Promise.resolve(),
  };
}

async function startOwnServers(settings: VerifySettings, environment: RunEnvironment): Promise<Target> {
  const engine = environment.createEngine();
  try {
    await engine.configure({
      ...defaultWanted,
      folder: settings.folder,
      ...(settings.planFile !== undefined && { planFile: settings.planFile }),
      ports: settings.ports,
      ...(settings.ftpUser !== undefined && { ftpUser: settings.ftpUser }),
      ...(settings.ftpPassword !== undefined && { ftpPassword: settings.ftpPassword }),
    });
    const { servers } = engine.snapshot();
    const portOf = (protocol: string): number => {
      const row = servers.get(protocol);
      if (row?.state === "running") return row.port;
      throw new EngineError(
        row?.trouble ?? { code: "server.failed", message: `the ${protocol} server did not start` },
      );
    };
    const ports = { bootp: portOf("bootp"), tftp: portOf("tftp"), ftp: portOf("ftp") };
    const name = `its own servers on ${loopback}`;
    return { name, own: true, host: loopback, ports, close: () => engine.stopNow() };
  } catch (error) {
    await engine.stopNow();
    throw error;
  }
}

const isEmpty = ({ boot, tftp, ftp, manifest }: Drop): boolean =>
  boot.length + tftp.length + ftp.length === 0 && manifest === undefined;

/** Every file that the door serves, as a drop; what it refuses is counted by rule. */
async function everything(
  root: ServedRoot,
): Promise<{ drop: Drop; refused: Readonly<Record<string, number>>; notes: readonly string[] }> {
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

async function readSums(root: ServedRoot): Promise<{ hashes: Map<string, string>; problems: Problem[] }> {
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

/** What the run does not show, and what was turned off. */
function notesOf({ own, plan, settings }: TargetFacts, boards: readonly Board[]): string[] {
  const notes: string[] = [];
  if (own) {
    notes.push(
      plan.server === undefined
        ? "The servers were started for this folder: this does not show that another server hands out the same (--target HOST does)."
        : `${plan.server} was not asked: the files came from servers that were started for this folder on ${loopback} (--target HOST asks another).`,
    );
  }
  if (settings.bootp === "skip") notes.push("BOOTP was turned off: the plan said what it would have said.");
  const others = plan.clients.length - boards.filter(({ client }) => client !== undefined).length;
  if (settings.client === undefined && settings.mac === undefined && others > 0) {
    const clients = others === 1 ? "1 listed client gets" : `${others} listed clients get`;
    notes.push(`${clients} the same drop as a board that was played.`);
  }
  return notes;
}
