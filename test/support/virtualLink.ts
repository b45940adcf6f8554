/** A network between two ends in virtual time, which loses, doubles, delays and reorders from a seed. */

import type { Clock } from "../../src/engine/clock";

export interface Faults {
  /** Probability that a packet is lost, each way. */
  readonly loss?: number;
  /** Probability that a packet comes twice; each copy has a delay of its own. */
  readonly duplication?: number;
  /** Probability that a packet is held back by up to `reorderMs`, so that later ones overtake it. */
  readonly reordering?: number;
  /** Longest hold of a reordered packet; default 20. */
  readonly reorderMs?: number;
  /** Shortest and longest delay of every packet in ms; default 1 and 1. */
  readonly delayMs?: readonly [min: number, max: number];
}

export interface LinkEnd {
  /** Sends to the other end. The packet is copied. */
  send(packet: Uint8Array): void;
  /** Called for each packet that arrives. Replaced freely. */
  onPacket: (packet: Uint8Array) => void;
  /** Packets that this end sent, lost ones included. */
  sent: number;
  /** Decides about single packets before the seed does: true is lost. */
  drop: (packet: Uint8Array) => boolean;
}

export class VirtualLink {
  readonly left: LinkEnd;
  readonly right: LinkEnd;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly faults: Faults = {},
  ) {
    this.left = this.end(() => this.right);
    this.right = this.end(() => this.left);
  }

  private end(other: () => LinkEnd): LinkEnd {
    const end: LinkEnd = {
      sent: 0,
      onPacket: () => undefined,
      drop: () => false,
      send: (packet) => {
        end.sent += 1;
        if (end.drop(packet) || this.happens(this.faults.loss)) return;
        const copies = this.happens(this.faults.duplication) ? 2 : 1;
        for (let copy = 0; copy < copies; copy += 1) this.carry(packet.slice(), other());
      },
    };
    return end;
  }

  private carry(packet: Uint8Array, to: LinkEnd): void {
    const [min, max] = this.faults.delayMs ?? [1, 1];
    const held = this.happens(this.faults.reordering) ? this.random() * (this.faults.reorderMs ?? 20) : 0;
    this.clock.at(this.clock.now() + min + this.random() * (max - min) + held, () => {
      to.onPacket(packet);
    });
  }

  private happens(probability = 0): boolean {
    return probability > 0 && this.random() < probability;
  }
}
