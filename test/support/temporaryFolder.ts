/** A folder of real files for one test, away from the user's own. */

import { mkdtemp, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TemporaryFolder {
  /** Absolute and real: no link on the way to it. */
  readonly path: string;
  /** Absolute path of a file in it, named with `/`. */
  at(name: string): string;
  /** Writes a file and the folders above it; returns its absolute path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Takes the folder and everything in it away; links are not followed. Twice does no harm. */
  remove(): Promise<void>;
}

/**
 * @param files by name with `/`; a name that ends in `/` is an empty folder.
 * @param parent an absolute path; absent: the system's folder for temporary files.
 */
export async function temporaryFolder(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  parent = tmpdir(),
): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(parent, "boot-servers-")));
  const folder: TemporaryFolder = {
    path,
    at: (name) => join(path, name),
    async write(name, content) {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith("/")) await mkdir(join(path, name), { recursive: true });
    else await folder.write(name, content);
  }
  return folder;
}
