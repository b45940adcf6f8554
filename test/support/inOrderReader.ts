/**
 * A reader as atftp 0.8 is, for a pair: it keeps no block that comes before its turn, and answers the first block out of
 * turn since the last one in order, a copy included, with an ACK. With that its count of the window begins anew.
 */

import type { Step } from "../../src/protocol/machine";
import { encodeAck, type Packet } from "../../src/protocol/tftp/packet";
import type { TransferEnd } from "../../src/protocol/tftp/patience";
import type { Receiver, ReceiverStep } from "../../src/protocol/tftp/receiver";

/** Without a packet for so long it sends its last ACK again. */
const silenceMs = 5000;
/** How long it stays after the last block; atftp itself goes at once. */
const dallyMs = 600_000;

export class InOrderReader implements Pick<Receiver, "start" | "receive" | "taken" | "timeout"> {
  private last = 0;
  private inWindow = 0;
  private answered = false;
  private complete = false;
  private wakeAt = Infinity;

  constructor(private readonly options: { readonly blksize: number; readonly windowsize: number }) {}

  start(now: number): ReceiverStep {
    return this.acknowledge(now);
  }

  receive(packet: Packet, now: number): ReceiverStep {
    if (packet.op !== "DATA") return this.step([]);
    if (packet.block !== ((this.last + 1) & 0xffff)) {
      if (this.answered && !this.complete) return this.step([]);
      this.answered = true;
      return this.acknowledge(now);
    }
    this.answered = false;
    this.last = packet.block;
    this.inWindow += 1;
    this.complete = packet.data.length < this.options.blksize;
    const full = this.complete || this.inWindow === this.options.windowsize;
    this.wakeAt = now + silenceMs;
    return { ...(full ? this.acknowledge(now) : this.step([])), data: packet.data };
  }

  taken(): ReceiverStep {
    return this.step([]);
  }

  timeout(now: number): ReceiverStep {
    if (now < this.wakeAt) return this.step([]);
    return this.complete ? { ...this.step([]), done: { kind: "complete" } } : this.acknowledge(now);
  }

  private acknowledge(now: number): Step<TransferEnd> {
    this.inWindow = 0;
    this.wakeAt = now + (this.complete ? dallyMs : silenceMs);
    return this.step([encodeAck(this.last)]);
  }

  private step(send: readonly Uint8Array[]): Step<TransferEnd> {
    return { send, wakeAt: this.wakeAt };
  }
}
