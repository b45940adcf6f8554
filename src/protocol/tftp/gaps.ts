/**
 * Whether to believe an ACK that tells of a gap in a window (RFC 7440 §4). Either the next block was lost; or the link has
 * doubled a block, or carried one past another, and nothing is missing: to send the rest of the window for each such ACK
 * would be the Sorcerer's Apprentice.
 */

/** For so long at least an ACK is doubted that a copy may have caused: the window may move on by itself meanwhile. */
const echoMs = 20;

export class Gaps {
  /** A duplicate ACK has restarted this window already (DESIGN §2.1). */
  private restarted = false;
  /** The number of the last packet that was sent again. */
  private resentTo = -1;
  /** What was sent again last was so for an ACK, and not for silence, which a lost ACK makes as well. */
  private resentForAck = false;
  /** The block that was acknowledged last went out more than once: some receivers answer each copy. */
  private mayEcho = false;
  /**
   * An ACK that tells of a gap is believed at once, until one was wrong: this link doubles, or changes the order. From
   * then on each is waited with, until one was right. RFC 3708 has that proof for TCP, RFC 4653 that wait.
   */
  private believing = true;
  private doubtUntil: number | undefined;

  /** When the window is sent again, unless it has moved on; undefined: no ACK is in doubt. */
  get dueAt(): number | undefined {
    return this.doubtUntil;
  }

  /** Packets up to this number were sent again; numbers never wrap. */
  sentAgain(to: number, why: "ack" | "silence"): void {
    this.resentForAck = why === "ack";
    this.resentTo = Math.max(this.resentTo, to);
  }

  /** All before `base` is acknowledged, some of it by the ACK that came now. */
  movedOn(base: number): void {
    // The window has moved on by itself, so the ACK in doubt answered a copy: what we had sent again was there already.
    if (this.doubtUntil !== undefined && this.mayEcho && this.resentForAck) this.believing = false;
    this.mayEcho = base - 1 <= this.resentTo;
    this.startOver();
  }

  /** Nothing came: the whole window goes out, and what was in doubt no longer matters. */
  startOver(): void {
    this.restarted = false;
    this.doubtUntil = undefined;
  }

  /** An ACK tells that `base` is missing. @returns true when what is out is to be sent again now, and not at `dueAt`. */
  believes(base: number, now: number, roundTripMs: number): boolean {
    // It may answer a copy, or one more of the blocks behind the gap for which this window was sent again.
    const doubtful = !this.believing || this.mayEcho || (this.resentForAck && base <= this.resentTo);
    // Anew with each of them: on a slow link the answers to other copies are still ahead of this window's.
    this.doubtUntil = doubtful ? now + Math.max(echoMs, 2 * roundTripMs) : undefined;
    return !doubtful;
  }

  /** The same for one that acknowledges nothing new: a second one of a window says nothing more. */
  believesAgain(base: number, now: number, roundTripMs: number): boolean {
    if (this.restarted || !this.believes(base, now, roundTripMs)) return false;
    this.restarted = true;
    return true;
  }

  /** The time of doubt is over, and nothing has come: @returns true, once, when what is out is to be sent again now. */
  wasRight(now: number): boolean {
    if (this.doubtUntil === undefined || now < this.doubtUntil) return false;
    this.doubtUntil = undefined;
    this.believing = true;
    this.restarted = true;
    return true;
  }
}
