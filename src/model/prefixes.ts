/** Leading folders that boards ask for and that are not there (`stripPrefix` of a plan). */

import { normalizeName } from "./names";

/** What a placeholder stands for: the numbers of a board that nobody wants to list. */
export const placeholders: Readonly<Record<string, string>> = {
  // Of a Raspberry Pi: the last eight digits of its serial number.
  "<serial>": "[0-9a-f]{8}",
  "<mac>": "[0-9a-f]{2}(-?[0-9a-f]{2}){5}",
};

/** A name in two: the leading folder, and the name without it. */
export interface Stripped {
  readonly folder: string;
  readonly rest: string;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function patternOf(prefix: string): RegExp {
  const parts = normalizeName(prefix)
    .split(/(<[a-z]+>)/)
    .map((part) => placeholders[part] ?? escaped(part));
  return new RegExp(`^(${parts.join("")})(?:/|$)`, "i");
}

/** What a name is without each of the prefixes that it begins with, in their order. In any case of letters. */
export function withoutPrefixes(requested: string, prefixes: readonly string[]): Stripped[] {
  const name = normalizeName(requested);
  return prefixes.flatMap((prefix) => {
    const folder = patternOf(prefix).exec(name)?.[1];
    return folder === undefined ? [] : [{ folder, rest: name.slice(folder.length + 1) }];
  });
}
