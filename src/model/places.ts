/** Where a character of a text file stands, as an editor counts, and what every text file must be: UTF-8. */

import type { Trouble } from "./events";
import type { Problem, QuickFix } from "./plan";

export interface Place {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units as an editor counts them. */
  readonly column: number;
  /** Behind the last character that it is about; absent: as far as a word goes. */
  readonly end?: { readonly line: number; readonly column: number };
}

/** A value and where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly at: Place;
}

/** The place of any offset of `text`, and of `length` units from there. Lines end with LF, CRLF or CR. */
export function placesOf(text: string, file: string): (offset: number, length?: number) => Place {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)];
  const at = (offset: number): { line: number; column: number } => {
    let line = 0;
    for (let high = starts.length; high - line > 1;) {
      const middle = (line + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) line = middle;
      else high = middle;
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
  return (offset, length) => ({
    file,
    ...at(offset),
    ...(length !== undefined && { end: at(offset + length) }),
  });
}

/** One problem at a place. */
export function problemAt(
  severity: Problem["severity"],
  at: Place,
  message: string,
  fix?: QuickFix,
): Problem {
  return { severity, ...at, message, ...(fix && { fix }) };
}

/** The fix that writes `text` in place of what stands at `at`. */
export function replaceFix(at: Place, text: string, title: string): QuickFix {
  return { title, edits: [{ at, text }] };
}

/** In the order in which a person reads them: file by file, from the top. */
export function inReadingOrder<T extends Problem>(problems: readonly T[]): T[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  return [...problems].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

/** A refusal as part of a problem's sentence: what is wrong; what to do. */
export function refusalSentence({ message, remedy = "" }: Trouble): string {
  const advice = remedy.replace(/\.$/, "");
  return advice === "" ? message : `${message}; ${advice.slice(0, 1).toLowerCase()}${advice.slice(1)}`;
}

/** The text without the byte order mark that Windows' editors write. */
export function withoutBom(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/**
 * The lines of a text, and whether there are more than `most`. What follows is not split: a million line breaks
 * cost no more than `most` of them.
 */
export function linesOf(text: string, most: number): { lines: string[]; more: boolean } {
  const lines = text.split(/\r\n|\n|\r/, most + 2);
  // The empty piece behind the last line break is no line.
  if (lines.length === most + 1 && lines[most] === "") lines.pop();
  return { lines: lines.slice(0, most), more: lines.length > most };
}

/** True for UTF-16 that was decoded as UTF-8: every second character of its ASCII is NUL. */
export function isUtf16(text: string): boolean {
  return /^\ufeff?(?:\ufffd{2})?(?:[^\0]\0|\0[^\0])/.test(text);
}

/** The first place at which a text is none, or undefined. Bytes that are not UTF-8 were decoded as U+FFFD. */
export function encodingProblem(text: string, file: string): Problem | undefined {
  if (isUtf16(text))
    return problemAt("error", { file, line: 1, column: 1 }, "the file is UTF-16; save it as UTF-8");
  const broken = text.indexOf("\ufffd");
  if (broken < 0) return undefined;
  return problemAt("error", placesOf(text, file)(broken), "this is not UTF-8; save the file as UTF-8");
}
