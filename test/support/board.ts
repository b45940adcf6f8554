/** Our own clients, in a host of a test network. */

import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { BootpAnswer, BootpWay, FetchFacts } from "../../src/engine/clients/boardIo";
import type { Host } from "./namespace";
import type { Running } from "./processes";

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

const programFor = (job: BootpJob | FilesJob): string[] => [
  ...["--import", "tsx", resolve("test/support/boardProgram.ts")],
  JSON.stringify(job),
];

/** A board that holds, in the host. Its last line is the result. */
export const startBoard = (host: Host, job: FilesJob): Running =>
  host.start(process.execPath, programFor(job), { typed: true });

/** Does the job in the host. @throws with all that the program said when it fails. */
export function playBoard(host: Host, job: BootpJob): Promise<BootpResult>;
export function playBoard(host: Host, job: FilesJob): Promise<Arrived[]>;
export async function playBoard(host: Host, job: BootpJob | FilesJob): Promise<unknown> {
  const { stdout, stderr } = await host.succeed(process.execPath, programFor(job), { timeoutMs: 60_000 });
  assert.equal(stderr, "");
  return JSON.parse(stdout) as unknown;
}
