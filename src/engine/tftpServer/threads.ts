/**
 * Threads for transfers that begin while others run: one thread fills one core, and the other cores had nothing to do.
 * With two cores 64 clients get 269 MB/s by them, and 160 MB/s without. There is none before it is needed, and none stays
 * that has nothing to do.
 */

import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../clock";
import { Refusal } from "../servedRoot/refusal";
import type { OpenedFile } from "../servedRoot/servedRoot";
import type { Exchange, ExchangeEvents, ExchangeMachine } from "../tftpExchange";
import { threadEnd } from "../threadEnd";
import type { Endpoint } from "../udp";
import type { FromThread, Standing, ThreadTask, ToThread } from "./threadMessages";

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

const threadEnded = (): Refusal =>
  new Refusal("busy", {
    code: "tftp.threadEnded",
    message: "the thread that sent the file has ended",
    remedy: "Ask for it again.",
  });

/** What a transfer in a thread hears. */
export interface ThreadEvents extends ExchangeEvents {
  /** The peer was last heard then. */
  heard(at: number): void;
  foreign(packet: Uint8Array, from: Endpoint): void;
}

/** A transfer in a thread, as its server sees it. */
export class ThreadExchange implements Exchange {
  bytes = 0;
  machine: ExchangeMachine = {
    ...{ retransmissions: 0, everAnswered: false, position: 0, roundTripMs: undefined },
    ...{ firstDataAt: undefined, firstAckAt: undefined },
  };
  /** Its own, once it is open. */
  private port: number | undefined;
  private over = false;
  /** Resolves when it has no port any more, and uses no file. */
  readonly closed: Promise<void>;
  private hasClosed: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (message: ToThread) => void,
    private readonly task: ThreadTask,
    private readonly file: OpenedFile,
    private readonly ownPorts: Set<number>,
    private readonly events: ThreadEvents,
  ) {
    this.closed = new Promise((resolve) => {
      this.hasClosed = resolve;
    });
    void this.closed.then(() => {
      if (this.port !== undefined) this.ownPorts.delete(this.port);
    });
  }

  start(): void {
    const { file, task } = this;
    this.tell({ op: "begin", id: task.id, task, file: file.lend() });
  }

  /** True where it ended before it had a port. */
  get portless(): boolean {
    return this.over && this.port === undefined;
  }

  /** Its packets come to the thread. */
  receive(): void {}

  repeat(): void {
    this.tell({ op: "repeat", id: this.task.id });
  }

  /** Sends a packet from its port. */
  readonly send = (packet: Uint8Array, to: Endpoint): void => {
    this.tell({ op: "send", id: this.task.id, packet, to });
  };

  close(): Promise<void> {
    this.over = true;
    this.tell({ op: "close", id: this.task.id });
    return this.closed;
  }

  /** What the thread told. */
  told(message: FromThread): void {
    if (message.op === "closed") {
      this.hasClosed();
      return;
    }
    if (this.over) return;
    switch (message.op) {
      case "opened":
        this.port = message.port;
        this.ownPorts.add(this.port);
        return;
      case "standing":
        this.stands(message.standing);
        return;
      case "silence":
        this.events.silence?.();
        return;
      case "allSent":
        this.events.allSent?.();
        return;
      case "foreign":
        this.events.foreign(message.packet, message.from);
        return;
      case "ended":
        this.over = true;
        this.file.sums.learn(message.sums);
        this.events.ended(message.end);
        return;
      case "failed":
        this.fail(new Refusal(message.kind, message.trouble));
        return;
    }
  }

  /** The thread has ended: its port is closed, and nothing comes from it any more. */
  threadEnded(): void {
    this.fail(threadEnded());
    this.hasClosed();
  }

  private fail(refusal: Refusal): void {
    if (this.over) return;
    this.over = true;
    this.events.failed(refusal);
  }

  private stands(standing: Standing): void {
    const { bytes, retransmissions, flight, everAnswered, position, roundTripMs, ...ago } = standing;
    const now = this.clock.now();
    const at = (agoMs: number | undefined): number | undefined =>
      agoMs === undefined ? undefined : now - agoMs;
    const { firstDataAt, firstAckAt } = this.machine;
    const more = bytes > this.bytes;
    this.bytes = bytes;
    this.machine = {
      ...{ retransmissions, flight, everAnswered, position, roundTripMs },
      firstDataAt: firstDataAt ?? at(ago.firstDataAgoMs),
      firstAckAt: firstAckAt ?? at(ago.firstAckAgoMs),
    };
    const heardAt = at(ago.heardAgoMs);
    if (heardAt !== undefined) this.events.heard(heardAt);
    if (more) this.events.progress?.();
  }
}

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
