/** Memory of peers that cannot be filled. */

/** Addresses that are remembered at a time; spoofed ones must not fill the memory. */
const rememberedAddresses = 4096;

/** A map that forgets what was set longest ago. */
export class Recent<Value> {
  private readonly map = new Map<string, Value>();

  /** @param most entries that it keeps. */
  constructor(private readonly most = rememberedAddresses) {}

  get size(): number {
    return this.map.size;
  }

  get(key: string): Value | undefined {
    return this.map.get(key);
  }

  /** @returns the value that was forgotten for it. */
  set(key: string, value: Value): Value | undefined {
    this.map.delete(key);
    this.map.set(key, value);
    if (this.map.size <= this.most) return undefined;
    for (const [oldest, forgotten] of this.map) {
      this.map.delete(oldest);
      return forgotten;
    }
    return undefined;
  }

  delete(key: string): void {
    this.map.delete(key);
  }

  clear(): void {
    this.map.clear();
  }

  values(): IterableIterator<Value> {
    return this.map.values();
  }
}
