/**
 * Our own clients in a host of a test network. As a program it does the jobs that its command line gives as JSON,
 * one after the other, and prints one JSON line for each; `playBoard` starts it.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BootpAnswer, BootpWay, FetchFacts } from "../../src/engine/clients/boardIo";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { systemCode } from "../../src/engine/errors";
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

const io = networkBoard(systemClock);

async function askBootp({ way, mac, target, localAddress }: BootpJob): Promise<BootpResult> {
  const asker = io.openBootp({
    way,
    mac,
    port: 67,
    options: new Map(),
    release: false,
    ...(target === undefined ? {} : { target }),
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  try {
    return (await asker.ask()) ?? null;
  } finally {
    await asker.close();
  }
}

async function fetchFiles({ kind, host, files }: FilesJob): Promise<Arrived[]> {
  const session = kind === "ftp" ? await io.openFtp({ host, port: 21 }) : undefined;
  const arrived: Arrived[] = [];
  for (const file of files) {
    const hash = createHash("sha256");
    const sink = (chunk: Uint8Array): void => void hash.update(chunk);
    const fetching = session?.fetch(file, sink) ?? io.fetchTftp({ host, port: 69 }, file, sink);
    const facts = await fetching.catch((error: unknown) => `${systemCode(error) ?? ""}: ${String(error)}`);
    const sha256 = hash.digest("hex");
    arrived.push(typeof facts === "string" ? { file, sha256, error: facts } : { file, sha256, facts });
  }
  await session?.close();
  return arrived;
}

/** Does the job in the host. @throws with all that the program said when it fails. */
export function playBoard(host: Host, job: BootpJob): Promise<BootpResult>;
export function playBoard(host: Host, job: FilesJob): Promise<Arrived[]>;
export async function playBoard(host: Host, job: BootpJob | FilesJob): Promise<unknown> {
  const args = ["--import", "tsx", resolve("test/support/board.ts"), JSON.stringify(job)];
  const { stdout, stderr } = await host.succeed(process.execPath, args, { timeoutMs: 60_000 });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

const [, started = "", argument = "{}"] = process.argv;
if (pathToFileURL(started).href === import.meta.url) {
  const job = JSON.parse(argument) as BootpJob | FilesJob;
  const result = await (job.kind === "bootp" ? askBootp(job) : fetchFiles(job));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
