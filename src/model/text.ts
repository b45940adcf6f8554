/** Text for people: one way to show what a peer chose, and one way to write sizes and times. */

/** Everything that can steer a terminal or turn a line around: C0, DEL, C1, line separators, bidi, BOM, lone surrogates. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const longest = 200;

/** True when every sink may show the text as it is, but for its length. */
export function isPrintable(text: string): boolean {
  return text.search(unprintable) < 0;
}

/** A peer's text as every sink shows it: control characters as `\xNN` or `\u{NNNN}`, at most 200 characters. */
export function printable(text: string): string {
  const escaped = text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
  return escaped.length > longest ? `${escaped.slice(0, longest - 1)}…` : escaped;
}

/** A value as one line of JSON that steers no terminal either: what `printable` escapes is written `\uNNNN`, which means the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
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

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
