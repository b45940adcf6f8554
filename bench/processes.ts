/** The servers that are measured, as processes: started, asked what they cost, ended. Linux only (`/proc`). */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

/** What a server has cost since it was started: itself, and what it forked. */
export interface Cost {
  readonly cpuSeconds: number;
  /** Bytes in memory at this moment; what two processes share counts twice. */
  readonly memory: number;
}

const ticksPerSecond = 100;
const pageSize = 4096;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  readonly memory: number;
}

/** One line of `/proc/PID/stat` (proc(5)); undefined when the process has just ended. */
function processOf(pid: number): Process | undefined {
  try {
    // The name in parentheses may hold anything; the field after it is the third.
    const [, parent = "", ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    // utime, stime, and those of the children that were waited for.
    const ticks = fields.slice(9, 13).reduce((sum, field) => sum + Number(field), 0);
    const memory = Number(fields[19]) * pageSize;
    return { pid, parent: Number(parent), cpuSeconds: ticks / ticksPerSecond, memory };
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

/** What a process and its children have cost. */
export function costOf(pid: number): Cost {
  const members = family(pid);
  return {
    cpuSeconds: members.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memory: members.reduce((sum, { memory }) => sum + memory, 0),
  };
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
  if (code !== 0)
    throw new Error(`${file.replace(/^.*\//, "")}: ${stderr.trim().split("\n")[0] || `exit code ${code}`}`);
  return stdout;
}
