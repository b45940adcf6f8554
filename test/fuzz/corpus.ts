/**
 * The inputs that fuzzing begins with, in test/fixtures/fuzz: one in each line, as hex or as a string of JSON; `#`
 * begins a comment. One that failed is printed in this form, and stays there once it is mended.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { encodeText } from "../../src/protocol/bytes";

/** Nothing, and single bytes: whatever is read has to bear these. */
const least = [Uint8Array.of(), ...[0, 1, 10, 34, 123, 255].map((byte) => Uint8Array.of(byte))];

export function corpus(name: string): Uint8Array[] {
  const text = readFileSync(resolve("test/fixtures/fuzz", `${name}.txt`), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return [...least, ...lines.map((line) => bytesOf(line))];
}

function bytesOf(line: string): Uint8Array {
  return line.startsWith('"') ? encodeText(JSON.parse(line) as string) : Buffer.from(line, "hex");
}

/** An input as a line of the corpus. */
export const lineOf = (input: Uint8Array): string => Buffer.from(input).toString("hex");
