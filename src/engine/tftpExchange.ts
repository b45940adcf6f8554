/**
 * A running TFTP transfer, whichever side has the file: joins a pure machine, a clock, a way to the peer, and a
 * source or a sink of bytes. Server and client are built on the same two.
 */

import type { Step } from "../protocol/machine";
import { packetOf } from "../protocol/tftp/packet";
import type { TransferEnd } from "../protocol/tftp/patience";
import type { Receiver } from "../protocol/tftp/receiver";
import type { Sender } from "../protocol/tftp/sender";
import type { Clock } from "./clock";
import { Driver } from "./driver";
import type { Measuring } from "./measuring";
import { Blocks } from "./tftpBlocks";

/** What the owner of an exchange hears. */
export interface ExchangeEvents {
  /** More bytes were acknowledged, or stored. */
  progress?(): void;
  /** A wait has ended without a packet. */
  silence?(): void;
  /** Sender: the last block went out for the first time. */
  allSent?: (() => void) | undefined;
  /** Receiver: the file is whole and stored, and its last ACK was sent; the end comes after dallying. */
  stored?: (() => void) | undefined;
  /** Called once; nothing comes after it. */
  ended(end: TransferEnd): void;
  /** Called once, instead of `ended`: the source or the sink threw. */
  failed(error: unknown): void;
}

/** What is known of the machine of an exchange. */
export interface ExchangeMachine extends Measuring {
  /** Packets sent again. */
  readonly retransmissions: number;
  /** Of these, what went out together the last time; absent: they go one by one. */
  readonly flight?: number | undefined;
  /** True once the peer answered anything. */
  readonly everAnswered: boolean;
  /** The block that the peer is to acknowledge, or acknowledged last. */
  readonly position: number;
}

export interface Exchange {
  readonly machine: ExchangeMachine;
  /** Bytes of DATA that got through. */
  readonly bytes: number;
  start(): void;
  /** A datagram of the peer, which came at `now`; bytes that are no packet are dropped. */
  receive(bytes: Uint8Array, now?: number): void;
  /** The peer sent its request again. */
  repeat(): void;
  /** Stops at once and tells the peer nothing. Resolves when source or sink are left alone. */
  close(): Promise<void>;
}

function driverOf(
  clock: Clock,
  send: (packet: Uint8Array) => void,
  machine: { timeout(now: number): Step<TransferEnd> },
  events: ExchangeEvents,
): Driver<TransferEnd> {
  return new Driver<TransferEnd>(
    clock,
    send,
    (now) => {
      const step = machine.timeout(now);
      if (step.done === undefined) events.silence?.();
      return step;
    },
    (end) => {
      events.ended(end);
    },
  );
}

/** Sends what `chunks` yields. For the chunks see `Blocks`. */
export class SendingExchange implements Exchange {
  private readonly driver: Driver<TransferEnd>;
  private readonly blocks: Blocks;
  private saidAllSent = false;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    send: (packet: Uint8Array) => void,
    readonly machine: Sender,
    chunks: AsyncIterator<Uint8Array>,
    blksize: number,
    private readonly events: ExchangeEvents,
  ) {
    this.driver = driverOf(clock, send, machine, events);
    this.blocks = new Blocks(
      chunks,
      blksize,
      () => {
        this.supply(clock.now());
      },
      (error) => {
        this.driver.close();
        if (!this.closed) events.failed(error);
      },
    );
  }

  get bytes(): number {
    return this.machine.acknowledgedBytes;
  }

  start(): void {
    const now = this.clock.now();
    this.driver.apply(this.machine.start(now));
    this.supply(now);
  }

  receive(bytes: Uint8Array, now = this.clock.now()): void {
    const packet = packetOf(bytes);
    if (packet === undefined) return;
    const before = this.bytes;
    this.driver.apply(this.machine.receive(packet, now));
    if (this.bytes > before) this.events.progress?.();
    this.supply(now);
  }

  repeat(): void {
    this.driver.apply(this.machine.repeat(this.clock.now()));
  }

  close(): Promise<void> {
    this.closed = true;
    this.driver.close();
    return this.blocks.stop();
  }

  private supply(now: number): void {
    const blocks: Uint8Array[] = [];
    for (let room = this.machine.room; room > 0; room -= 1) {
      const block = this.blocks.next();
      if (block === undefined) break;
      blocks.push(block);
    }
    // The machine copies them into packets.
    const step = this.machine.supply(blocks, now);
    this.blocks.readOn();
    if (blocks.length === 0) return;
    this.driver.apply(step);
    if (!this.machine.allSent || this.saidAllSent) return;
    this.saidAllSent = true;
    this.events.allSent?.();
  }
}

