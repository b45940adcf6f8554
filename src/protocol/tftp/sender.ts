/**
 * The side of a transfer that has the file: a server's for RRQ, a client's for WRQ. It does not read files: it
 * says how many blocks it has room for, is given bytes, and keeps what is not acknowledged yet as encoded
 * packets, so that a retransmission is the same to the byte.
 */

import type { Step } from "../machine";
import { blockNumber, blocksAhead, type Rollover } from "./blockNumbers";
import { Gaps } from "./gaps";
import { dataHeader, type Packet, writeData } from "./packet";
import { type Patience, Retransmission, type TransferEnd } from "./patience";

export interface SenderOptions {
  readonly blksize: number;
  readonly windowsize: number;
  readonly patience: Patience;
  /** An OACK that must be acknowledged by ACK 0 before DATA 1 goes out (RFC 2347 §3). */
  readonly oack?: Uint8Array;
  /** The number of the block after 65535; default 0. */
  readonly rollover?: Rollover;
}

export class Sender {
  /** What was sent and not acknowledged, in order. An OACK stands for block 0. */
  private readonly outstanding: Uint8Array[] = [];
  /**
   * Memory for a window of packets, used in turn: a packet's place is taken again once it is acknowledged. With new memory
   * for each packet this machine alone takes 0.5 CPU seconds a GB, and 0.1 so (1468 × 16).
   */
  private readonly places: Uint8Array[] = [];
  /** The number of the first outstanding packet, or of the next one; never wraps. */
  private base: number;
  private lastSupplied = false;
  /** The number of the first block that was supplied last: an ACK that stops before it measures no round trip. */
  private flightFrom = 0;
  private readonly gaps = new Gaps();
  private ended = false;
  // Not read from the options for each block: made with spreads, these are of another hidden class for each transfer.
  private readonly blksize: number;
  private readonly windowsize: number;
  private readonly oack: Uint8Array | undefined;
  private readonly rollover: Rollover;
  private readonly timing: Retransmission;

  /** Packets sent again. */
  retransmissions = 0;
  /** How many packets went out again together, the last time. */
  flight = 0;
  /** Bytes of DATA that the peer acknowledged. */
  acknowledgedBytes = 0;
  /** When the first DATA went out. */
  firstDataAt: number | undefined;

  constructor({ blksize, windowsize, patience, oack, rollover = 0 }: SenderOptions, now: number) {
    this.blksize = blksize;
    this.windowsize = windowsize;
    this.timing = new Retransmission(patience, now);
    this.oack = oack;
    this.base = oack === undefined ? 1 : 0;
    this.rollover = rollover;
  }

  /** Blocks that `supply` may be given now. */
  get room(): number {
    if (this.ended || this.lastSupplied || this.base === 0) return 0;
    return this.windowsize - this.outstanding.length;
  }

  /** True once the last block was sent for the first time. */
  get allSent(): boolean {
    return this.lastSupplied;
  }

  /** The number of the block whose ACK is waited for, 0 for an OACK's; never wraps. */
  get position(): number {
    return this.base;
  }

  /** True once the peer answered anything. */
  get everAnswered(): boolean {
    return this.timing.everAnswered;
  }

  /** When the first ACK came. */
  get firstAckAt(): number | undefined {
    return this.timing.answeredAt;
  }

  /** The smoothed round trip in ms, once it was measured. */
  get roundTripMs(): number | undefined {
    return this.timing.roundTripMs;
  }

  /** Sends the OACK, where there is one. */
  start(now: number): Step<TransferEnd> {
    if (this.oack === undefined) return this.step([]);
    this.outstanding.push(this.oack);
    this.timing.sent(now, false);
    return this.step([this.oack]);
  }

  /**
   * Sends the next blocks, at most `room` of them. They are copied, and the packets are valid while they are
   * outstanding. The first one shorter than `blksize` is the last of the file; a file of an exact multiple ends with an
   * empty one (RFC 1350 §2).
   */
  supply(blocks: readonly Uint8Array[], now: number): Step<TransferEnd> {
    if (this.ended || blocks.length === 0) return this.step([]);
    // While nothing was out the peer had nothing to say.
    if (this.outstanding.length === 0) this.timing.ourTurnUntil(now);
    this.flightFrom = this.base + this.outstanding.length;
    const packets: Uint8Array[] = [];
    for (const block of blocks) {
      const packet = this.encode(this.base + this.outstanding.length, block);
      this.outstanding.push(packet);
      packets.push(packet);
      if (block.length < this.blksize) this.lastSupplied = true;
    }
    this.firstDataAt ??= now;
    this.timing.sent(now, false);
    return this.step(packets);
  }

