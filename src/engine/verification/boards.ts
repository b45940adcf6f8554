/** A run of boards: who is played, as whom, from where and with what; what verify and fetch have in common. */

import { setMaxListeners } from "node:events";
import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Engine } from "../../model/api";
import { anyBoard, boardOf, dropsToVerify, findClient, type Board } from "../../model/drop";
import type { ReportRow, StepRow } from "../../model/events";
import type { Plan, Problem } from "../../model/plan";
import type { Answer, Ports } from "../../model/settings";
import { reportOf, type RunFacts } from "../../model/verdict";
import { verificationPrefix } from "../../protocol/bootp/clients";
import type { BoardIo, BootpOptions, BootpWay, FtpTarget } from "../clients/boardIo";
import type { Clock } from "../clock";
import { describeAbsence, fixesFor } from "../absence";
import { EngineError } from "../errors";
import { playBoard } from "./flow";
import type { PlayedBoard, Run } from "./run";
import { servedAddresses } from "../interfaces";
import { listNetworks } from "../networks/networks";
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
  /** Whom the machine's setting lets be answered; a plan may narrow it. */
  readonly answer?: Answer;
  /** BOOTP options to ask with, by code. */
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** Absent: anonymous. */
  readonly ftpUser?: string;
  readonly ftpPassword?: string;
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
export async function localAddressOf(wanted: string | undefined, ipv6: boolean): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const { networks, ipv6: addresses, missing } = servedAddresses([wanted], networkInterfaces());
  const found = ipv6 ? addresses[0] : networks[0]?.address;
  if (found !== undefined) return found;
  const all = await listNetworks();
  const absence =
    missing.length > 0
      ? describeAbsence(missing, all)
      : {
          message: `${wanted} has no IPv${ipv6 ? 6 : 4} address to ask from`,
          remedy: "Ask from another one, or give it such an address.",
          ...(ipv6 ? {} : fixesFor([wanted], all)),
        };
  throw new EngineError({ code: "address.missing", ...absence });
}

/** Who a board is unless it is told: locally administered, so it is no real one's (IEEE 802 §8.2). */
const defaultMac = "02:00:00:00:00:01";

/** @throws EngineError `client.unknown`. */
export function chooseBoards(
  plan: Plan,
  { client, mac, answer, options }: Partial<Pick<BoardSettings, "client" | "mac" | "answer" | "options">>,
): Board[] {
  const wanted = client ?? mac;
  const asked = { mac: mac ?? defaultMac, ...(options && { options }) };
  if (wanted === undefined) {
    return dropsToVerify(plan, answer === "listed" ? answer : plan.answer, asked);
  }
  const listed = findClient(plan, wanted);
  if (listed !== undefined) return [boardOf(plan, listed, asked)];
  if (mac !== undefined) return [{ ...anyBoard(plan, asked), name: mac, mac }];
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

/** The host that is asked. */
export interface HostFacts {
  /** True: servers that were started for this run. */
  readonly own: boolean;
  /** Its address. */
  readonly host: string;
  /** All files come from here, whatever the answers say: our own servers. */
  readonly filesFrom?: string;
  readonly ports: Ports;
  /** Where it is asked from; absent: the system chooses. */
  readonly localAddress?: string;
}

/** The same, and what is played against it. */
export interface TargetFacts extends HostFacts {
  readonly plan: Plan;
  readonly settings: BoardSettings;
}

/** A board as the flow plays it. */
export function played(
  board: Board,
  { host, filesFrom, ports, localAddress, plan, settings }: TargetFacts,
  { runId }: Pick<RunEnvironment, "runId">,
  { compare, receiver }: Pick<PlayedBoard, "compare" | "receiver">,
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
          options: board.options ?? settings.options,
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
    receiver,
    ...(bootp !== undefined && { bootp }),
    ...(way !== "skip" && bootp === undefined && { bootpObstacle: "BOOTP is IPv4 only, the target is not" }),
    ...(plan.server !== undefined && { server: plan.server }),
    // Where BOOTP says nothing, the plan's server is what it would have said.
    host: filesFrom ?? plan.server ?? host,
    ...(filesFrom !== undefined && { filesFrom }),
    ports,
    ...local,
    ftp,
    // The plan comes with a repository: what the user wants to tell the target is not for whom the plan makes up.
    ...(plan.server !== undefined && plan.server !== host && { unproven: plan.server }),
    silentMs: plan.silentSeconds * 1000,
  };
}

/**
 * Plays boards one after the other; the report has no notes yet.
 * @param about `unusable`: what should have been compared with and cannot be; each is a failed step.
 */
export async function playBoards(
  boards: readonly PlayedBoard[],
  world: RunEnvironment,
  about: Pick<RunFacts, "subject" | "purpose"> &
    Pick<Subject, "ports" | "whole"> & {
      readonly unusable: readonly Problem[];
      /** Ids of steps that the run leaves out. */
      readonly left?: ReadonlySet<string>;
    },
): Promise<ReportRow> {
  const { clock, io, signal } = world;
  const startedAt = clock.wallTime();
  const start = clock.now();
  const steps = new Steps(clock, about.left ?? new Set(), (row) => {
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
  const run: Run = { io, clock, steps, signal, unanswered: new Set(), asked: false };
  for (const { file, line, message } of about.unusable) {
    const [client, name] = [boards[0]?.name ?? "", `${file} line ${line}`];
    if (steps.leavesOut(client, "manifest", name)) continue;
    steps.begin(client, "manifest", name).end({
      state: "failed",
      trouble: { code: "sums.invalid", message, remedy: "Write the checksums again." },
    });
  }
  try {
    for (const board of boards) await playBoard(board, run);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const durationMs = clock.now() - start;
  const facts: RunFacts = { ...about, durationMs, cancelled: signal.aborted };
  return reportOf(steps.ended(), facts, { notes: [], refused: {}, startedAt });
}
