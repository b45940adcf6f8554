/** The names in a served root, for who writes one: what the name policy keeps back is not proposed. */

import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { checkName, protectedRule } from "../../model/names";

/** More are no list to choose from. */
export const mostNames = 5000;

/** Files that may be served, those near the root first. Never throws. @param root absolute path. */
export async function servedNames(root: string, most = mostNames): Promise<string[]> {
  const names: string[] = [];
  const real = await realRoot(root);
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined && names.length < most; folder = folders.shift()) {
    // A folder that may not be read, or is gone since it was found, has no names to tell.
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (!mayBeServed(name)) continue;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isServed(real, join(root, name)))))
        names.push(name);
      if (names.length === most) break;
    }
  }
  return names;
}

function mayBeServed(name: string): boolean {
  const checked = checkName(name);
  return "path" in checked && checked.path === name && protectedRule(name) === undefined;
}

/** A served root without links on the way to it. */
export const realRoot = (root: string): Promise<string> => realpath(root).catch(() => root);

/** True for a path that stays in the served root, whatever links it follows. @param root as `realRoot` gives it. */
export async function isInside(root: string, path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  return real?.startsWith(root.endsWith(sep) ? root : root + sep) === true;
}

async function isServed(root: string, path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true && (await isInside(root, path));
}
