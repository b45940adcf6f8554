/** Runs one pure machine on one clock: sends what a step says, and wakes the machine when it asked for it. */

import type { Step } from "../protocol/machine";
import type { Clock, Timer } from "./clock";

export class Driver<Outcome> {
  private timer: Timer | undefined;
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
    this.timer?.cancel();
    this.timer = undefined;
    for (const packet of step.send) this.send(packet);
    if (step.done !== undefined) {
      this.ended = true;
      this.finish(step.done);
      return;
    }
    if (step.wakeAt !== undefined) {
      this.timer = this.clock.at(step.wakeAt, () => {
        this.apply(this.timeout(this.clock.now()));
      });
    }
  }

  /** Stops without an outcome: no packet and no call back comes after this. */
  close(): void {
    this.ended = true;
    this.timer?.cancel();
  }
}
