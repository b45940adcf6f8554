/** Programs under test as child processes: their output as it comes, their end, and no sleeps in between. */

import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Finished {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Default: this process's own. */
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Someone is at its keyboard (`type`); default: its stdin is empty. */
  readonly typed?: boolean;
  /** After this time it is killed and the promise rejects with what it said so far. Default 50 s. */
  readonly timeoutMs?: number;
}

/** The processes whose parent is `pid`, seen from here. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // The name in parentheses may hold anything; what follows the last one is state and parent.
        const [, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return Number(parent) === pid;
      } catch {
        return false; // It ended while we looked.
      }
    })
    .map(Number);
}

/** The command lines of all processes that have this text on theirs. */
export const commandsWith = (text: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return []; // It ended while we looked.
      }
    })
    .filter((command) => command.includes(text));

/** One program that runs. */
export class Running {
  /** What it wrote, both streams in the order in which they came. */
  output = "";
  stdout = "";
  stderr = "";
  readonly ended: Promise<Finished>;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();
  private hasEnded = false;

  /** @param command a program and its arguments; a leading `nsenter` is followed to the program it runs. */
  constructor(
    readonly command: readonly string[],
    options: RunOptions = {},
  ) {
    const [file = "", ...args] = command;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.typed === true ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.child = child;
    child.stdin?.on("error", () => undefined); // It went away while we typed: whoever waits for its answer is told.
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]!.setEncoding("utf8").on("data", (chunk: string) => {
        this[stream] += chunk;
        this.output += chunk;
        this.wake();
      });
    }
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        this.hasEnded = true;
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
        this.wake();
      });
    });
    // Whoever waits for the end sees the error; a daemon that nobody waits for must not raise one.
    this.ended.catch(() => undefined);
  }

  /**
   * Resolves with the first value that `find` gives for all output, or for stdout alone, so far.
   * @throws when the program ends before that, or at the deadline.
   */
  async waitFor<T>(
    what: string,
    find: (output: string, stdout: string) => T | undefined,
    timeoutMs = 50_000,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = find(this.output, this.stdout);
      if (found !== undefined) return found;
      if (this.hasEnded) throw new Error(`${this.describe()} ended before ${what}:\n${this.lastWords}`);
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`${this.describe()}: no ${what} within ${timeoutMs} ms:\n${this.lastWords}`);
      await this.next(left);
    }
  }

  /** Resolves when it has ended. @throws after `ms`, and kills it then. */
  async endedWithin(ms: number): Promise<Finished> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${this.describe()} did not end within ${ms} ms:\n${this.lastWords}`));
      }, ms);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
      await this.kill();
    }
  }

  /** Of the program, or of what starts it. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Types at its keyboard (option `typed`). */
  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Goes away as its reader (`| head -1`): what it writes from now on is EPIPE. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  /** Sends a signal to the program itself, not to the `nsenter` that waits for it. */
  signal(name: NodeJS.Signals): void {
    if (this.hasEnded || this.child.pid === undefined) return;
    const inner = this.command[0]?.endsWith("nsenter") === true ? childrenOf(this.child.pid) : [];
    // nsenter stops itself when its program is stopped.
    const both = inner.length === 0 || name === "SIGCONT" || name === "SIGKILL";
    for (const pid of [...inner, ...(both ? [this.child.pid] : [])]) {
      try {
        process.kill(pid, name);
      } catch (error) {
        // It has just ended by itself: "close" comes after that.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  /** Ends it at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended.catch(() => undefined);
  }

  /** The end of what it wrote, for a failure's message. */
  private get lastWords(): string {
    return this.output.slice(-2_000);
  }

  describe(): string {
    return this.command.slice(this.command.lastIndexOf("--") + 1).join(" ");
  }

  private wake(): void {
    for (const listener of this.waiting) listener();
  }

  /** Resolves at the next output, at the end, or after `ms`. */
  private next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
    });
  }
}

/** Runs a program to its end. @throws when it takes longer than `timeoutMs`; it is killed then. */
export function runToEnd(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Running(command, options).endedWithin(options.timeoutMs ?? 50_000);
}
