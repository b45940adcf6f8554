/**
 * When to send again and when to give up: one answer for sender, receiver and request.
 * The timeout adapts to the measured round trip and backs off, bounded (RFC 1123 §4.2.3.2, RFC 6298).
 */

import type { ErrorPacket } from "./packet";

/** How long to wait for a peer. */
export interface Patience {
  /** The negotiated `timeout` in ms; absent: adaptive. */
  readonly timeoutMs?: number;
  /** Without a packet from the peer that belongs to the transfer for so long: given up. */
  readonly giveUpMs: number;
  /** Only what brings the transfer on counts as such: a client does not wait for a server that repeats itself. */
  readonly progressOnly?: boolean;
  /** Sendings to a peer that never answered anything, before it is given up. */
  readonly firstPackets: number;
}

/** How a transfer ended. */
export type TransferEnd =
  | { readonly kind: "complete" }
  /** Silence. `answered`: false when not one packet was ever acknowledged. */
  | { readonly kind: "timeout"; readonly answered: boolean }
  /** The peer's ERROR. `early`: nothing but OACK or DATA 1 was out, as in a size probe. */
  | { readonly kind: "peerError"; readonly error: ErrorPacket; readonly early: boolean }
  /** The peer broke the protocol, or gave another size than it told; it was sent this ERROR. */
  | { readonly kind: "violation"; readonly code: "size" | "malformed"; readonly message: string };

const initialMs = 1000;
const minMs = 200;
const maxMs = 8000;
/** A timer this late means that the machine or the process was asleep, and not that the peer was silent. */
const asleepMs = 1000;

export class Retransmission {
  // Not read from `Patience` for each packet: see `Sender`.
  private readonly timeoutMs: number | undefined;
  private readonly giveUpMs: number;
  private readonly progressOnly: boolean;
  private readonly firstPackets: number;
  private smoothedMs: number | undefined;
  private deviationMs = 0;
  private doublings = 0;
  private sentAt: number;
  private heardAt: number;
  /** Sent more than once: its answer measures nothing (Karn's rule, RFC 6298 §3). */
  private ambiguous = false;
  private sendings = 0;
  private firstAnswerAt: number | undefined;

  constructor({ timeoutMs, giveUpMs, progressOnly = false, firstPackets }: Patience, now: number) {
    this.timeoutMs = timeoutMs;
    this.giveUpMs = giveUpMs;
    this.progressOnly = progressOnly;
    this.firstPackets = firstPackets;
    this.sentAt = now;
    this.heardAt = now;
  }

  /** The wait for an answer in ms, back-off included. */
  get intervalMs(): number {
    const base = this.timeoutMs ?? this.adaptedMs();
    return Math.min(base * 2 ** this.doublings, Math.max(base, maxMs));
  }

  /** False until the first answer. */
  get everAnswered(): boolean {
    return this.firstAnswerAt !== undefined;
  }

  /** When the peer first answered. */
  get answeredAt(): number | undefined {
    return this.firstAnswerAt;
  }

  /** The smoothed round trip; undefined until one was measured. */
  get roundTripMs(): number | undefined {
    return this.smoothedMs;
  }

  /** True when one more packet may go to a peer that never answered: DESIGN §6, at most 5. */
  get maySend(): boolean {
    return this.everAnswered || this.sendings < this.firstPackets;
  }

  /** When to look again, in monotonic ms. */
  get wakeAt(): number {
    return Math.min(this.sentAt + this.intervalMs, this.giveUpAt);
  }

  /** A flight of packets goes out; `again`: they had been out before. */
  sent(now: number, again: boolean): void {
    this.sentAt = now;
    this.sendings += 1;
    if (again) this.ambiguous = true;
  }

  /**
   * A packet of this transfer came that brought nothing new: a board that stalls is alive (DESIGN §2.1). Before the
   * first answer it proves nothing: else a request that is repeated would hold its transfer for ever.
   */
  heard(now: number): void {
    if (this.everAnswered && !this.progressOnly) this.heardAt = now;
  }

  /** It was our own turn until now: the peer's silence counts from here. */
  ourTurnUntil(now: number): void {
    this.heardAt = now;
  }

  /** More of the same flight is on its way: the wait for it starts again. */
  waitFrom(now: number): void {
    this.sentAt = now;
  }

  /** The peer brings the transfer on. `latest`: it answers the flight that went out last, so that this is its round trip. */
  progressed(now: number, latest: boolean): void {
    // The back-off stays until a round trip was measured: where it has grown beyond the timeout, every packet
    // would be sent twice for ever (RFC 6298 §5).
    if (!this.ambiguous && latest) {
      if (this.sendings > 0) this.measure(now - this.sentAt);
      this.doublings = 0;
    }
    this.ambiguous = false;
    this.firstAnswerAt ??= now;
    this.heardAt = now;
  }

  /** What to do at a wake-up. `again` has doubled the interval. */
  due(now: number): "wait" | "again" | "giveUp" {
    const late = now - this.wakeAt;
    if (late > asleepMs) this.heardAt += late;
    // The very sums of wakeAt: a difference may round the other way, and then the wait would not end.
    if (now >= this.giveUpAt) return "giveUp";
    if (now < this.sentAt + this.intervalMs) return "wait";
    if (!this.maySend) return "giveUp";
    this.doublings += 1;
    return "again";
  }

  /** A peer that asked for long timeouts is sent one retransmission at least, once it has shown that it is there. */
  private get giveUpAt(): number {
    const { giveUpMs, timeoutMs = 0 } = this;
    return this.heardAt + (this.everAnswered ? Math.max(giveUpMs, 2 * timeoutMs) : giveUpMs);
  }

  private adaptedMs(): number {
    if (this.smoothedMs === undefined) return initialMs;
    return Math.min(Math.max(this.smoothedMs + 4 * this.deviationMs, minMs), maxMs);
  }

  private measure(roundTripMs: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = roundTripMs;
      this.deviationMs = roundTripMs / 2;
      return;
    }
    this.deviationMs = 0.75 * this.deviationMs + 0.25 * Math.abs(this.smoothedMs - roundTripMs);
    this.smoothedMs = 0.875 * this.smoothedMs + 0.125 * roundTripMs;
  }
}
