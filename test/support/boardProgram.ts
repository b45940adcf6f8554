/** A program: does the job that its command line gives as JSON (`board.ts`), and prints the result as JSON. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { systemClock, type Clock } from "../../src/engine/clock";
import { systemCode } from "../../src/engine/errors";
import type { Arrived, BootpJob, BootpResult, FilesJob, Job, Travel, Travelled, TravelsJob } from "./board";
import { hurriedClock } from "./hurriedClock";
import { storeTftp } from "./storeTftp";
import { openRelay } from "./udpRelay";

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

const inWords = (error: unknown): string => `${systemCode(error) ?? ""}: ${String(error)}`;

async function travel(clock: Clock, localAddress: string, journey: Travel): Promise<Travelled> {
  const { host, file, from, faults, seed, ...options } = journey;
  const relay = await openRelay({ to: { address: host, port: 69 }, localAddress, faults, seed });
  const target = { host: localAddress, port: relay.local.port };
  const hash = createHash("sha256");
  const sink = (chunk: Uint8Array): void => void hash.update(chunk);
  const facts = await (
    from === undefined
      ? fetchTftp(clock, target, file, sink, undefined, options)
      : storeTftp(clock, target, file, createReadStream(from), undefined, options)
  ).catch(inWords);
  await relay.close();
  const shared = { file, sha256: hash.digest("hex"), sent: relay.sent };
  return typeof facts === "string" ? { ...shared, error: facts } : { ...shared, facts };
}

function travelAll({ localAddress, pace, travels }: TravelsJob): Promise<Travelled[]> {
  const clock = hurriedClock(pace);
  return Promise.all(travels.map((each) => travel(clock, localAddress, each)));
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
    const facts = await fetching.catch(inWords);
    const sha256 = hash.digest("hex");
    arrived.push(typeof facts === "string" ? { file, sha256, error: facts } : { file, sha256, facts });
  }
  await session?.close();
  return arrived;
}

const doJob = (job: Job): Promise<unknown> => {
  switch (job.kind) {
    case "bootp":
      return askBootp(job);
    case "travels":
      return travelAll(job);
    case "tftp":
    case "ftp":
      return fetchFiles(job);
  }
};

async function main(argument: string): Promise<void> {
  const job = JSON.parse(argument) as Job;
  const result = await doJob(job);
  process.stdout.write(`${JSON.stringify(result)}\n`, () => {
    // Our client stays to repeat its last ACK, and by a slow clock it stays long.
    if (job.kind === "travels") process.exit();
  });
}

void main(process.argv[2] ?? "");
