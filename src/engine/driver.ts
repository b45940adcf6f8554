/** Runs one pure machine on one clock: sends what a step says, and wakes the machine when it asked for it. */

import type { Step } from "../protocol/machine";
import type { Clock, Timer } from "./clock";

export class Driver<Outcome> {
  private timer: Timer | undefined;
  /** When the timer rings; Infinity: there is none. */
  private ringsAt = Infinity;
  /** When the machine wants to be woken. */
  private wakeAt: number | undefined;
  private ended = false;

  /**
   * @param send carries one packet to the peer; it must not throw.
   * @param timeout the machine's own `timeout(now)`.
   * @param finish is called once, with the machine's outcome.
   */
  constructor(
    private readonly clock: Clock,
    private readonly send: (packet: Uint8Array) => void,
    private readonly timeout: (now: number) => Step<Outcome>,
    private readonly finish: (outcome: Outcome) => void,
  ) {}

  /** Does what the step says. Ignored after the end. */
  apply(step: Step<Outcome>): void {
    if (this.ended) return;
    for (const packet of step.send) this.send(packet);
    if (step.done !== undefined) {
      this.close();
      this.finish(step.done);
      return;
    }
    this.wakeAt = step.wakeAt;
    this.arm();
  }

  /** Stops without an outcome: no packet and no call back comes after this. */
  close(): void {
    this.ended = true;
    this.timer?.cancel();
  }

  /**
   * A timer that rings too early stays, and is set anew when it rings: each packet puts the wake-up off, and setting a
   * timer for each costs a tenth of the CPU time of a lock-step transfer.
   */
  private arm(): void {
    const { wakeAt } = this;
    if (wakeAt === undefined || wakeAt >= this.ringsAt) return;
    this.timer?.cancel();
    this.ringsAt = wakeAt;
    this.timer = this.clock.at(wakeAt, this.ring);
  }

  private readonly ring = (): void => {
    this.ringsAt = Infinity;
    const now = this.clock.now();
    if (this.wakeAt !== undefined && this.wakeAt <= now) this.apply(this.timeout(now));
    else this.arm();
  };
}
