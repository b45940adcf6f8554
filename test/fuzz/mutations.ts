/** Inputs that nobody wrote: what is known to be an input, changed here and there. All of it depends on the seed alone. */

import { encodeText } from "../../src/protocol/bytes";

/** Numbers in [0, 1). */
export type Random = () => number;

/** No input is longer: a datagram of a board, a command line, the first pages of a file. */
const longest = 4096;

/** Where lengths, counters and texts end. */
const edges = [
  0, 1, 2, 3, 7, 8, 9, 10, 13, 31, 32, 34, 46, 47, 58, 63, 64, 92, 126, 127, 128, 192, 236, 254, 255,
];
const numbers = [
  "0",
  "-1",
  "1e9",
  "00",
  "65535",
  "65536",
  "4294967296",
  "99999999999999999999",
  "0x10",
  "1.5",
];

export const upTo = (random: Random, most: number): number => Math.floor(random() * most);

export function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[upTo(random, values.length)];
  if (value === undefined) throw new Error("nothing to choose from");
  return value;
}

type Mutation = (
  bytes: Uint8Array,
  random: Random,
  other: Uint8Array,
  words: readonly string[],
) => Uint8Array;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Puts `piece` between two bytes, or over those that stand there. */
function placed(bytes: Uint8Array, piece: Uint8Array, random: Random): Uint8Array {
  const at = upTo(random, bytes.length + 1);
  return joined(bytes.subarray(0, at), piece, bytes.subarray(random() < 0.5 ? at : at + piece.length));
}

function part(bytes: Uint8Array, random: Random): Uint8Array {
  const from = upTo(random, bytes.length);
  return bytes.subarray(from, from + 1 + upTo(random, Math.min(bytes.length - from, 64)));
}

const changed = (bytes: Uint8Array, random: Random, value: (byte: number) => number): Uint8Array => {
  const copy = bytes.slice();
  const at = upTo(random, copy.length);
  if (copy.length > 0) copy[at] = value(copy[at] ?? 0);
  return copy;
};

const mutations: readonly Mutation[] = [
  (bytes, random) => changed(bytes, random, () => upTo(random, 256)),
  (bytes, random) => changed(bytes, random, () => oneOf(random, edges)),
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << upTo(random, 8))),
  (bytes, random) => changed(bytes, random, (byte) => byte + (random() < 0.5 ? 1 : -1)),
  (bytes, random) => bytes.subarray(0, upTo(random, bytes.length + 1)),
  (bytes, random) => {
    const from = upTo(random, bytes.length);
    return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + upTo(random, 32)));
  },
  (bytes, random) => placed(bytes, part(bytes, random), random),
  (bytes, random, other) => placed(bytes, part(other, random), random),
  (bytes, random, other) =>
    joined(bytes.subarray(0, upTo(random, bytes.length)), other.subarray(upTo(random, other.length))),
  (bytes, random, _, words) => placed(bytes, encodeText(oneOf(random, words)), random),
  (bytes, random, _, words) => placed(bytes, encodeText(oneOf(random, words)), random),
  (bytes, random) => placed(bytes, encodeText(oneOf(random, numbers)), random),
  (bytes, random) => {
    const piece = part(bytes, random);
    return placed(bytes, joined(...Array<Uint8Array>(2 + upTo(random, 60)).fill(piece)), random);
  },
];

/** An input that was one of `inputs`, after one to six changes. @param words pieces of the language, at least one. */
export function mutated(inputs: readonly Uint8Array[], words: readonly string[], random: Random): Uint8Array {
  let bytes = oneOf(random, inputs);
  for (let left = 1 + upTo(random, 6); left > 0; left -= 1) {
    bytes = oneOf(random, mutations)(bytes, random, oneOf(random, inputs), words).subarray(0, longest);
  }
  return bytes;
}

const values = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  " ",
  "__proto__",
  "a".repeat(300),
  [],
  {},
  [[]],
  { a: null },
];

/** The same of a value of JSON: another one here and there, a member more, less, or twice. */
export function mutatedJson(value: unknown, random: Random): unknown {
  if (random() < 0.06) return oneOf(random, values);
  if (Array.isArray(value)) {
    const items = value.map((item) => mutatedJson(item, random));
    if (random() < 0.1 && items.length > 0) items.push(oneOf(random, items));
    if (random() < 0.1) items.splice(upTo(random, items.length), 1);
    return items;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(() => random() > 0.04)
      .map(([key, member]) => [
        random() < 0.03 ? oneOf(random, ["", "__proto__", `${key}x`]) : key,
        mutatedJson(member, random),
      ]);
    return Object.fromEntries(entries) as unknown;
  }
  return value;
}
