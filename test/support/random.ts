/** Seeded randomness: a failing seed is printed and can be replayed with SEED=n. */

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The seeds of a run: the one in SEED, or `count` of them. */
export function seeds(count: number): number[] {
  const wanted = process.env["SEED"];
  return wanted === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(wanted)];
}

/** `length` bytes that depend on the seed alone. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
