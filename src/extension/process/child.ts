/**
 * The servers' process: started when it is needed, started again when it died, replaced when it is to be started
 * in another way, never killed while a board loads (DESIGN §2.1). Knows nothing of VS Code.
 */

import type { Engine } from "../../model/api";
import type { Check } from "../../model/checks";
import type { Row, StepRow } from "../../model/events";
import type { EveryBoard } from "../../model/everyBoard";
import type { NetworkInterface } from "../../model/networks";
import type { Wanted } from "../../model/settings";
import type { DropRequest, Outline, Verification, Verifier, VerifyRequest } from "../../model/verification";
import { errorMessage } from "../../model/text";
import { RemoteError } from "../../rpc/remoteError";
import { Run, usualPatience } from "./childRun";
import type { Command } from "./command";
import { stoppedMeanwhile, wasStopped } from "./stopped";

/** A process that ends more often than this, so quickly, is not started again. */
const mostExits = 4;
const withinMs = 3 * 60_000;

/** True when a process that ended at these times (ms, the last one now) is to be started again. */
export function mayRestart(exits: readonly number[]): boolean {
  const last = exits.at(-1) ?? 0;
  return exits.filter((at) => last - at <= withinMs).length < mostExits;
}

export interface ChildEvents {
  /** A row; a transfer's id is one that no other process uses. */
  row(row: Row): void;
  /** A line on the process's stderr, or a word of ours about the process. */
  log(level: "info" | "warning" | "error", line: string): void;
  /** The process that was just started has told nothing for a while: its start may hang. */
  quiet(): void;
  /** What the process told of servers and boards is no longer true: it was let go, or has ended. */
  left(): void;
  /** The process has ended; `runs` tells its transfers by their ids. Those that still ran have failed. */
  ended(runs: (transferId: string) => boolean): void;
  /** It ended too often, or could not be started again: nothing is served until the user starts it. */
  gaveUp(message: string): void;
}

const isGone = (error: unknown): boolean => error instanceof RemoteError && error.code === "engine.gone";

export class Child implements Omit<Engine, "snapshot" | "onRow">, Verifier {
  /** The process that is asked. */
  private run: Run | undefined;
  /** All that have not ended: those that were let go carry transfers still. */
  private readonly runs = new Set<Run>();
  private count = 0;
  /** What is served: what a new process is told when this one dies. */
  private served: Wanted | undefined;
  private exits: number[] = [];
  /** Counts the stops: what was asked before one does not come true after it. */
  private stops = 0;
  /** Counts what was wanted: an earlier one may lose its process to a later one. */
  private wishes = 0;

  constructor(
    private readonly command: () => Command,
    private readonly events: ChildEvents,
    private readonly now: () => number = Date.now,
    private readonly patience = usualPatience,
  ) {}

  /** The process's id, for who wants to look at it. */
  get pid(): number | undefined {
    return this.run?.pid;
  }

  /** @throws RemoteError; see `wasStopped`. */
  async configure(wanted: Wanted): Promise<void> {
    const { stops } = this;
    const wish = (this.wishes += 1);
    const stopped = (): boolean => this.stops !== stops;
    try {
      await this.replace(wanted);
      if (stopped()) throw stoppedMeanwhile();
      await this.ask(async ({ engine }) => {
        await engine.configure(wanted);
        if (!stopped()) this.served = wanted;
      });
    } catch (error) {
      const overtaken = stopped() || (isGone(error) && this.wishes !== wish);
      throw overtaken ? stoppedMeanwhile(error) : error;
    }
  }

  drain(): Promise<void> {
    return this.stop((run) => run.engine.drain());
  }

  stopNow(): Promise<void> {
    return this.stop(async (run) => {
      // Its user has decided: one that does not even answer is ended.
      const spare = run.endSoon();
      await run.engine.stopNow();
      spare();
    });
  }

  /** Where no process runs one is started for it, and let go. @throws RemoteError */
  networks(): Promise<readonly NetworkInterface[]> {
    return this.ask(({ engine }) => engine.networks());
  }

  /** As `networks`. */
  check(wanted: Wanted): Promise<readonly Check[]> {
    return this.ask(({ engine }) => engine.check(wanted));
  }

  everyBoard(wanted: Wanted): Promise<EveryBoard> {
    return this.ask(({ engine }) => engine.everyBoard(wanted));
  }

  /** As `networks`. */
  packets(clientId: string): Promise<Uint8Array> {
    return this.ask(({ engine }) => engine.packets(clientId));
  }

  outline(request: DropRequest): Promise<Outline> {
    return this.ask(({ engine }) => engine.outline(request));
  }

  verify(request: VerifyRequest, onStep: (row: StepRow) => void): Verification {
    let verification: Verification | undefined;
    const report = this.ask(({ engine }) => {
      verification = engine.verify(request, onStep);
      return verification.report;
    });
    return { report, cancel: () => verification?.cancel() };
  }

