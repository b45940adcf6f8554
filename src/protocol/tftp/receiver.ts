/**
 * The side of a transfer that gets the file: a client's for RRQ, a server's for WRQ. It hands out the data in
 * order, and acknowledges only what its driver has taken: a slow disk holds the peer back, and nothing piles up.
 */

import { concat } from "../bytes";
import type { Step } from "../machine";
import { type DataPacket, encodeAck, encodeError, errorCode, type Packet } from "./packet";
import { type Patience, Retransmission, type TransferEnd } from "./patience";

export interface ReceiverOptions {
  readonly blksize: number;
  readonly windowsize: number;
  readonly patience: Patience;
  /** What asks for DATA 1: ACK 0, or an OACK to a WRQ. Absent: DATA 1 is there already. */
  readonly opening?: Uint8Array;
  /** Bytes of DATA that must come, where the peer told it (`tsize`). */
  readonly expectedSize?: number;
  /** How long to stay after the last ACK at least, to repeat it; default: two of our own timeouts. */
  readonly dallyMs?: number;
}

/** A step, and the data of the packet that caused it: a view of that packet. */
export interface ReceiverStep extends Step<TransferEnd> {
  /** The next bytes of the file; `taken` must follow once they are stored. */
  readonly data?: Uint8Array;
}

/** How often the last ACK is repeated to a peer that does not hear it. */
const maxDallies = 5;
/**
 * What comes so shortly after its time was not sent again, but took longer. A missing block is waited for so long before
 * it is asked for; one that comes twice so soon is a copy and needs no second ACK. A sender who answers each ACK
 * (RFC 1123 §4.2.3.1) would send the rest of the file twice.
 */
const lateMs = 20;

/**
 * Until the data is taken there is nothing to wait for. With a spread of another step V8 makes each of these a hidden
 * class of its own, and all that reads it slow: an upload of 1468 × 16 took 9.5 to 10.5 CPU seconds a GB and not 6.4 to 7.0.
 */
const handedOut = (data: Uint8Array): ReceiverStep => ({ send: [], wakeAt: undefined, data });

export class Receiver {
  /** The last block in order, 0–65535 as on the wire. */
  private last = 0;
  /** Blocks since the last ACK. */
  private unacknowledged = 0;
  private untaken = false;
  private ackDue = false;
  /** Blocks of this window that overtook a missing one, by number: a link that changes the order loses nothing. */
  private readonly early = new Map<number, DataPacket>();
  /** When the missing one is asked for; undefined: nothing is missing, or it was asked for. */
  private gapUntil: number | undefined;
  private lastCame = false;
  private dallies = 0;
  private sentAt = -Infinity;
  private dallyUntil: number | undefined;
  private ended = false;
  /** What the peer is waiting for, to be sent again. */
  private current: Uint8Array | undefined;
  // Not read from the options for each block: see `Sender`.
  private readonly blksize: number;
  private readonly windowsize: number;
  private readonly expectedSize: number | undefined;
  private readonly leastDallyMs: number;
  private readonly timing: Retransmission;

  /** Packets sent again. */
  retransmissions = 0;
  /** Bytes of DATA that came in order. */
  receivedBytes = 0;

  constructor(options: ReceiverOptions, now: number) {
    const { blksize, windowsize, patience, opening, expectedSize, dallyMs = 0 } = options;
    this.blksize = blksize;
    this.windowsize = windowsize;
    this.expectedSize = expectedSize;
    this.leastDallyMs = dallyMs;
    this.timing = new Retransmission(patience, now);
    this.current = opening;
  }

  /** True once the last block came; it is acknowledged by `taken`. */
  get allReceived(): boolean {
    return this.lastCame;
  }

  /** The number of the block that came last in order, as on the wire. */
  get position(): number {
    return this.last;
  }

  /** True once the peer answered anything. */
  get everAnswered(): boolean {
    return this.timing.everAnswered;
  }

  /** The smoothed round trip in ms, once it was measured. */
  get roundTripMs(): number | undefined {
    return this.timing.roundTripMs;
  }

