/**
 * `npm run soak`: one server under mixed load for a quarter of an hour (`-- --minutes N`), then judged: every byte as it
 * is, memory flat, no descriptor more than before. The server is a process of its own, so that its memory is its own.
 * It rests twice, after half of the time and at the end: by the first time its tables are as full as they become, and
 * what it uses by the second beyond that is lost. What the system gave it (RSS) is told, and not judged: it goes back late.
 */

import "../support/noSurprises";
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createEngine } from "../../src/engine/engine";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { megabytes } from "../support/memory";
import { runToEnd } from "../support/processes";
import { seededRandom } from "../support/random";
import { temporaryFolder } from "../support/temporaryFolder";
import { acts, crowdOfFtp, crowdOfTftp, files, plan, type Ports } from "./load";
import { startServer } from "./server";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "15" }, seed: { type: "string", default: "1" } },
});
const workers = 8;
const sampleMs = 10_000;
/** What heap and buffers of a server at rest may differ by: bytes. */
const flat = 5e6;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Sample {
  readonly minute: number;
  /** MB. */
  readonly resident: number;
  readonly descriptors: number;
}

const inWords = ({ minute, resident, descriptors }: Sample): string =>
  `${minute.toFixed(1)} min: ${resident.toFixed(0)} MB, ${descriptors} descriptors`;

/** How the system sees a process. */
function sampleOf(pid: number, since: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  const minute = (performance.now() - since) / 60_000;
  return { minute, resident, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** Acts until the time is over, one after the other. */
async function work(ports: Ports, until: number, seed: number, done: Map<string, number>): Promise<void> {
  const random = seededRandom(seed);
  const names = Object.keys(acts);
  while (performance.now() < until) {
    const name = names[Math.floor(random() * names.length)] ?? "TFTP read";
    await acts[name]?.(ports, random);
    done.set(name, (done.get(name) ?? 0) + 1);
  }
}

/** Beside the load: an engine that is started and stopped, and whole verifications of the folder. */
async function startAndStop(folder: string, until: number, done: Map<string, number>): Promise<void> {
  const engine = createEngine();
  while (performance.now() < until) {
    await engine.configure({ ...defaultWanted, folder, ports: anyPorts });
    await engine.stopNow();
    const { code, stdout } = await runToEnd(
      [process.execPath, "--import", "tsx", "src/cli/main.ts", "verify", "samples/firmware-drop"],
      { timeoutMs: 300_000 },
    );
    if (code !== 0) throw new Error(`verify ended with ${code}: ${stdout}`);
    done.set("start, stop, verify", (done.get("start, stop, verify") ?? 0) + 1);
  }
}

async function main(): Promise<void> {
  const folder = await temporaryFolder({ ...files, ".vscode/boot-plan.json": plan });
  const { pid, ports, memory, end } = await startServer(folder.path);
  const failures: string[] = [];
  try {
    const before = sampleOf(pid, performance.now());
    const crowdStart = performance.now();
    const readers = await crowdOfTftp(ports, 500);
    say(`TFTP: ${readers.well} of 500 readers of 1 MiB have it, all begun at once`);
    const sessions = await crowdOfFtp(ports, 100);
    say(`FTP: ${sessions.well} of 100 sessions have their three files`);
    failures.push(...readers.reasons, ...sessions.reasons);
    say(`in ${((performance.now() - crowdStart) / 1000).toFixed(0)} s`);
    const since = performance.now();
    const done = new Map<string, number>();
    const timer = setInterval(() => {
      say(inWords(sampleOf(pid, since)));
    }, sampleMs);
    const rests: NodeJS.MemoryUsage[] = [];
    for (const half of [1, 2]) {
      const until = performance.now() + (Number(values.minutes) / 2) * 60_000;
      const seed = Number(values.seed) * 1_000 + half * 100;
      const busy = Array.from({ length: workers }, (_, index) => work(ports, until, seed + index, done));
      const ends = await Promise.allSettled([...busy, startAndStop(folder.path, until, done)]);
      for (const end of ends) if (end.status === "rejected") failures.push(String(end.reason));
      const after = await settled(pid, before);
      if (after.descriptors > before.descriptors) failures.push("descriptors are left open");
      const rest = await memory();
      rests.push(rest);
      const [heap, buffers, resident] = [rest.heapUsed, rest.external, rest.rss].map((bytes) =>
        (bytes / 1e6).toFixed(1),
      );
      say(`at rest: heap ${heap} MB, buffers ${buffers} MB, RSS ${resident} MB`);
      say(`descriptors: ${before.descriptors} before, ${after.descriptors} now`);
    }
    clearInterval(timer);
    say([...done].map(([name, count]) => `${name} ${count}`).join(", "));
    const [first, second] = rests as [NodeJS.MemoryUsage, NodeJS.MemoryUsage];
    const used = ({ heapUsed, external }: NodeJS.MemoryUsage): number => heapUsed + external;
    const grown = used(second) - used(first);
    say(`memory: ${megabytes(grown)} in the second half, RSS ${megabytes(second.rss - first.rss)}`);
    if (grown > flat) failures.push("the memory is not flat");
  } finally {
    await end();
    await folder.remove();
  }
  for (const failure of failures) say(`FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** Boards that were cut off are waited for; a minute is what the server gives them. */
async function settled(pid: number, before: Sample): Promise<Sample> {
  const until = performance.now() + 120_000;
  let now = sampleOf(pid, performance.now());
  while (now.descriptors > before.descriptors && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = sampleOf(pid, performance.now());
  }
  return now;
}

void main();
