/** A clock that stands still until a test moves it. */

import type { Clock, Timer } from "../../src/engine/clock";

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  private time = 1_000;
  private order = 0;
  private readonly alarms = new Set<Alarm>();
  private readonly soonest: (() => void)[] = [];
  /** Wall time at monotonic 0: 2026-01-01T00:00:00Z. */
  wallOffset = Date.UTC(2026, 0, 1);

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.wallOffset + this.time;
  }

  at(at: number, callback: () => void): Timer {
    const alarm = { at, order: this.order++, callback };
    this.alarms.add(alarm);
    return { cancel: () => this.alarms.delete(alarm) };
  }

  soon(callback: () => void): void {
    this.soonest.push(callback);
  }

  /** Lets the event loop turn once. @returns the number of callbacks that wanted it. */
  turn(): number {
    const now = this.soonest.splice(0);
    for (const callback of now) callback();
    return now.length;
  }

  /** When the next timer rings; undefined: none is set. */
  next(): number | undefined {
    return this.earliest()?.at;
  }

  /** Moves to `now() + ms`, ringing every timer on the way in order. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (let alarm = this.earliest(); alarm !== undefined && alarm.at <= until; alarm = this.earliest()) {
      this.alarms.delete(alarm);
      this.time = Math.max(this.time, alarm.at);
      alarm.callback();
    }
    this.time = until;
  }

  private earliest(): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (
        first === undefined ||
        alarm.at < first.at ||
        (alarm.at === first.at && alarm.order < first.order)
      ) {
        first = alarm;
      }
    }
    return first;
  }
}
