/** Links between programs of others and ours: what becomes of a packet comes from the seed (`udpRelay.ts`). */

import { seedOr } from "./random";
import type { RelayOptions } from "./udpRelay";

export type BadLink = Pick<RelayOptions, "faults" | "seed">;

/**
 * With the lengths of the tests and these seeds of those that lose, blocks and ACKs are lost in each transfer, and never
 * the request or the last ACK: those are sent again after five seconds and more, and at some time nobody is there any
 * more to hear it (RFC 1350 §6).
 */
export const badLinks = {
  five: { faults: { loss: 0.05 }, seed: seedOr(66) },
  twenty: { faults: { loss: 0.2 }, seed: seedOr(1509) },
  doubled: { faults: { duplication: 0.1 }, seed: seedOr(1) },
  overtaken: { faults: { duplication: 0.1, reordering: 0.1, reorderMs: 5 }, seed: seedOr(1) },
  late: { faults: { duplication: 0.1, delayMs: [0, 30] }, seed: seedOr(1) },
} as const satisfies Record<string, BadLink>;
