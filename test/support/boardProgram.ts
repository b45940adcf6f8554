/** A program: does the job that its command line gives as JSON (`board.ts`), and prints the result as JSON. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { systemCode } from "../../src/engine/errors";
import type { Arrived, BootpJob, BootpResult, FilesJob } from "./board";

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

/** Says so, and waits until something is typed. */
async function hold(): Promise<void> {
  process.stdout.write("holding\n");
  await once(process.stdin, "data");
  process.stdin.pause();
}

async function fetchFiles({ kind, host, files, holds = false }: FilesJob): Promise<Arrived[]> {
  const session = kind === "ftp" ? await io.openFtp({ host, port: 21 }) : undefined;
  const arrived: Arrived[] = [];
  for (const file of files) {
    const hash = createHash("sha256");
    let holding = holds;
    const sink = (chunk: Uint8Array): Promise<void> | void => {
      hash.update(chunk);
      if (!holding) return undefined;
      holding = false;
      return hold();
    };
    const fetching = session?.fetch(file, sink) ?? io.fetchTftp({ host, port: 69 }, file, sink);
    const facts = await fetching.catch((error: unknown) => `${systemCode(error) ?? ""}: ${String(error)}`);
    const sha256 = hash.digest("hex");
    arrived.push(typeof facts === "string" ? { file, sha256, error: facts } : { file, sha256, facts });
  }
  await session?.close();
  return arrived;
}

async function main(argument: string): Promise<void> {
  const job = JSON.parse(argument) as BootpJob | FilesJob;
  const result = await (job.kind === "bootp" ? askBootp(job) : fetchFiles(job));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

void main(process.argv[2] ?? "");
