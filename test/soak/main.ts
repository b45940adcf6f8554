/**
 * `npm run soak`: one server under mixed load for a quarter of an hour (`-- --minutes N`), then judged: every byte as it
 * is, memory flat, no descriptor more than before. The server is a process of its own, so that its memory is its own.
 */

import "../support/noSurprises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createEngine } from "../../src/engine/engine";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { asRoot } from "../support/ours";
import { isRoot } from "../support/programs";
import { runToEnd } from "../support/processes";
import { seededRandom } from "../support/random";
import { temporaryFolder } from "../support/temporaryFolder";
import { acts, crowdOfFtp, crowdOfTftp, files, plan, type Ports } from "./load";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "15" }, seed: { type: "string", default: "1" } },
});
const workers = 8;
const sampleMs = 10_000;
/** What a flat memory may differ by. */
const flatMegabytes = 20;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Sample {
  readonly minute: number;
  /** MB. */
  readonly resident: number;
  readonly descriptors: number;
}

/** How the system sees a process. */
function sampleOf(pid: number, since: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  const minute = (performance.now() - since) / 60_000;
  return { minute, resident, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** MB an hour, by least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (value: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ resident }) => resident)];
  const over = samples.reduce((sum, { minute, resident }) => sum + (minute - x) * (resident - y), 0);
  const under = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 60;
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

interface ServerProcess {
  readonly pid: number;
  readonly ports: Ports;
  readonly end: () => Promise<unknown>;
}

/** `serve` as people start it; what it tells is read and forgotten. */
async function startServer(folder: string): Promise<ServerProcess> {
  const flags = [
    "--json",
    "--bootp-port",
    "0",
    "--tftp-port",
    "0",
    "--ftp-port",
    "0",
    "--uploads",
    "overwrite",
  ];
  const args = ["--import", "tsx", "src/cli/main.ts", "serve", folder, ...flags, ...(isRoot ? [asRoot] : [])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { servers } = JSON.parse(line) as { servers: readonly { protocol: keyof Ports; port: number }[] };
  const ports = Object.fromEntries(servers.map(({ protocol, port }) => [protocol, port])) as Ports;
  return {
    pid: child.pid ?? 0,
    ports,
    end: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

async function main(): Promise<void> {
  const folder = await temporaryFolder({ ...files, ".vscode/boot-plan.json": plan });
  const { pid, ports, end } = await startServer(folder.path);
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
    const until = since + Number(values.minutes) * 60_000;
    const samples: Sample[] = [];
    const done = new Map<string, number>();
    const timer = setInterval(() => {
      const sample = sampleOf(pid, since);
      samples.push(sample);
      say(
        `${sample.minute.toFixed(1)} min: ${sample.resident.toFixed(0)} MB, ${sample.descriptors} descriptors`,
      );
    }, sampleMs);
    const busy = Array.from({ length: workers }, (_, index) =>
      work(ports, until, Number(values.seed) * 1_000 + index, done),
    );
    const ends = await Promise.allSettled([...busy, startAndStop(folder.path, until, done)]);
    clearInterval(timer);
    for (const end of ends) if (end.status === "rejected") failures.push(String(end.reason));
    say([...done].map(([name, count]) => `${name} ${count}`).join(", "));
    const half = samples.slice(Math.floor(samples.length / 2));
    const most = (some: readonly Sample[]): number => Math.max(...some.map(({ resident }) => resident));
    const grown = most(half) - most(samples.slice(0, Math.floor(samples.length / 2)));
    say(`memory: ${grown.toFixed(1)} MB more in the second half, slope ${slopeOf(half).toFixed(1)} MB/h`);
    if (grown > flatMegabytes) failures.push("the memory is not flat");
    const after = await settled(pid, before);
    say(`descriptors: ${before.descriptors} before, ${after.descriptors} after`);
    if (after.descriptors > before.descriptors) failures.push("descriptors are left open");
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
