/** One run of the servers' process: from its start to its end. Knows nothing of VS Code. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Row } from "../../model/events";
import { connectEngine, type RemoteEngine } from "../../rpc/remote";
import { startAgainExit } from "../../rpc/wire";
import type { Command } from "./command";

export interface RunEvents {
  /** A row; those of transfers and boot lines have ids that no other run uses. */
  row(row: Row): void;
  /** A line on the process's stderr. */
  log(line: string): void;
  /** So far it has told nothing: a wrapper may wait for somebody who never comes. */
  quiet(): void;
}

/** How long a process may take; tests are quicker. */
export interface Patience {
  /** Until a start without a word is worth one. */
  readonly quietMs: number;
  /** Until one that has no reason to go on is ended: it hangs, or Stop Now was asked of it. */
  readonly endMs: number;
}

export const usualPatience: Patience = { quietMs: 10_000, endMs: 3_000 };

/** The start of the ids of a run's transfers and boot lines. */
const prefixOf = (run: number): string => `${run}/`;

/** The same row under an id of this run; what boards and servers are called does not depend on it. */
function within(run: number, row: Row): Row {
  const own = (id: string): string => prefixOf(run) + id;
  if (row.type === "transfer") return { ...row, id: own(row.id) };
  if (row.type !== "bootLine") return row;
  return { ...row, id: own(row.id), ...(row.transfer !== undefined && { transfer: own(row.transfer) }) };
}

export class Run {
  private readonly process: ChildProcessWithoutNullStreams;
  readonly engine: RemoteEngine;
  /** Resolves when it has ended, with how: `exit code 1`, `SIGKILL`, `spawn pkexec ENOENT`. */
  readonly ended: Promise<string>;
  /** True once it has told anything. Before that it carries no transfer that anyone knows of. */
  spoken = false;
  /** True once nothing listens there any more, or soon: of its rows only the transfers count. */
  left = false;
  /** True once it has ended, to be started again: it has given up a right that it needs. */
  wantsAgain = false;
  /** Requests without an answer yet: while there is one it is needed. */
  open = 0;
  private quietTimer: NodeJS.Timeout | undefined;
  private endTimer: NodeJS.Timeout | undefined;

  /** @param number of this run, among all of a window. */
  constructor(
    readonly number: number,
    readonly command: Command,
    events: RunEvents,
    private readonly patience: Patience,
  ) {
    const { file, args, env } = command;
    this.process = spawn(file, args, { stdio: "pipe", env: { ...process.env, ...env }, windowsHide: true });
    this.engine = connectEngine(this.process.stdout, this.process.stdin);
    const stopRows = this.engine.onRow((row) => {
      this.hear();
      if (!this.left || row.type === "transfer" || row.type === "log" || row.type === "bootLine")
        events.row(within(number, row));
    });
    // A write to a process that has just ended: its exit says all there is to say.
    this.process.stdin.on("error", () => undefined);
    createInterface(this.process.stderr).on("line", (line) => {
      events.log(line);
    });
    this.quietTimer = setTimeout(() => {
      events.quiet();
    }, patience.quietMs);
    this.ended = new Promise<string>((resolve) => {
      this.process.once("error", ({ message }) => {
        resolve(message);
      });
      this.process.once("close", (code, signal) => {
        this.wantsAgain = code === startAgainExit;
        resolve(signal === null ? `exit code ${code ?? "unknown"}` : signal);
      });
    }).then((reason) => {
      stopRows();
      clearTimeout(this.quietTimer);
      clearTimeout(this.endTimer);
      this.engine.dispose();
      return reason;
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** It has told something, or answered. */
  hear(): void {
    this.spoken = true;
    clearTimeout(this.quietTimer);
  }

  /** The id that the engine of this run knows a transfer by; undefined: the transfer is another run's. */
  ownId(id: string): string | undefined {
    const prefix = prefixOf(this.number);
    return id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
  }

  /** Ends the pipe: the process stops listening at once, and exits with its last transfer. */
  endPipe(): void {
    this.left = true;
    clearTimeout(this.quietTimer);
    this.process.stdin.end();
    // One that never told anything hangs before it serves: no board waits for it.
    if (!this.spoken) this.endSoon();
  }

  /** Ends the process, if it does not end by itself within a moment. @returns what calls that off. */
  endSoon(): () => void {
    this.endTimer ??= setTimeout(() => this.process.kill("SIGKILL"), this.patience.endMs);
    return () => {
      clearTimeout(this.endTimer);
      this.endTimer = undefined;
    };
  }
}
