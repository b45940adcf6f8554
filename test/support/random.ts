/** Seeded randomness: a failing seed is printed and can be replayed with SEED=n. */

import { seededRandom } from "../../src/model/faults/random";

export { seededRandom };

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