  /** When the first DATA came. */
  get firstDataAt(): number | undefined {
    return this.timing.answeredAt;
  }

  /** Sends what asks for DATA 1. */
  start(now: number): ReceiverStep {
    return this.current === undefined ? this.step([]) : this.sendCurrent(now, false);
  }

  receive(packet: Packet, now: number): ReceiverStep {
    if (this.ended) return this.step([]);
    switch (packet.op) {
      case "DATA":
        return this.receiveData(packet, now);
      case "ERROR":
        // The file is there already when it comes late; and an ERROR is never answered (RFC 1350 §7).
        if (this.dallyUntil !== undefined) return this.end({ kind: "complete" });
        return this.end({ kind: "peerError", error: packet, early: this.receivedBytes === 0 });
      case "OACK":
        // Our ACK 0 was lost: the server sends its OACK again (T12).
        return this.last === 0 && !this.untaken && this.receivedBytes === 0
          ? this.sendCurrent(now, true)
          : this.step([]);
      case "ACK":
      case "RRQ":
      case "WRQ":
        return this.step([]);
    }
  }

  /**
   * All data handed out so far is stored: what waited for that is acknowledged. After the last block this sends
   * the last ACK, and the receiver stays for a while to repeat it (dallying, RFC 1350 §6).
   */
  taken(now: number): ReceiverStep {
    if (this.ended || !this.untaken) return this.step([]);
    this.untaken = false;
    this.timing.ourTurnUntil(now);
    this.timing.waitFrom(now);
    if (!this.ackDue) return this.step([]);
    const step = this.acknowledge(now);
    if (!this.lastCame) return step;
    this.dallyUntil = now + this.dallyMs();
    return this.step(step.send);
  }

  timeout(now: number): ReceiverStep {
    if (this.ended || this.untaken) return this.step([]);
    if (this.dallyUntil !== undefined) {
      return now < this.dallyUntil ? this.step([]) : this.end({ kind: "complete" });
    }
    if (this.gapUntil !== undefined && now >= this.gapUntil) return this.askOn(now);
    switch (this.timing.due(now)) {
      case "wait":
        return this.step([]);
      case "giveUp":
        return this.end({ kind: "timeout", answered: this.timing.everAnswered });
      case "again":
        return this.askOn(now);
    }
  }

  /** The peer sent its WRQ again: it may have lost the answer (T34). */
  repeat(now: number): ReceiverStep {
    if (this.ended || this.untaken) return this.step([]);
    this.timing.heard(now);
    return this.timing.maySend ? this.sendCurrent(now, true) : this.step([]);
  }

  private receiveData(packet: DataPacket, now: number): ReceiverStep {
    const ahead = (packet.block - this.last) & 0xffff;
    // After 65535 comes 0; some senders go on with 1 (T14). In a window a 1 can only mean that 0 was lost.
    const rollsToOne = this.last === 0xffff && packet.block === 1 && this.windowsize === 1;
    const isOurs = ahead <= this.windowsize || rollsToOne;
    if (isOurs) this.timing.heard(now);
    if (ahead === 0) return this.duplicate(now);
    if (this.lastCame) return this.step([]);
    if (ahead === 1 || rollsToOne) return this.inOrderWithEarly(packet, now);
    if (isOurs) this.keep(packet, now);
    return this.step([]);
  }

