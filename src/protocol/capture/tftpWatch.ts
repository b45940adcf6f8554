/**
 * What of a TFTP transfer says something by itself: its begin and its end, and what was sent again. The DATA and ACK
 * between them only count on. It looks at each packet of a transfer, right after the system call that carried it, when
 * little is in the caches: those need one object, and nothing new.
 */

import { equalBytes } from "../bytes";
import { opcodes } from "../tftp/packet";

/** The first packets of each kind and side that are worth keeping. */
const firstOnes = 2;
/** Repetitions that are counted at a time. */
const mostCounted = 256;

/** What one side has sent. */
class Side {
  /** The highest block number of its DATA or ACK; -1: none. */
  highest = -1;
  /** Of a packet that only counts on; -1: each one says something. */
  opcode = -1;
  length = -1;
  /** DATA or ACK that were looked at. */
  seen = 0;
  /** The last packet that is neither: a request, an OACK, an ERROR; and how often it came. */
  control: Uint8Array | undefined;
  controlTimes = 0;
  /** How often a block number came, of those that came again: of most transfers none did. */
  times: Map<number, number> | undefined;

  /** Takes one that only counts on. @returns whether it is such a one. */
  goesOn(packet: Uint8Array): boolean {
    if (packet[1] !== this.opcode || packet.length !== this.length) return false;
    const block = blockOf(packet);
    if (!this.isNew(block)) return false;
    this.highest = block;
    return true;
  }

  /** Block numbers begin again after 65535. */
  isNew(block: number): boolean {
    const step = (block - this.highest) & 0xffff;
    return step > 0 && step <= 0x7fff;
  }
}

const blockOf = (packet: Uint8Array): number => ((packet[2] as number) << 8) | (packet[3] as number);

export class TftpWatch {
  /** Of the packet that was looked at last: 2 where it came for the second time. */
  times = 1;
  private readonly here = new Side();
  private readonly there = new Side();
  /** The longest DATA packet: a shorter one is the last (RFC 1350 §2). */
  private longest = 0;
  private ends = false;

  /** @returns whether the packet says something by itself. */
  looksAt(packet: Uint8Array, sent: boolean): boolean {
    const side = sent ? this.here : this.there;
    this.times = 1;
    return !side.goesOn(packet) && this.looksCloser(side, packet);
  }

  private looksCloser(side: Side, packet: Uint8Array): boolean {
    const opcode = packet[1];
    if ((opcode !== opcodes.DATA && opcode !== opcodes.ACK) || packet.length < 4) {
      this.takeControl(side, packet);
      return true;
    }
    const block = blockOf(packet);
    if (side.seen > 0 && !side.isNew(block)) {
      this.countAgain(side, block);
      return true;
    }
    side.highest = block;
    side.seen += 1;
    if (opcode === opcodes.DATA) {
      if (packet.length < this.longest) this.ends = true;
      else this.longest = packet.length;
    }
    if (this.ends) {
      this.here.opcode = this.there.opcode = -1;
    } else if (side.seen >= firstOnes) {
      side.opcode = opcode;
      side.length = packet.length;
    }
    return this.ends || side.seen <= firstOnes;
  }

  private takeControl(side: Side, packet: Uint8Array): void {
    const again = side.control !== undefined && equalBytes(side.control, packet);
    side.controlTimes = again ? side.controlTimes + 1 : 1;
    if (!again) side.control = new Uint8Array(packet);
    this.times = side.controlTimes;
  }

  private countAgain(side: Side, block: number): void {
    const times = (side.times ??= new Map<number, number>());
    this.times = (times.get(block) ?? 1) + 1;
    if (times.size > mostCounted) times.clear();
    times.set(block, this.times);
  }
}
