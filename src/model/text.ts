/** Text for people: one way to show what a peer chose, and one way to write sizes and times. */

/**
 * What can steer a terminal, turn a line around, or is not seen at all: controls, bidi and format characters, BOM,
 * line separators, lone surrogates, tags. An emoji that is joined of several shows how.
 * And what a CI runner takes for a command of its own in a log: `##vso[…]` (Azure Pipelines), `##teamcity[…]` and
 * `##[…]` (GitHub) anywhere, `::name …::` (GitHub) at the begin of a line.
 */
const unprintable =
  /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u{e0000}-\u{e007f}]|#(?=#\w*\[)|(?<=^\s*):(?=:[A-Za-z-]+(?:\s.*)?::)/gu;

/** Of those, what no name may hold (security §2.3): joiners and soft hyphens are spelling in some scripts. */
const control = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

/** Of what a peer chose. */
const longest = 200;
/** Of what we say of it: what happened, what it was told, and what to do. */
const longestSentences = 1000;

/** True when every sink may show the text as it is, but for its length. */
export function isPrintable(text: string): boolean {
  return text.search(unprintable) < 0;
}

/** True when a character of the text controls something: a terminal, a line, the direction of reading. */
export function holdsControl(text: string): boolean {
  return control.test(text);
}

/** A sentence of ours with what others chose in it: what cannot be seen as `\xNN` or `\u{NNNN}`, and nothing cut off. */
export function visible(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** A peer's text as every sink shows it: what cannot be seen as `\xNN` or `\u{NNNN}`, at most 200 characters. */
export const printable = (text: string): string => cut(text, longest);

/** Sentences of ours as every sink shows them: what peers chose in them may not have been escaped. */
export const printableSentences = (text: string): string => cut(text, longestSentences);

function cut(text: string, most: number): string {
  // What is cut off need not be escaped: a character never gets shorter by it.
  const escaped = visible(text.slice(0, most + 1));
  // A pair of surrogates is cut off whole.
  return escaped.length > most ? `${escaped.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : escaped;
}

/** A value as one line of JSON that steers no terminal either: what `printable` escapes is written `\uNNNN`, which means the same. */
export function printableJson(value: unknown): string {
  return visibleInJson(JSON.stringify(value));
}

/** A part of a JSON text that is no layout: what cannot be seen as `\uNNNN`. */
export function visibleInJson(json: string): string {
  return json.replace(unprintable, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `0 B`, `1023 B`, `1.5 MiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** With the exact number, where the unit hides it: `77 B`, `1.5 KiB (1536 bytes)`. */
export const exactSize = (bytes: number): string =>
  bytes < 1024 ? formatSize(bytes) : `${formatSize(bytes)} (${bytes} bytes)`;

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Any thrown value as a sentence. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
