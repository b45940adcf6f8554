/** Seeded randomness: a failing seed is printed and can be replayed with SEED=n. */

import { seededRandom } from "../../src/model/faults/random";

export { seededRandom };

const wanted = process.env["SEED"];

/** The seed of a run: the one in SEED, or this one. */
export const seedOr = (seed: number): number => (wanted === undefined ? seed : Number(wanted));

/** The seeds of a run: the one in SEED, or `count` of them. */
export const seeds = (count: number): number[] =>
  wanted === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(wanted)];

/** `length` bytes that depend on the seed alone. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
