/** The bytes of a file that the door has opened, read as long as they are what they were then. */

import { lstat } from "node:fs/promises";
import type { FileBytes, FileState } from "./contract";
import type { OpenDisk } from "./disks";
import type { KnownFile } from "./knownFiles";
import { fileChanged, refusalFrom } from "./refusal";

export const stateOf = ({ dev, ino, size, nlink, mtimeNs, ctimeNs }: FileState): FileState => ({
  ...{ dev, ino, size, nlink, mtimeNs, ctimeNs },
});

/** @param path where the file was found. */
export function watchedBytes(disk: OpenDisk, opened: FileState, path: string, known: KnownFile): FileBytes {
  const isUnchanged = watchBytes(opened, path);
  return {
    size: Number(opened.size),
    ...known,
    async read(buffer, position) {
      try {
        return await disk.read(buffer, position);
      } catch (error) {
        throw refusalFrom(error);
      }
    },
    // The file stays open while its name may go to another one: only what was opened can change under us.
    async assertUnchanged() {
      try {
        if (await isUnchanged(await disk.stat())) return;
      } catch (error) {
        throw refusalFrom(error);
      }
      throw fileChanged();
    },
  };
}

/**
 * Tells of an open file whether its bytes are what they were. Size and mtime are not enough: who writes in place can
 * set both back (`rsync --inplace -t`), but nobody can set back the ctime. That one also moves when the file gets or
 * loses a name, by which no byte changes: then the number of its names is another one, or its name leads no longer,
 * or again, to it. What else moves the ctime, chmod too, counts as a change: bytes are never mixed (DESIGN §2.1).
 * @param path where the file was found.
 */
function watchBytes(opened: FileState, path: string): (now: FileState) => Promise<boolean> {
  let known = { ctimeNs: opened.ctimeNs, nlink: opened.nlink, named: true };
  return async (now) => {
    if (now.size !== opened.size || now.mtimeNs !== opened.mtimeNs) return false;
    if (now.ctimeNs === known.ctimeNs) return true;
    const there = await lstat(path, { bigint: true }).catch(() => undefined);
    const named = there?.ino === now.ino && there.dev === now.dev;
    if (now.nlink === known.nlink && named === known.named) return false;
    known = { ctimeNs: now.ctimeNs, nlink: now.nlink, named };
    return true;
  };
}
