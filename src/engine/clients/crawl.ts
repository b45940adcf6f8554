/** When a transfer that still moves is given up all the same, over either protocol: a board would be long gone. */

import type { Clock } from "../clock";

/** A transfer that moves less than `crawlBytes` in this time stands still. */
export const stallMs = 30_000;
export const crawlBytes = 1024;

/** Looks at a transfer whenever it has moved. What does not move at all its own give-up time sees to. */
export class CrawlWatch {
  private since: number;
  private bytes = 0;

  constructor(private readonly clock: Clock) {
    this.since = clock.now();
  }

  /** @param bytes all that came until now. @returns true: it crawls. */
  crawls(bytes: number): boolean {
    const now = this.clock.now();
    if (now - this.since < stallMs) return false;
    const moved = bytes - this.bytes;
    this.since = now;
    this.bytes = bytes;
    return moved < crawlBytes;
  }

  /** Waits for our own side, which the server cannot help. */
  async excuse(work: Promise<void>): Promise<void> {
    const from = this.clock.now();
    await work;
    this.since += this.clock.now() - from;
  }
}
