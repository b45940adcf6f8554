/** Packets that a fault profile holds back, in the order in which they are due. */

import type { Clock, Timer } from "./clock";

export class Late {
  private readonly waiting: { readonly at: number; readonly carry: () => void }[] = [];
  private timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  /** Calls back at `at`, after all that is due before; at once where it is undefined. */
  add(at: number | undefined, carry: () => void): void {
    if (at === undefined) {
      carry();
      return;
    }
    const behind = this.waiting.findIndex((each) => each.at > at);
    this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, { at, carry });
    this.arm();
  }

  close(): void {
    this.timer?.cancel();
    this.waiting.length = 0;
  }

  private arm(): void {
    this.timer?.cancel();
    const [first] = this.waiting;
    if (first === undefined) return;
    this.timer = this.clock.at(first.at, () => {
      // A timer of the system may ring a fraction of a millisecond early.
      const due = Math.max(first.at, this.clock.now());
      while ((this.waiting[0]?.at ?? Infinity) <= due) this.waiting.shift()?.carry();
      this.arm();
    });
  }
}
