/** Lines for a terminal, as a person pastes them. */

import type { Fix } from "../model/events";
import { isPrintable } from "../model/text";

/** A word of a POSIX shell: as it is where nothing in it is special, else between single quotes. */
export function posixWord(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Whether all of it can be seen: what does more than it shows is not to be pasted. */
export function isPastable({ what, line }: Fix): boolean {
  return isPrintable(what) && isPrintable(line);
}
