/** Verification: which boards are played against what, and the report of it (DESIGN §2.3). */

import { setMaxListeners } from "node:events";
import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Engine } from "../model/api";
import { anyBoard, boardOf, dropsToVerify, findClient, publishedFiles, type Board } from "../model/drop";
import type { ReportRow, StepRow } from "../model/events";
import type { Drop, Plan } from "../model/plan";
import { defaultWanted, type Ports } from "../model/settings";
import { parseSums, sumsFile, sumsLimits } from "../model/sums";
import { reportOf, type RunFacts } from "../model/verdict";
import { verificationPrefix } from "../protocol/bootp/clients";
import type { BoardIo, BootpOptions, BootpWay, FtpTarget } from "./clients/boardIo";
import type { Clock } from "./clock";
import { compareWith, readText } from "./compare";
import { EngineError } from "./errors";
import { playBoard, type PlayedBoard, type Run } from "./flow";
import { servedAddresses } from "./interfaces";
import { describeProblem, loadPlan } from "./planFile";
import { openServedRoot, type ServedRoot } from "./servedRoot";
import { Steps } from "./steps";

/** Who to be and how to ask: what verify and fetch have in common. */
export interface BoardSettings {
  /** Absolute path of a plan instead of the folder's own. */
  readonly planFile?: string;
  /** Local address or interface to ask from. */
  readonly address?: string;
  readonly ports: Ports;
  readonly bootp: BootpWay | "skip";
  /** A client of the plan, by its name. */
  readonly client?: string;
  /** Lower case with colons. */
  readonly mac?: string;
  /** BOOTP options to ask with, by code. */
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** Absent: anonymous. */
  readonly ftpUser?: string;
  readonly ftpPassword?: string;
}

export interface VerifySettings extends BoardSettings {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Address or name; absent: own servers on loopback. */
  readonly target?: string;
}

/** What a run needs of the world around it. */
export interface RunEnvironment {
  readonly clock: Clock;
  readonly io: BoardIo;
  /** Own servers, for a run without a target. */
  createEngine(): Engine;
  /** A text that no other run has. */
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Told once, before the first step. */
  begin(subject: Subject): void;
  step(row: StepRow): void;
}

/** What is about to be asked. */
export interface Subject {
  /** `192.168.7.2`, or "its own servers on 127.0.0.1". */
  readonly name: string;
  readonly ports: Ports;
  readonly boards: readonly string[];
  /** True: no plan names a file, everything that the door serves is fetched. */
  readonly whole: boolean;
}

/** Who a board is unless it is told: locally administered, so it is no real one's (IEEE 802 §8.2). */
const defaultMac = "02:00:00:00:00:01";

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
      { subject: target.name, ports: target.ports, whole: whole !== undefined, purpose: "verify" },
    );
    const warnings = problems.map(describeProblem);
    const notes = [...warnings, ...notesOf(facts, boards), ...(whole?.notes ?? []), ...sums.notes];
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
  const localAddress = localAddressOf(settings.address, isIPv6(host));
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

/** The address of a host. @throws EngineError `target.unknown`. */
export async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { family: 4 }).catch(() => lookup(host))).address;
  } catch (error) {
    throw new EngineError(
      {
        code: "target.unknown",
        message: `no address is known for ${host}`,
        remedy: "Check its name, or give its address.",
      },
      { cause: error },
    );
  }
}

/** The address to ask from. @throws EngineError `address.missing`. */
export function localAddressOf(wanted: string | undefined, ipv6: boolean): string | undefined {
  if (wanted === undefined) return undefined;
  const { networks, ipv6: addresses } = servedAddresses([wanted], networkInterfaces());
  const found = ipv6 ? addresses[0] : networks[0]?.address;
  if (found !== undefined) return found;
  throw new EngineError({
    code: "address.missing",
    message: `${wanted} is no address or interface of this computer that can ask`,
    remedy: "Give an interface that has an address, or one of this computer's addresses.",
  });
}

