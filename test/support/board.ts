/** Our own clients, in a host of a test network. */

import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { BootpAnswer, BootpWay, FetchFacts } from "../../src/engine/clients/boardIo";
import type { BadLink } from "./badLinks";
import type { Host } from "./namespace";
import type { Running } from "./processes";
import type { Relay } from "./udpRelay";

export interface BootpJob {
  readonly kind: "bootp";
  readonly way: BootpWay;
  readonly mac: string;
  readonly target?: string;
  readonly localAddress?: string;
}

export interface FilesJob {
  readonly kind: "tftp" | "ftp";
  readonly host: string;
  readonly files: readonly string[];
  /** It stops at the first bytes of each file, says `holding`, and goes on when something is typed (`startBoard`). */
  readonly holds?: boolean;
}

/** Files over TFTP, all at once, each through a relay of its own (`udpRelay.ts`). */
export interface TravelsJob {
  readonly kind: "travels";
  /** The board's own, where the relays are. */
  readonly localAddress: string;
  /** How fast the board's clock runs (`hurriedClock.ts`). */
  readonly pace: number;
  readonly travels: readonly Travel[];
}

export interface Travel extends BadLink {
  readonly host: string;
  /** As the server names it. */
  readonly file: string;
  readonly blksize: number;
  readonly windowsize: number;
  /** What is written: the bytes of the file at this place; absent: the file is read. */
  readonly from?: string;
}

export type Job = BootpJob | FilesJob | TravelsJob;

/** A file that arrived at one end or the other, and the packets of both sides. */
export interface Travelled extends Arrived {
  readonly sent: Relay["sent"];
}

/** A file as it arrived, or why it did not. */
export interface Arrived {
  readonly file: string;
  readonly facts?: FetchFacts;
  /** Over what the sink was given. */
  readonly sha256: string;
  /** Code and sentence. */
  readonly error?: string;
}

/** `null`: silent. */
export type BootpResult = BootpAnswer | null;

const programFor = (job: Job): string[] => [
  ...["--import", "tsx", resolve("test/support/boardProgram.ts")],
  JSON.stringify(job),
];

/** A board that holds, in the host. Its last line is the result. */
export const startBoard = (host: Host, job: FilesJob): Running =>
  host.start(process.execPath, programFor(job), { typed: true });

/** Does the job in the host. @throws with all that the program said when it fails. */
export function playBoard(host: Host, job: BootpJob): Promise<BootpResult>;
export function playBoard(host: Host, job: FilesJob): Promise<Arrived[]>;
export function playBoard(host: Host, job: TravelsJob): Promise<Travelled[]>;
export async function playBoard(host: Host, job: Job): Promise<unknown> {
  const { stdout, stderr } = await host.succeed(process.execPath, programFor(job), { timeoutMs: 110_000 });
  assert.equal(stderr, "");
  return JSON.parse(stdout) as unknown;
}
