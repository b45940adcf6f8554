/** A line of a manifest by its parts: what stands between its colons. */

import type { Place } from "./places";

/** A piece of a line without the blanks around it, and the column at which it begins. */
export interface Part {
  readonly text: string;
  /** 1-based. */
  readonly column: number;
}

/** The parts of a line, in their order. */
export function partsOf(line: string): Part[] {
  let column = 1;
  return line.split(":").map((raw) => {
    const text = raw.trim();
    const part = { text, column: column + (text === "" ? 0 : raw.indexOf(text)) };
    column += raw.length + 1;
    return part;
  });
}

/** Where a part stands. */
export function placeOf({ text, column }: Part, file: string, line: number): Place {
  return { file, line, column, end: { line, column: column + text.length } };
}

/** What a part behind the file's name is about: `sha256` of `SHA256 = 12ab…`. */
export const keyOf = ({ text }: Part): string => (text.split("=")[0] ?? "").trim().toLowerCase();