  cancelTransfer(id: string): void {
    for (const run of this.runs) {
      const own = run.ownId(id);
      if (own !== undefined) run.engine.cancelTransfer(own);
    }
  }

  restartSequence(clientId: string): void {
    this.run?.engine.restartSequence(clientId);
  }

  /** Ends the pipes: the processes stop listening at once, and exit with their last transfers. */
  dispose(): void {
    this.stops += 1;
    this.served = undefined;
    this.leave();
    for (const run of this.runs) run.endPipe();
  }

  /** Asks the process that runs, or one that is started for it. One that nobody needs any more is let go. */
  private async ask<T>(request: (run: Run) => Promise<T>): Promise<T> {
    const run = (this.run ??= this.start());
    run.open += 1;
    try {
      const answer = await request(run);
      run.hear();
      return answer;
    } catch (error) {
      if (!isGone(error)) throw error;
      const message = `the servers' process ended: ${await run.ended}`;
      throw new RemoteError({ trouble: { code: "engine.gone", message } }, { cause: error });
    } finally {
      run.open -= 1;
      if (run.open === 0 && this.served === undefined && this.run === run) {
        this.leave();
        run.endPipe();
      }
    }
  }

  /**
   * Lets the process go when it would be started in another way now: with a wrapper, or with another Node. It
   * listens no more, so that the next one can bind the ports; its transfers go on, and it exits with the last.
   * @throws RemoteError when the plan has problems: then it goes on as it did.
   */
  private async replace(wanted: Wanted): Promise<void> {
    const { run } = this;
    if (run === undefined || JSON.stringify(run.command) === JSON.stringify(this.command())) return;
    if (run.spoken) {
      await run.engine.configure({ ...wanted, servers: [] }).catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
    }
    // Another call, or its end, may have been quicker.
    if (this.run !== run) return;
    this.served = undefined;
    this.leave();
    this.events.log("info", "the servers' process is started in another way from now on");
    if (run.spoken) this.endAfterTransfers(run);
    else run.endPipe();
  }

  /** The pipe stays until the last transfer has ended, so that its rows come; that is not waited for. */
  private endAfterTransfers(run: Run): void {
    const end = (): void => {
      run.endPipe();
    };
    void run.engine.drain().then(end, end);
  }

  private async stop(how: (run: Run) => Promise<void>): Promise<void> {
    this.stops += 1;
    this.served = undefined;
    this.exits = [];
    const stopped = async (run: Run): Promise<void> => {
      if (run === this.run) await this.ask(() => how(run));
      else await how(run);
    };
    await Promise.all(
      [...this.runs].map(async (run) => {
        // One that has told nothing yet serves nobody, and may never answer.
        if (!run.spoken) {
          if (this.run === run) this.leave();
          run.endPipe();
        } else await stopped(run).catch(unlessGone);
        // It goes on when it was asked to serve again meanwhile.
        if (this.run !== run) await run.ended;
      }),
    );
  }

  /** What the process told of servers and boards is no longer true. */
  private leave(): void {
    if (this.run === undefined) return;
    this.run.left = true;
    this.run = undefined;
    this.events.left();
  }

  private start(): Run {
    const command = this.command();
    this.count += 1;
    const { events } = this;
    const run = new Run(
      this.count,
      command,
      {
        row: (row) => {
          events.row(row);
        },
        log: (line) => {
          events.log("warning", line);
        },
        quiet: () => {
          events.quiet();
        },
      },
      this.patience,
    );
    events.log("info", `starting ${[command.file, ...command.args].join(" ")}`);
    this.runs.add(run);
    void run.ended.then((reason) => {
      this.runs.delete(run);
      const died = this.run === run;
      if (died) this.leave();
      events.ended((id) => run.ownId(id) !== undefined);
      if (died) this.died(reason, run.wantsAgain);
    });
    return run;
  }

  /** It ended and nobody had asked it to. */
  private died(reason: string, wantsAgain: boolean): void {
    if (wantsAgain)
      this.events.log("info", "the servers' process is started again, for a port that wants rights");
    else {
      this.exits.push(this.now());
      this.events.log("error", `the servers' process ended: ${reason}`);
    }
    const { served } = this;
    if (served === undefined) return;
    if (!mayRestart(this.exits)) {
      this.giveUp(`The servers' process ended ${mostExits} times within 3 minutes (${reason}).`);
      return;
    }
    this.configure(served).catch((error: unknown) => {
      // A process that ends before it has answered is the next exit, which is counted there.
      if (isGone(error) || wasStopped(error)) return;
      this.giveUp(errorMessage(error));
    });
  }

  private giveUp(message: string): void {
    this.served = undefined;
    this.exits = [];
    this.events.gaveUp(message);
  }
}

/** A process that has ended has stopped. @throws any other error. */
function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
