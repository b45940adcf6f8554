/**
 * What the engine tells: whole rows with an id. Applying a row twice changes nothing, and the latest row of an
 * id says all there is to know about it. Times named `…At` are Unix ms.
 * Names that a peer chose stand here as they came; every sink shows them through `printable` (model/text.ts).
 */

import type { NextServer } from "../protocol/bootp/clients";
import type { Quirks } from "../protocol/quirks";
import type { Measured } from "./measured";
import type { Place } from "./places";

export type { NextServer };

export type Protocol = "bootp" | "tftp" | "ftp";
export const protocols: readonly Protocol[] = ["bootp", "tftp", "ftp"];

/** One way out of a trouble, for who would rather paste than type. */
export interface Fix {
  /** What the line does, and what else it opens: `lets every program of this computer use ports from 21 on`. */
  readonly what: string;
  /** One line for a terminal of the computer that the servers run on. */
  readonly line: string;
}

/** What went wrong or was refused: a stable code, a sentence, and what to do about it. */
export interface Trouble {
  /** `port.inUse`, `root.escape`, `name.dotFile` … */
  readonly code: string;
  /** What happened to what. No path of this host: peers and screenshots see it. */
  readonly message: string;
  readonly remedy?: string;
  /** The lines that do it on this system, the one that opens least first. */
  readonly fixes?: readonly Fix[];
}

/** The code of the warning that a plan was changed and not taken: the one before it is served. */
export const planNotTaken = "plan.notTaken";

/** The code of the warning that a fault profile holds. */
export const faultsInjected = "faults.injected";

export type ServerState = "stopped" | "starting" | "waiting" | "running" | "failed";

export interface ServerRow {
  readonly type: "server";
  readonly id: Protocol;
  readonly protocol: Protocol;
  readonly state: ServerState;
  /** The addresses it listens on. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** When the last packet or connection came; absent: nothing received yet. */
  readonly lastPacketAt?: number;
  /** Why it failed, or waits. */
  readonly trouble?: Trouble;
  /** It runs, but: another port than asked, another holder of the port, every interface … */
  readonly warnings: readonly Trouble[];
}

/** Whether a fault profile holds on one of these servers. */
export const injectsFaults = (rows: readonly ServerRow[]): boolean =>
  rows.some(({ warnings }) => warnings.some(({ code }) => code === faultsInjected));

export interface ClientRow {
  readonly type: "client";
  /** The MAC where BOOTP/DHCP told it (or the verification's identifier), else the address. */
  readonly id: string;
  readonly name?: string;
  readonly mac?: string;
  readonly address?: string;
  /** DHCP option 60. */
  readonly vendorClass?: string;
  /** `seen`: not answered; `refused`: with the trouble; the others are the stages of a boot. */
  readonly stage: "listed" | "seen" | "refused" | "answered" | "loading" | "silent" | "booted";
  /** Where it stands: "next: copy-files4.rc (2 of 2)", "silent for 7 s more". */
  readonly detail: string;
  /** The file of the last answer. */
  readonly file?: string;
  /** Why it gets other files than everybody: "it is bench-1", "its vendor class is AM335x ROM". */
  readonly why?: string;
  /** What is done otherwise for it, as the plan says. */
  readonly quirks?: Quirks;
  /** It gets a list of boot files, one after the other, in one of the stages of its boot. */
  readonly sequence?: true;
  /** The folder below the served root that it alone sees as `/`. */
  readonly root?: string;
  /** What kind of board the plan says it is: "Raspberry Pi". */
  readonly profile?: string;
  readonly trouble?: Trouble;
  /** What the network's own DHCP server would have to name for this board to load its file from here (`proxy`). */
  readonly nextServer?: NextServer;
  readonly lastSeenAt?: number;
  /** True for the board that a verification plays. */
  readonly verification: boolean;
  /** True in the last row of a client that is remembered no longer: those that nobody listed are bounded. */
  readonly forgotten?: true;
}

export type TransferState = "running" | "finished" | "failed" | "refused" | "probe" | "cancelled";

