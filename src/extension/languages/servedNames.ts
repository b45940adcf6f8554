/** The names in a served root, for who writes one: what the name policy keeps back is not proposed. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkName, protectedRule } from "../../model/names";

/** More are no list to choose from. */
export const mostNames = 5000;

/** Files that may be served, those near the root first. Never throws. @param root absolute path. */
export async function servedNames(root: string, most = mostNames): Promise<string[]> {
  const names: string[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined && names.length < most; folder = folders.shift()) {
    // A folder that may not be read, or is gone since it was found, has no names to tell.
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (!mayBeServed(name)) continue;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, name)))))
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

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