  private encode(n: number, block: Uint8Array): Uint8Array {
    const place = n % this.windowsize;
    const into = (this.places[place] ??= new Uint8Array(dataHeader + this.blksize));
    return writeData(into, blockNumber(n, this.rollover), block);
  }

  receive(packet: Packet, now: number): Step<TransferEnd> {
    if (this.ended) return this.step([]);
    if (packet.op === "ERROR") {
      // Not acknowledged and not answered (RFC 1350 §7).
      return this.end({ kind: "peerError", error: packet, early: this.acknowledgedBytes === 0 });
    }
    return packet.op === "ACK" ? this.acknowledge(packet.block, now) : this.step([]);
  }

  /** Sends again what is to be answered, if the time for it has come. */
  timeout(now: number): Step<TransferEnd> {
    if (this.ended || this.outstanding.length === 0) return this.step([]);
    if (this.gaps.wasRight(now)) return this.again(this.outstanding, now, "ack");
    switch (this.timing.due(now)) {
      case "wait":
        return this.step([]);
      case "giveUp":
        return this.end({ kind: "timeout", answered: this.timing.everAnswered });
      case "again":
        this.gaps.startOver();
        return this.again(this.outstanding, now, "silence");
    }
  }

  /** The peer asked for the same file again: it may have lost the first packet (T34). */
  repeat(now: number): Step<TransferEnd> {
    if (this.ended) return this.step([]);
    this.timing.heard(now);
    return this.timing.maySend ? this.again(this.outstanding.slice(0, 1), now, "silence") : this.step([]);
  }

  private acknowledge(block: number, now: number): Step<TransferEnd> {
    const count = blocksAhead(block, blockNumber(this.base - 1, this.rollover), this.rollover);
    // Not sent yet, or long acknowledged: neither moves anything (T9, T10).
    if (count > this.outstanding.length) return this.step([]);
    this.timing.heard(now);
    if (count === 0) return this.duplicate(now);
    const whole = count === this.outstanding.length;
    for (const packet of this.outstanding.splice(0, count)) {
      if (this.base > 0) this.acknowledgedBytes += packet.length - dataHeader;
      this.base += 1;
    }
    this.gaps.movedOn(this.base);
    this.timing.progressed(now, this.base > this.flightFrom);
    if (whole) return this.lastSupplied ? this.end({ kind: "complete" }) : this.step([]);
    // The receiver missed the block after this one: the window starts there again (RFC 7440 §4).
    const missed = this.gaps.believes(this.base, now, this.roundTripMs ?? 0);
    return missed ? this.again(this.outstanding, now, "ack") : this.step([]);
  }

  private duplicate(now: number): Step<TransferEnd> {
    // With windowsize 1 a duplicate ACK must not send DATA again: the Sorcerer's Apprentice (RFC 1123 §4.2.3.1).
    // With more it says that the whole window was lost; answering each would be the Sorcerer again.
    if (this.windowsize === 1 || this.base <= 0) return this.step([]);
    // What it would be about is not sent yet.
    if (this.outstanding.length === 0) return this.step([]);
    const missed = this.gaps.believesAgain(this.base, now, this.roundTripMs ?? 0);
    return missed ? this.again(this.outstanding, now, "ack") : this.step([]);
  }

  private again(packets: readonly Uint8Array[], now: number, why: "ack" | "silence"): Step<TransferEnd> {
    if (packets.length === 0) return this.step([]);
    // Where the link is slow the system may hold one of them still when its ACK comes: their memory is not used again.
    this.places.length = 0;
    this.retransmissions += packets.length;
    this.flight = packets.length;
    this.gaps.sentAgain(this.base + packets.length - 1, why);
    this.timing.sent(now, true);
    return this.step(packets.slice());
  }

  private step(send: readonly Uint8Array[]): Step<TransferEnd> {
    if (this.ended || this.outstanding.length === 0) return { send, wakeAt: undefined };
    return { send, wakeAt: Math.min(this.timing.wakeAt, this.gaps.dueAt ?? Infinity) };
  }

  private end(end: TransferEnd): Step<TransferEnd> {
    this.ended = true;
    return { send: [], wakeAt: undefined, done: end };
  }
}
