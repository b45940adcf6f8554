/** Files and folders that get other paths, and what that makes of the names below a root. */

import { isAbsolute, relative, resolve, sep } from "node:path";

/** Absolute paths; a folder moves with all that is in it. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Where a path is after the moves. */
export function moved(moves: readonly Move[], path: string): string {
  for (const { from, to } of moves) {
    if (path === from) return to;
    if (path.startsWith(from + sep)) return to + path.slice(from.length);
  }
  return path;
}

/** The name of a path below another one, with `/`; empty: it is that one; undefined: it lies elsewhere. */
export function nameBelow(root: string, path: string): string | undefined {
  const way = relative(root, path);
  const name = way.split(sep).join("/");
  // From one drive of Windows to another there is no way but the whole path.
  return name === ".." || name.startsWith("../") || isAbsolute(way) ? undefined : name;
}

/** The new name of a file below a root, which may move itself; undefined: it stays, or it leaves the root. */
export function renamedBelow(moves: readonly Move[], root: string, name: string): string | undefined {
  const now = nameBelow(moved(moves, root), moved(moves, resolve(root, name)));
  return now === name || now === "" ? undefined : now;
}
