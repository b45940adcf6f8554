/** Says yes at most once a second for each key: ERROR 5 and refusals must not be a weapon against a third. */

import { Recent } from "../protocol/recent";
import type { Clock } from "./clock";

export class OncePerSecond {
  private readonly saidAt = new Recent<number>();

  constructor(private readonly clock: Clock) {}

  allows(key: string): boolean {
    const now = this.clock.now();
    const last = this.saidAt.get(key);
    if (last !== undefined && now - last < 1000) return false;
    this.saidAt.set(key, now);
    return true;
  }
}