export interface TransferRow extends Measured {
  readonly type: "transfer";
  readonly id: string;
  readonly protocol: "tftp" | "ftp";
  /** What is told is of an FTP session, and not of a file of it. */
  readonly isSession?: boolean;
  /** Seen from the client: `read` is RRQ or RETR, `write` is WRQ or STOR. */
  readonly direction: "read" | "write";
  /** The name that the peer asked for. */
  readonly file: string;
  /** The file in the served root, where an alias led to another name. */
  readonly servedFile?: string;
  /** The board's own root, below the served root, that the names are relative to. */
  readonly root?: string;
  readonly address: string;
  readonly port: number;
  /** The address of this host that was asked. */
  readonly localAddress: string;
  readonly state: TransferState;
  /** Bytes of the file that the peer has (acknowledged) or gave. */
  readonly bytes: number;
  /** Size of the file in bytes, where it is known. */
  readonly size?: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Over the whole transfer. */
  readonly bytesPerSecond: number;
  /** What was negotiated: `blksize`, `windowsize`, `mode` … */
  readonly options: Readonly<Record<string, string | number>>;
  /** The quirks of the plan that made a difference to it. */
  readonly quirks?: Quirks;
  readonly retransmissions: number;
  /** What a fault profile did to it: "DATA 17 dropped ×2". */
  readonly injected?: readonly string[];
  /** Since when nothing came from the peer, once that is worth saying. */
  readonly waitingSince?: number;
  /** Lower-case hex over the bytes of the file; only when all of it went. */
  readonly sha256?: string;
  readonly crc32?: string;
  /** Why it failed or was refused. */
  readonly trouble?: Trouble;
  /** Why an end that looks like a failure is none: a "Raspberry Pi" "asks for it and does without". */
  readonly normal?: { readonly board: string; readonly why: string };
  /** For a missing file: the nearest names in the served root. */
  readonly nearest?: readonly string[];
}

export interface LogRow {
  readonly type: "log";
  readonly id: string;
  readonly at: number;
  readonly level: "trace" | "debug" | "info" | "warning" | "error";
  readonly message: string;
}

/**
 * What a boot line tells of. `question`: BOOTP or DHCP, with what was answered. `request`: a file is asked for, with what
 * was granted. `data`: the first of its DATA is acknowledged. `resent`: a packet went out more than once. `gap`: nothing
 * came from the board. `error`: one side broke off. `end`: a transfer is over. `session`: an FTP login. `refused`: an FTP
 * command that was.
 */
export type BootEvent =
  "question" | "request" | "data" | "resent" | "gap" | "error" | "end" | "session" | "refused";

/** What an event most likely means, where that is known: `bootDiagnoses.ts` has all of them. */
export interface Diagnosis {
  readonly code: string;
  /** One sentence. */
  readonly message: string;
}

/** A line of a client's boot log: packets that belong together, and what they mean. */
export interface BootLineRow {
  readonly type: "bootLine";
  readonly id: string;
  /** The id of the client's row; the address, as long as no client is known there. */
  readonly client: string;
  /** Which boot of this client, counted from 1 since the servers were started. */
  readonly boot: number;
  readonly at: number;
  /** When it happened for the last time, or was over. */
  readonly until?: number;
  readonly protocol: Protocol;
  readonly event: BootEvent;
  /** The id of the transfer's row. */
  readonly transfer?: string;
  /** What came from the client: "RRQ u-boot.bin octet blksize 1468". */
  readonly request?: string;
  /** What it was sent: "OACK blksize 1468". */
  readonly answer?: string;
  /** In words, what no packet says. */
  readonly note?: string;
  /** How often the same came or went, where that is more than once. */
  readonly times?: number;
  /** It may still change: the packet may come again. */
  readonly open?: true;
  readonly diagnosis?: Diagnosis;
}

export type Row = ServerRow | ClientRow | TransferRow | LogRow | BootLineRow;

/** The parts of a verification. */
export type StepKind = "bootp" | "tftp" | "manifest" | "ftp";

export interface StepRow extends Measured {
  readonly type: "step";
  readonly id: string;
  /** The board that was played: a client's name or MAC, or "any board". */
  readonly client: string;
  readonly kind: StepKind;
  /** What it is about: a file name, or "round 2", "silence". */
  readonly name: string;
  readonly state: "running" | "passed" | "failed" | "skipped";
  /** The line of the manifest or the plan that asks for it, where the command line knows it. */
  readonly at?: Place;
  /** Why it failed or was skipped, with what to do. */
  readonly trouble?: Trouble;
  readonly expected?: string;
  readonly got?: string;
  /** Bytes so far while it runs, bytes in all at the end. */
  readonly bytes?: number;
  readonly size?: number;
  readonly sha256?: string;
  /** Offset of the first byte that differs. */
  readonly firstDifference?: number;
  /** True when its bytes were compared with the workspace or with an expected hash. */
  readonly compared: boolean;
  readonly durationMs: number;
  /** Of a file that came whole, from its request to its last byte. */
  readonly bytesPerSecond?: number;
  /** The host that gave it, `127.0.0.1:6969`. */
  readonly from?: string;
  readonly options?: Readonly<Record<string, string | number>>;
  readonly retransmissions?: number;
  readonly warnings: readonly string[];
}

export interface ReportRow {
  readonly type: "report";
  readonly ok: boolean;
  /** The verdict in one line. */
  readonly verdict: string;
  /** What it does not show, and what was turned off. */
  readonly notes: readonly string[];
  /** Files refused by the door's rules and therefore not compared: rule and count (runs without a plan). */
  readonly refused: Readonly<Record<string, number>>;
  readonly steps: readonly StepRow[];
  readonly startedAt: number;
  readonly durationMs: number;
}
