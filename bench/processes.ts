/** The servers that are measured, as processes: started, asked what they cost, ended. Linux only (`/proc`). */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

/** What a server has cost while it was asked: itself, and what it forked. */
export interface Cost {
  /** NaN where it cannot be told: it forked many, and did not wait for them. */
  readonly cpuSeconds: number;
  /** The most bytes in memory that were seen; what two processes share counts twice. */
  readonly memory: number;
}

const sampleMs = 20;

const ticksPerSecond = 100;
const pageSize = 4096;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Of the children that it waited for. */
  readonly childSeconds: number;
  readonly memory: number;
}

/** One line of `/proc/PID/stat` (proc(5)); undefined when the process has just ended. */
function processOf(pid: number): Process | undefined {
  try {
    // The name in parentheses may hold anything; the field after it is the third.
    const [, parent = "", ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(9, 13).map(Number);
    return {
      pid,
      parent: Number(parent),
      cpuSeconds: (utime + stime) / ticksPerSecond,
      childSeconds: (cutime + cstime) / ticksPerSecond,
      memory: Number(fields[19]) * pageSize,
    };
  } catch {
    return undefined;
  }
}

/** The process and everything below it. */
function family(pid: number): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processOf(Number(name)))
    .filter((process) => process !== undefined);
  const members = all.filter((process) => process.pid === pid);
  // The list grows while it is walked: children of children.
  for (const member of members) members.push(...all.filter(({ parent }) => parent === member.pid));
  return members;
}

/** Bytes in memory of a process and its children at this moment. */
export const memoryOf = (pid: number): number => family(pid).reduce((sum, { memory }) => sum + memory, 0);

/**
 * Does `work`, and tells what it cost a server. Nobody says what a child had cost that its parent did not wait for
 * (in.tftpd): the last look at it counts, as long as there was one such child at most.
 */
export async function costOf<T>(pid: number, work: () => Promise<T>): Promise<{ result: T; cost: Cost }> {
  const before = new Map(family(pid).map((process) => [process.pid, process]));
  const seen = new Map(before);
  let memory = 0;
  const look = (): Process[] => {
    const members = family(pid);
    for (const process of members) seen.set(process.pid, process);
    memory = Math.max(
      memory,
      members.reduce((sum, process) => sum + process.memory, 0),
    );
    return members;
  };
  const sampling = setInterval(look, sampleMs);
  try {
    const result = await work();
    const living = new Set(look().map((process) => process.pid));
    const spent = (process: Process): number =>
      process.cpuSeconds - (before.get(process.pid)?.cpuSeconds ?? 0);
    const sum = (processes: readonly Process[]): number =>
      processes.reduce((seconds, process) => seconds + spent(process), 0);
    const waitedFor = (seen.get(pid)?.childSeconds ?? 0) - (before.get(pid)?.childSeconds ?? 0);
    const gone = [...seen.values()].filter((process) => !living.has(process.pid));
    const ofGone = waitedFor > 0 ? waitedFor : gone.length > 1 ? NaN : sum(gone);
    const cpuSeconds = sum([...seen.values()].filter((process) => living.has(process.pid))) + ofGone;
    return { result, cost: { cpuSeconds, memory } };
  } finally {
    clearInterval(sampling);
  }
}

/** How long it takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export interface Daemon {
  readonly pid: number;
  /** What it said so far, for the message when it does not work. */
  said(): string;
  stop(): Promise<void>;
}

/** Starts a server that stays in the foreground. */
export function startDaemon([file = "", ...args]: readonly string[], cwd?: string): Daemon {
  const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
  }
  child.on("error", (error) => (said += error.message));
  return { pid: child.pid ?? -1, said: () => said, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  for (const { pid } of family(child.pid)) process.kill(pid, "SIGKILL");
  await once(child, "exit");
}

/** Runs a program to its end. @returns its stdout @throws with what it said when it fails. */
export async function run([file = "", ...args]: readonly string[], timeoutMs = 60_000): Promise<string> {
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    const why = code === null ? `not done in ${timeoutMs / 1000} s` : `exit code ${code}`;
    const said = `${stderr}\n${stdout}`.trim().split("\n").slice(0, 12).join(" / ");
    throw new Error(`${file.replace(/^.*\//, "")}: ${why}${said === "" ? "" : `: ${said}`}`);
  }
  return stdout;
}
