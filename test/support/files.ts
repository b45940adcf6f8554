/** Files whose bytes tell where they come from, and the comparison of what arrived. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Around every edge of a block: nothing, one byte, 512 (RFC 1350 §2), the largest blksize (RFC 2348), many blocks. */
export const sizes = [0, 1, 511, 512, 513, 1023, 65464, 2 ** 20] as const;

/** At 512 bytes a block more blocks than 16 bits can number: block 65535 is followed by block 0. */
export const rolloverSize = 40 * 2 ** 20;

export const nameOfSize = (size: number): string => `size-${size}.bin`;

/** `length` bytes in which no four, at an offset that four divides, come twice: a block at a wrong place is seen. */
export function unlikeBytes(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  // An odd factor permutes the 32-bit numbers.
  for (let index = 0; index < words.length; index += 1) words[index] = Math.imul(index, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

/** One file for each of `sizes`, by name. */
export const filesOfAllSizes = (): Record<string, Uint8Array> =>
  Object.fromEntries(sizes.map((size) => [nameOfSize(size), unlikeBytes(size)]));

/** Lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Fails unless the file holds exactly these bytes. */
export async function assertFile(path: string, expected: Uint8Array): Promise<void> {
  const got = await readFile(path);
  const same = got.equals(expected);
  const difference = same ? -1 : expected.findIndex((byte, index) => byte !== got[index]);
  assert.ok(
    same,
    `${path}: ${got.length} bytes, expected ${expected.length}, first difference at ${difference}`,
  );
}
