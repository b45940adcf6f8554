/** Text in VS Code's own places: what a peer chose must not become an icon, a link or a second line there. */

import type { Problem } from "../model/plan";
import { printable, visible } from "../model/text";

/** A peer's text where VS Code shows plain text: tree rows, tooltips that are strings, the log. */
export const quoted = printable;

/** A text of any length as a terminal may show it: nothing in it steers one. */
export const escaped = visible;

/**
 * A peer's text where VS Code reads `$(icon)` and `[text](link)` out of strings: notifications, quick picks, the
 * status bar. A zero-width space takes the meaning, and nobody sees it.
 */
export function unadorned(text: string): string {
  return escaped(text).replace(/\$\(/g, "$\u200b(").replace(/\]\(/g, "]\u200b(");
}

/** A text where it is read as Markdown: nothing in it makes a link, an image, a heading or a column. */
export function inMarkdown(text: string): string {
  return escaped(text).replace(/[\\`*_{}[\]<>|#~!&]/g, "\\$&");
}

/** A sentence of ours, which begins in the middle of a line elsewhere, at the begin of one. */
export function capitalized(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

/** `a`, `a and b`, `a, b and c`. */
export function formatList(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** `1 transfer`, `2 transfers`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `14:03:07`, as the clock on the wall has it. */
export const clockOf = (time: Date): string =>
  [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");

/** `2026-01-02`, as the calendar on the wall has it. */
export const dayOf = (time: Date): string =>
  `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;

/** How far: `80 %`; undefined where the size is not known. An empty file is done. */
export function percent(bytes: number, size: number | undefined): string | undefined {
  if (size === undefined) return undefined;
  return `${size === 0 ? 100 : Math.floor((100 * bytes) / size)} %`;
}

/** The first problem of a plan, and how many more there are. */
export function describeProblems([first, ...more]: readonly Problem[]): string {
  const { file = "", line = 0, message = "" } = first ?? {};
  const rest = more.length === 0 ? "" : ` (and ${count(more.length, "more problem")})`;
  return `${file}, line ${line}: ${message}${rest}.`;
}
