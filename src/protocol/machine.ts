/**
 * What a pure state machine hands back. Packets and the time go in; packets and the next wake-up come out.
 * Times are monotonic milliseconds, always given by the caller: no machine reads a clock.
 */

/** All that is to be done after one input. */
export interface Step<Outcome> {
  /** Packets to send to the peer, in order. */
  readonly send: readonly Uint8Array[];
  /** When to call the machine's `timeout(now)`, in monotonic ms; undefined: never. Replaces the earlier wish. */
  readonly wakeAt: number | undefined;
  /** Set once, in the last step: how it ended. The machine ignores everything that comes later. */
  readonly done?: Outcome;
}
