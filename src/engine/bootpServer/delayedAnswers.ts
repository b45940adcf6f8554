/** Answers that wait, for boards that do not hear one that comes at once (the quirk `answerDelayMs`). */

import type { Clock, Timer } from "../clock";

/** A flood of clients must not fill the memory: beyond so many, the next ones are answered at once. */
const most = 1024;

interface Waiting {
  send: () => void;
  readonly timer: Timer;
}

export class DelayedAnswers {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly clock: Clock) {}

  /**
   * Answers a client after `ms`. A board that asks again meanwhile gets the answer to what it asked last, and not
   * later for that: else one that asks every second would never get any.
   */
  send(client: string, ms: number, send: () => void): void {
    const earlier = this.waiting.get(client);
    if (earlier !== undefined) {
      earlier.send = send;
      return;
    }
    if (ms === 0 || this.waiting.size >= most) {
      send();
      return;
    }
    const timer = this.clock.at(this.clock.now() + ms, () => {
      this.waiting.delete(client);
      waiting.send();
    });
    const waiting: Waiting = { send, timer };
    this.waiting.set(client, waiting);
  }

  close(): void {
    for (const { timer } of this.waiting.values()) timer.cancel();
    this.waiting.clear();
  }
}
