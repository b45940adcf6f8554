/**
 * Threads for transfers that begin while others run: one thread fills one core, and the other cores had nothing to do. On
 * two cores 64 clients were served 1.7 times as fast (269 and 160 MB/s, side by side on the day when threads came). There
 * is none before it is needed, and none stays that has nothing to do.
 */

import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../clock";
import type { OpenedFile } from "../servedRoot/servedRoot";
import { threadEnd } from "../threadEnd";
import { type ThreadEvents, ThreadExchange } from "./threadExchange";
import type { FromThread, ThreadTask, ToThread } from "./threadMessages";

/** Starts a thread that runs `sendInThread`. */
type StartThread = () => Worker | undefined;

/** So many transfers run on the server's own thread before another one is started. */
export const mostHere = 4;
const worthBytes = 2 ** 20;
const idleMs = 10_000;
/** The server's own thread has a core too. */
const mostThreads = Math.min(Math.max(availableParallelism() - 1, 1), 7);

/** What is shorter is sent before a thread has heard of it. */
export const isWorthThread = (size: number): boolean => size >= worthBytes;

/** One thread, and what runs in it. */
class Thread {
  readonly carried = new Map<string, ThreadExchange>();
  idling: Timer | undefined;
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>;

  constructor(readonly worker: Worker) {
    worker.on("message", (message: FromThread) => {
      this.carried.get(message.id)?.told(message);
    });
    this.ended = threadEnd(worker);
  }

  async end(): Promise<void> {
    this.idling?.cancel();
    await this.worker.terminate();
    await this.ended;
  }
}

export class Threads {
  private readonly threads = new Set<Thread>();

  /**
   * @param ownPorts gets the ports that are open in threads.
   * @param startThread absent: everything stays on the server's own thread.
   */
  constructor(
    private readonly clock: Clock,
    private readonly ownPorts: Set<number>,
    private startThread: StartThread | undefined,
  ) {}

  /** How many transfers run in threads. */
  get carried(): number {
    return [...this.threads].reduce((sum, { carried }) => sum + carried.size, 0);
  }

  /**
   * A transfer in the thread that has the least to do; undefined: the server's own has.
   * @param here how many transfers run on the server's own thread, this one included.
   */
  carry(here: number, file: OpenedFile, task: ThreadTask, events: ThreadEvents): ThreadExchange | undefined {
    const thread = here > mostHere ? this.leastBusy(here) : undefined;
    if (thread === undefined) return undefined;
    const tell = (message: ToThread): void => {
      thread.worker.postMessage(message);
    };
    const exchange = new ThreadExchange(this.clock, tell, task, file, this.ownPorts, events);
    void exchange.closed.then(() => {
      thread.carried.delete(task.id);
      if (thread.carried.size > 0 || !this.threads.has(thread)) return;
      thread.idling = this.clock.at(this.clock.now() + idleMs, () => void this.end(thread));
    });
    thread.idling?.cancel();
    thread.carried.set(task.id, exchange);
    return exchange;
  }

  /** Ends them all; nothing may run in them any more. */
  async close(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => this.end(thread)));
  }

  private leastBusy(here: number): Thread | undefined {
    const [least] = [...this.threads].sort((a, b) => a.carried.size - b.carried.size);
    if (least !== undefined && (least.carried.size === 0 || this.threads.size >= mostThreads))
      return least.carried.size < here ? least : undefined;
    return this.start();
  }

  private start(): Thread | undefined {
    const worker = this.startThread?.();
    if (worker === undefined) return undefined;
    const thread = new Thread(worker);
    this.threads.add(thread);
    void thread.ended.then(() => {
      // By itself: this machine lets none run, and the next one would take its transfers with it as well.
      if (this.threads.delete(thread)) this.startThread = undefined;
      for (const exchange of thread.carried.values()) exchange.threadEnded();
    });
    return thread;
  }

  private end(thread: Thread): Promise<void> {
    this.threads.delete(thread);
    return thread.end();
  }
}
