/** Our own clients, in a host of a test network. */

import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { BootpAnswer, BootpWay, FetchFacts } from "../../src/engine/clients/boardIo";
import type { Host } from "./namespace";

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

/** Does the job in the host. @throws with all that the program said when it fails. */
export function playBoard(host: Host, job: BootpJob): Promise<BootpResult>;
export function playBoard(host: Host, job: FilesJob): Promise<Arrived[]>;
export async function playBoard(host: Host, job: BootpJob | FilesJob): Promise<unknown> {
  const args = ["--import", "tsx", resolve("test/support/boardProgram.ts"), JSON.stringify(job)];
  const { stdout, stderr } = await host.succeed(process.execPath, args, { timeoutMs: 60_000 });
  assert.equal(stderr, "");
  return JSON.parse(stdout) as unknown;
}
