/** A sender and a receiver joined by a VirtualLink: one whole transfer in virtual time. */

import type { Clock } from "../../src/engine/clock";
import { Driver } from "../../src/engine/driver";
import { decodePacket, encodeAck, encodeOack } from "../../src/protocol/tftp/packet";
import type { TransferEnd } from "../../src/protocol/tftp/patience";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { Sender } from "../../src/protocol/tftp/sender";
import { InOrderReader } from "./inOrderReader";
import { seededRandom } from "./random";
import { VirtualClock } from "./virtualClock";
import { type Faults, type LinkEnd, VirtualLink } from "./virtualLink";

export interface PairOptions {
  readonly blksize: number;
  readonly windowsize: number;
  readonly seed?: number;
  readonly faults?: Faults;
  /** The receiver opens with an OACK (WRQ) instead of ACK 0 to the sender's OACK (RRQ). */
  readonly upload?: boolean;
  /** The receiver is not ours, but one that keeps only what comes in its turn. */
  readonly inOrder?: boolean;
  /** What follows block 65535; default 0. */
  readonly rollover?: 0 | 1;
  readonly timeoutMs?: number;
  readonly giveUpMs?: number;
  readonly expectedSize?: number;
  readonly dallyMs?: number;
  /** Called before the start, to drop chosen packets. */
  readonly prepare?: (sending: LinkEnd, receiving: LinkEnd) => void;
}

export interface PairResult {
  readonly received: Uint8Array;
  readonly senderEnd: TransferEnd | undefined;
  readonly receiverEnd: TransferEnd | undefined;
  readonly sender: Sender;
  /** Packets that each side sent. */
  readonly sent: { readonly data: number; readonly acks: number };
  readonly elapsedMs: number;
}

/** Runs until both sides have ended. Throws when it does not end within ten virtual hours. */
export function runPair(content: Uint8Array, options: PairOptions): PairResult {
  const clock = new VirtualClock();
  const link = new VirtualLink(clock, seededRandom(options.seed ?? 1), options.faults);
  const { left: sending, right: receiving } = link;
  options.prepare?.(sending, receiving);
  const startedAt = clock.now();
  const patience = {
    giveUpMs: options.giveUpMs ?? 120_000,
    firstPackets: Infinity,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
  const oack = encodeOack(new Map([["blksize", String(options.blksize)]]));
  const upload = options.upload === true;
  const shared = { blksize: options.blksize, windowsize: options.windowsize, patience };
  const sender = new Sender(
    { ...shared, rollover: options.rollover ?? 0, ...(upload ? {} : { oack }) },
    startedAt,
  );
  const ours = {
    ...shared,
    opening: upload ? oack : encodeAck(0),
    ...(options.dallyMs === undefined ? {} : { dallyMs: options.dallyMs }),
    ...(options.expectedSize === undefined ? {} : { expectedSize: options.expectedSize }),
  };
  const receiver = options.inOrder === true ? new InOrderReader(options) : new Receiver(ours, startedAt);
  const received = new Uint8Array(content.length + options.blksize);
  let at = 0;
  let offset = 0;
  let senderEnd: TransferEnd | undefined;
  let receiverEnd: TransferEnd | undefined;

  const sends = driverOf(clock, sending, sender, (end) => (senderEnd = end));
  const receives = driverOf(clock, receiving, receiver, (end) => (receiverEnd = end));
  const supply = (): void => {
    const blocks: Uint8Array[] = [];
    for (let room = sender.room; room > 0; room -= 1) {
      const block = content.subarray(offset, offset + options.blksize);
      offset += block.length;
      blocks.push(block);
      if (block.length < options.blksize) break;
    }
    if (blocks.length > 0) sends.apply(sender.supply(blocks, clock.now()));
  };
  // A read: the OACK starts the receiver, its ACK 0 opens the window. A write: the OACK starts the sender.
  let answered = false;
  sending.onPacket = (bytes) => {
    sends.apply(sender.receive(decodePacket(bytes), clock.now()));
    supply();
  };
  receiving.onPacket = (bytes) => {
    if (!upload && !answered) {
      answered = true;
      receives.apply(receiver.start(clock.now()));
      return;
    }
    const step = receiver.receive(decodePacket(bytes), clock.now());
    receives.apply(step);
    if (step.data === undefined) return;
    received.set(step.data, at);
    at += step.data.length;
    receives.apply(receiver.taken(clock.now()));
  };
  if (upload) receives.apply(receiver.start(clock.now()));
  else sends.apply(sender.start(clock.now()));
  while (senderEnd === undefined || receiverEnd === undefined) {
    const next = clock.next();
    if (next === undefined || next > 36_000_000) throw new Error("the transfer does not end");
    clock.advance(next - clock.now());
  }
  return {
    received: received.subarray(0, at),
    senderEnd,
    receiverEnd,
    sender,
    sent: { data: sending.sent, acks: receiving.sent },
    elapsedMs: clock.now() - startedAt,
  };
}

function driverOf(
  clock: Clock,
  end: LinkEnd,
  machine: Pick<Sender | Receiver, "timeout">,
  finish: (end: TransferEnd) => void,
): Driver<TransferEnd> {
  return new Driver<TransferEnd>(
    clock,
    (packet) => {
      end.send(packet);
    },
    (now) => machine.timeout(now),
    finish,
  );
}
