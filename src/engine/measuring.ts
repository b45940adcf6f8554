/** What is measured of a transfer, as rows have it: times, the rate, and the waits for the peer. */

import type { Measured, Wait } from "../model/measured";
import type { Receiver } from "../protocol/tftp/receiver";
import { Sender } from "../protocol/tftp/sender";

/** A shorter silence is no wait: a lost packet alone costs a fifth of a second. */
export const waitMs = 300;
/** Waits that are kept of one transfer. */
const most = 32;

/** Microseconds are all that a clock is good for. */
export const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Nothing where no time passed. */
export const rateOf = (bytes: number, ms: number): { readonly bytesPerSecond?: number } =>
  ms > 0 ? { bytesPerSecond: Math.round((bytes * 1000) / ms) } : {};

/**
 * What the machine of a TFTP transfer has measured.
 * @param askedAt when the request was sent, or came, on the machine's clock.
 */
export function measuredOf(machine: Sender | Receiver, askedAt: number): Measured {
  const { firstDataAt, answeredAt, roundTripMs } = machine;
  return {
    ...(firstDataAt !== undefined && { firstByteMs: rounded(firstDataAt - askedAt) }),
    // To one who gets the file each DATA is an answer, and the first one was told.
    ...(machine instanceof Sender &&
      answeredAt !== undefined && { firstAckMs: rounded(answeredAt - askedAt) }),
    ...(roundTripMs !== undefined && { roundTripMs: rounded(roundTripMs) }),
  };
}

/** The waits for a peer in the middle of a file: the longest ones are kept. */
export class Waits {
  private kept: readonly Wait[] = [];

  /** Takes one in if it is long enough. */
  add({ fromMs, ms, sentAgain }: Wait): void {
    if (ms < waitMs) return;
    const all = [...this.kept, { fromMs: Math.round(fromMs), ms: Math.round(ms), sentAgain }];
    const shortest = all.reduce((least, wait) => (wait.ms < least.ms ? wait : least));
    this.kept = all.length > most ? all.filter((wait) => wait !== shortest) : all;
  }

  /** As a part of a row. */
  told(): { readonly waits?: readonly Wait[] } {
    return this.kept.length === 0 ? {} : { waits: this.kept };
  }
}
