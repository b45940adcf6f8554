/**
 * What of a TFTP transfer says something by itself: its begin and its end, and what was sent again. The DATA and ACK
 * between them only count on. It looks at each packet of a transfer, so it makes nothing new for those.
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
  seen = 0;
  /** The last packet that is neither: a request, an OACK, an ERROR; and how often it came. */
  control: Uint8Array | undefined;
  controlTimes = 0;
  /** How often a block number came, of those that came again: of most transfers none did. */
  times: Map<number, number> | undefined;
}

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
    const opcode = packet[1];
    this.times = 1;
    if ((opcode !== opcodes.DATA && opcode !== opcodes.ACK) || packet.length < 4) {
      this.takeControl(side, packet);
      return true;
    }
    const block = ((packet[2] as number) << 8) | (packet[3] as number);
    const step = (block - side.highest) & 0xffff;
    if (side.seen > 0 && (step === 0 || step > 0x7fff)) {
      this.countAgain(side, block);
      return true;
    }
    side.highest = block;
    side.seen += 1;
    if (opcode === opcodes.DATA) {
      if (packet.length < this.longest) this.ends = true;
      else this.longest = packet.length;
    }
    return this.ends || side.seen <= firstOnes;
  }

  private takeControl(side: Side, packet: Uint8Array): void {
    const again = side.control !== undefined && equalBytes(side.control, packet);
    side.controlTimes = again ? side.controlTimes + 1 : 1;
    if (!again) side.control = Uint8Array.from(packet);
    this.times = side.controlTimes;
  }

  private countAgain(side: Side, block: number): void {
    const times = (side.times ??= new Map<number, number>());
    this.times = (times.get(block) ?? 1) + 1;
    if (times.size > mostCounted) times.clear();
    times.set(block, this.times);
  }
}
