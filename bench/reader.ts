/** The boards of the bench (`reader.c`, `asker.c`): compiled where it runs, and asked for figures. */

import { join, resolve } from "node:path";
import { findProgram } from "../test/support/programs";
import { costOf, run } from "./processes";
import type { RunningPeer } from "./peers";

export interface Task {
  readonly op: "get" | "put";
  readonly file: string;
  readonly blksize: number;
  readonly windowsize: number;
  /** Default 1. */
  readonly clients?: number;
  /** How many of them side by side; default: all. */
  readonly atOnce?: number;
  /** Round trip of the link that is played; default 0. */
  readonly delayUs?: number;
  /** An absolute path: what is put, or what each block is compared with. */
  readonly content?: string;
}

/** What the boards saw, and what it cost the server meanwhile. Times in microseconds. */
export interface Reading {
  readonly bytes: number;
  readonly us: number;
  readonly resent: number;
  readonly blksize: number;
  readonly windowsize: number;
  /** For how long an answer was held back, on average; absent: none was. */
  readonly heldUs?: number;
  /** From its request to the first DATA, or to the first answer of a `put`: one for each client. */
  readonly firstUs: readonly number[];
  readonly endedUs: readonly number[];
  /** NaN where it cannot be told. */
  readonly cpuSeconds: number;
  /** The most that was seen, in bytes. */
  readonly memory: number;
}

export type Reader = (peer: RunningPeer, task: Task) => Promise<Reading>;

/** Answers a second, of which `atOnce` are waited for at a time. */
export type Asker = (peer: RunningPeer, questions: number, atOnce: number) => Promise<number>;

/** Compiles a program of ours into a folder. @throws Error with the line that installs a compiler */
async function compile(name: string, folder: string): Promise<string> {
  const compiler = findProgram("cc");
  if (compiler === undefined) {
    throw new Error("missing: cc, which compiles the reader (install: apt-get install gcc libc6-dev)");
  }
  const program = join(folder, name);
  await run([compiler, "-O2", "-o", program, resolve(`bench/${name}.c`)]);
  return program;
}

export async function compileAsker(folder: string): Promise<Asker> {
  const program = await compile("asker", folder);
  return async (peer, questions, atOnce) => {
    const text = await run([program, peer.address, "67", String(questions), String(atOnce)]);
    const { answers, us } = JSON.parse(text) as { answers: number; us: number };
    return (answers * 1e6) / us;
  };
}

/** Files of a folder (`0.bin` and so on) a second, over one FTP session. @param bytes of each */
export type Collector = (peer: RunningPeer, folder: string, files: number, bytes: number) => Promise<number>;

export async function compileCollector(own: string): Promise<Collector> {
  const program = await compile("collector", own);
  return async (peer, folder, files, bytes) => {
    const text = await run([program, peer.address, "21", folder, String(files), String(bytes)]);
    const { us } = JSON.parse(text) as { us: number };
    return (files * 1e6) / us;
  };
}

export async function compileReader(folder: string): Promise<Reader> {
  const program = await compile("reader", folder);
  return async (peer, task) => {
    const { op, file, blksize, windowsize, clients = 1, atOnce = clients, delayUs = 0, content = "-" } = task;
    const numbers = [blksize, windowsize, clients, atOnce, delayUs].map(String);
    const asking = [program, op, peer.address, "69", file, ...numbers, content];
    const { result, cost } = await costOf(peer.pid, () => run(asking));
    return { ...(JSON.parse(result) as Omit<Reading, "cpuSeconds" | "memory">), ...cost };
  };
}