/** @throws EngineError `client.unknown`. */
export function chooseBoards(plan: Plan, { client, mac }: BoardSettings): Board[] {
  const wanted = client ?? mac;
  if (wanted === undefined) return dropsToVerify(plan);
  const listed = findClient(plan, wanted);
  if (listed !== undefined) return [boardOf(plan, listed)];
  if (mac !== undefined) return [{ ...anyBoard(plan), name: mac, mac }];
  const names = plan.clients.flatMap(({ name }) => name ?? []);
  throw new EngineError({
    code: "client.unknown",
    message: `the plan has no client "${wanted}"`,
    remedy:
      names.length === 0
        ? "Give a plan that lists it by its name with --plan, or its MAC with --mac."
        : `It lists ${names.join(", ")}.`,
  });
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

async function readSums(root: ServedRoot): Promise<{ hashes: Map<string, string>; notes: string[] }> {
  const text = await readText(root, sumsFile, sumsLimits.bytes + 1);
  const { sums, problems } = parseSums(text ?? "", sumsFile);
  return {
    hashes: new Map([...sums.values()].map(({ file, sha256 }) => [file, sha256])),
    notes: problems.map(({ line, message }) => `${sumsFile} line ${line}: ${message}`),
  };
}

/** What a board needs to know of the host that it asks. */
export interface TargetFacts {
  readonly own: boolean;
  readonly host: string;
  readonly ports: Ports;
  readonly localAddress?: string;
  readonly plan: Plan;
  readonly settings: BoardSettings;
}

/** A board as the flow plays it. */
export function played(
  board: Board,
  { own, host, ports, localAddress, plan, settings }: TargetFacts,
  { runId }: Pick<RunEnvironment, "runId">,
  compare: boolean,
): PlayedBoard {
  const local = localAddress !== undefined && { localAddress };
  const way = settings.bootp;
  const bootp: BootpOptions | undefined =
    way === "skip" || isIPv6(host)
      ? undefined
      : {
          way,
          target: host,
          port: ports.bootp,
          ...local,
          mac: board.mac ?? defaultMac,
          ...(compare && { clientIdentifier: new TextEncoder().encode(`${verificationPrefix}${runId}`) }),
          options: settings.options,
          release: board.client === undefined,
        };
  const { ftpUser: user, ftpPassword: password } = settings;
  const ftp: Pick<FtpTarget, "user" | "password"> = {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
  };
  return {
    name: board.name,
    drop: board.drop,
    compare,
    ...(bootp !== undefined && { bootp }),
    ...(way !== "skip" && bootp === undefined && { bootpObstacle: "BOOTP is IPv4 only, the target is not" }),
    ...(plan.server !== undefined && { server: plan.server }),
    // Where BOOTP says nothing, the plan's server is what it would have said.
    host: own ? host : (plan.server ?? host),
    ...(own && { filesFrom: host }),
    ports,
    ...local,
    ftp,
    silentMs: plan.silentSeconds * 1000,
  };
}

/** Plays boards one after the other; the report has no notes yet. */
export async function playBoards(
  boards: readonly PlayedBoard[],
  world: RunEnvironment & Pick<Run, "receiver">,
  about: Pick<RunFacts, "subject" | "purpose"> & Pick<Subject, "ports" | "whole">,
): Promise<ReportRow> {
  const { clock, io, signal, receiver } = world;
  const startedAt = clock.wallTime();
  const start = clock.now();
  const steps = new Steps(clock, (row) => {
    world.step(row);
  });
  world.begin({
    name: about.subject,
    ports: about.ports,
    boards: boards.map(({ name }) => name),
    whole: about.whole,
  });
  // A TFTP transfer that waits whether its last ACK was lost still listens while the next ones run.
  setMaxListeners(0, signal);
  const run: Run = { io, clock, steps, receiver, signal, unanswered: new Set(), asked: false };
  try {
    for (const board of boards) await playBoard(board, run);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const durationMs = clock.now() - start;
  const facts: RunFacts = { ...about, durationMs, cancelled: signal.aborted };
  return reportOf(steps.ended(), facts, { notes: [], refused: {}, startedAt });
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