  private inOrder(packet: DataPacket, now: number): ReceiverStep {
    if (packet.data.length > this.blksize) {
      return this.refuse(
        "malformed",
        errorCode.illegalOperation,
        `DATA of ${packet.data.length} bytes, blksize is ${this.blksize}`,
      );
    }
    // The window is full and not stored yet: this sender does not wait for its ACK. It has to send it again.
    if (this.ackDue) return this.step([]);
    const size = this.receivedBytes + packet.data.length;
    const lastOne = packet.data.length < this.blksize;
    const expected = this.expectedSize;
    if (expected !== undefined && (size > expected || (lastOne && size < expected))) {
      return this.refuse(
        "size",
        errorCode.undefined,
        `the size was told as ${expected} bytes, ${lastOne ? "" : "at least "}${size} came`,
      );
    }
    if (this.unacknowledged === 0) this.timing.progressed(now, true);
    this.timing.waitFrom(now);
    this.last = packet.block;
    this.receivedBytes = size;
    this.unacknowledged += 1;
    if (this.early.size > 0) this.early.delete(packet.block);
    this.gapUntil = undefined;
    this.untaken = true;
    this.lastCame = lastOne;
    this.ackDue = lastOne || this.unacknowledged >= this.windowsize;
    return handedOut(packet.data);
  }

  /** A block in order, and those behind it that came before it. */
  private inOrderWithEarly(packet: DataPacket, now: number): ReceiverStep {
    // Nearly always.
    if (this.early.size === 0) return this.inOrder(packet, now);
    const data: Uint8Array[] = [];
    let next: DataPacket | undefined = packet;
    while (next !== undefined) {
      const step = this.inOrder(next, now);
      if (step.data === undefined) return step;
      data.push(step.data);
      next = this.ackDue ? undefined : this.early.get((this.last + 1) & 0xffff);
    }
    if (this.early.size > 0 && !this.ackDue) this.gapUntil = now + lateMs;
    return handedOut(concat(...data));
  }

  /**
   * A block is missing. If it does not come, the last one in order is acknowledged (RFC 7440 §4), once for each time
   * that the sender comes by: a block that was kept comes again when it has started over, and lost the same once more.
   */
  private keep(packet: DataPacket, now: number): void {
    if (this.early.size === 0 || this.early.has(packet.block)) this.gapUntil ??= now + lateMs;
    this.early.set(packet.block, packet);
  }

  /** What came so far of a window is acknowledged, and the sender goes on there (RFC 7440 §4). */
  private askOn(now: number): ReceiverStep {
    this.gapUntil = undefined;
    return this.unacknowledged > 0 ? this.acknowledge(now) : this.sendCurrent(now, true);
  }

  /** The last block in order once more: its ACK was lost, if it was sent. */
  private duplicate(now: number): ReceiverStep {
    if (this.untaken || this.unacknowledged > 0 || this.current === undefined) return this.step([]);
    if (this.dallyUntil !== undefined) {
      this.dallies += 1;
      if (this.dallies > maxDallies) return this.step([]);
      this.dallyUntil = now + this.dallyMs();
    } else if (now < this.sentAt + lateMs) return this.step([]);
    return this.sendCurrent(now, true);
  }

  /** The peer's timeout is not known; it is likely to be ours, and has to end before. */
  private dallyMs(): number {
    return Math.max(2 * this.timing.intervalMs, this.leastDallyMs);
  }

  private acknowledge(now: number): ReceiverStep {
    this.unacknowledged = 0;
    this.ackDue = false;
    this.current = encodeAck(this.last);
    return this.sendCurrent(now, false);
  }

  private sendCurrent(now: number, again: boolean): ReceiverStep {
    if (this.current === undefined) {
      this.timing.waitFrom(now);
      return this.step([]);
    }
    if (again) this.retransmissions += 1;
    this.sentAt = now;
    this.timing.sent(now, again);
    return this.step([this.current]);
  }

  private refuse(code: "size" | "malformed", error: number, message: string): ReceiverStep {
    return { ...this.end({ kind: "violation", code, message }), send: [encodeError(error, message)] };
  }

  private step(send: readonly Uint8Array[]): ReceiverStep {
    // Until the driver has taken the data it is our turn, and the peer cannot be late.
    if (this.ended || this.untaken) return { send, wakeAt: undefined };
    return { send, wakeAt: this.dallyUntil ?? Math.min(this.timing.wakeAt, this.gapUntil ?? Infinity) };
  }

  private end(end: TransferEnd): ReceiverStep {
    this.ended = true;
    return { send: [], wakeAt: undefined, done: end };
  }
}
