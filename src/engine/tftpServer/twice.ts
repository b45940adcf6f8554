/**
 * Sends each DATA packet twice, for boards and links that lose some (the quirk `duplicatePackets`). The copy goes out a
 * millisecond later: boards that lose the first of two packets lose both of them when they come at once. What comes
 * next waits for it, so that the order stays.
 */

import type { Clock, Timer } from "../clock";
import { opcodeOf, opcodes } from "../../protocol/tftp/packet";

const gapMs = 1;

type Send = (packet: Uint8Array) => void;

export class Twice {
  private copying: Timer | undefined;
  private readonly waiting: Uint8Array[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly out: Send,
  ) {}

  readonly send: Send = (packet) => {
    if (opcodeOf(packet) !== opcodes.DATA) this.out(packet);
    else if (this.copying === undefined) this.sendTwice(packet);
    // Acknowledged, its memory is another one's (`Sender`).
    else this.waiting.push(packet.slice());
  };

  /** Sends nothing more: the transfer has ended. */
  close(): void {
    this.copying?.cancel();
    this.waiting.length = 0;
  }

  private sendTwice(packet: Uint8Array): void {
    this.out(packet);
    const copy = packet.slice();
    this.copying = this.clock.at(this.clock.now() + gapMs, () => {
      this.copying = undefined;
      this.out(copy);
      const next = this.waiting.shift();
      if (next !== undefined) this.sendTwice(next);
    });
  }
}