/** Where the received bytes go. */
export interface Store {
  /** Takes the next bytes; a promise holds the peer back. */
  write(data: Uint8Array): Promise<void> | void;
  /** An ACK has gone out: what can wait is done until the peer answers. */
  meanwhile?(): void;
  /** All bytes are there: what must be done before the last ACK goes out. */
  finish(): Promise<void> | void;
}

/** The store takes its time: nothing is waited for from the peer. */
const ourTurn = { send: [], wakeAt: undefined };

export class ReceivingExchange implements Exchange {
  private readonly driver: Driver<TransferEnd>;
  /** Data that waits for the store: at most one window, for nothing more is acknowledged before. */
  private readonly queue: Uint8Array[] = [];
  private busy: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    send: (packet: Uint8Array) => void,
    readonly machine: Receiver,
    private readonly store: Store,
    private readonly events: ExchangeEvents,
  ) {
    this.driver = driverOf(clock, send, machine, events);
  }

  get bytes(): number {
    return this.machine.receivedBytes;
  }

  start(): void {
    this.driver.apply(this.machine.start(this.clock.now()));
  }

  receive(bytes: Uint8Array, now = this.clock.now()): void {
    const packet = packetOf(bytes);
    if (packet === undefined || this.closed) return;
    const step = this.machine.receive(packet, now);
    if (step.data === undefined) {
      this.driver.apply(step);
      return;
    }
    // What the step says beside is said by `taken`, at once but for a slow disk.
    this.queue.push(step.data);
    if (this.busy === undefined) this.takeAll(now);
  }

  repeat(): void {
    this.driver.apply(this.machine.repeat(this.clock.now()));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.driver.close();
    this.queue.length = 0;
    await this.busy;
  }

  /** Gives the queue to the store, as far as it takes without waiting. */
  private takeAll(now: number): void {
    try {
      for (let data = this.queue.shift(); data !== undefined; data = this.queue.shift()) {
        const writing = this.store.write(data);
        if (writing !== undefined) {
          this.waitFor(writing, () => {
            this.takeAll(this.clock.now());
          });
          return;
        }
      }
      if (!this.machine.allReceived) {
        this.acknowledge(now);
        return;
      }
      const finishing = this.store.finish();
      const stored = (): void => {
        this.acknowledge(this.clock.now());
        this.events.stored?.();
      };
      if (finishing === undefined) stored();
      else this.waitFor(finishing, stored);
    } catch (error) {
      this.fail(error);
    }
  }

  private waitFor(work: Promise<void>, then: () => void): void {
    this.driver.apply(ourTurn);
    this.busy = work.then(
      () => {
        this.busy = undefined;
        if (!this.closed) then();
      },
      (error: unknown) => {
        this.busy = undefined;
        this.fail(error);
      },
    );
  }

  /** All that came is in the store; an ACK goes out where one is due, which is with each window. */
  private acknowledge(now: number): void {
    const step = this.machine.taken(now);
    this.driver.apply(step);
    if (step.send.length === 0) return;
    this.store.meanwhile?.();
    this.events.progress?.();
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.closed = true;
    this.driver.close();
    this.events.failed(error);
  }
}
