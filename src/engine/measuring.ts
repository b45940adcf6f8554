/** What is measured of a transfer, as rows have it: times, the rate, and the waits for the peer. */

import type { Measured, Wait } from "../model/measured";

/** A shorter silence is no wait: a lost packet alone costs a fifth of a second. */
export const waitMs = 300;
/** Waits that are kept of one transfer. */
const most = 32;

/** Microseconds are all that a clock is good for. */
export const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Nothing where no time passed. */
export const rateOf = (bytes: number, ms: number): { readonly bytesPerSecond?: number } =>
  ms > 0 ? { bytesPerSecond: Math.round((bytes * 1000) / ms) } : {};

/** What the machine of a TFTP transfer measures, on its clock: its `Sender` or `Receiver`, or what a thread told of one. */
export interface Measuring {
  readonly firstDataAt: number | undefined;
  /** Absent where the file comes: to one who gets it each DATA is an answer. */
  readonly firstAckAt?: number | undefined;
  readonly roundTripMs: number | undefined;
}

/**
 * What the machine of a TFTP transfer has measured.
 * @param askedAt when the request was sent, or came, on the machine's clock.
 */
export function measuredOf(machine: Measuring, askedAt: number): Measured {
  const { firstDataAt, firstAckAt, roundTripMs } = machine;
  return {
    ...(firstDataAt !== undefined && { firstByteMs: rounded(firstDataAt - askedAt) }),
    ...(firstAckAt !== undefined && { firstAckMs: rounded(firstAckAt - askedAt) }),
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
