/** Memory of peers that cannot be filled: what was set longest ago is forgotten. */

import type { Clock } from "./clock";

/** Addresses that are remembered at a time; spoofed ones must not fill the memory. */
const rememberedAddresses = 4096;

/** A map that forgets what was set longest ago. */
export class Recent<Value> {
  private readonly map = new Map<string, Value>();

  get size(): number {
    return this.map.size;
  }

  get(key: string): Value | undefined {
    return this.map.get(key);
  }

  set(key: string, value: Value): void {
    this.map.delete(key);
    this.map.set(key, value);
    if (this.map.size <= rememberedAddresses) return;
    for (const oldest of this.map.keys()) {
      this.map.delete(oldest);
      return;
    }
  }
}

/** Says yes at most once a second for each key: ERROR 5 and refusals must not be a weapon against a third. */
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
