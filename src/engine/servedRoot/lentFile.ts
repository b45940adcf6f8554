/**
 * A file that the door has opened, in a thread of the same process: it is read by the number of its descriptor, which
 * whoever opened it keeps open meanwhile. A thread opens nothing itself.
 */

import type { FileBytes, LentFile } from "./contract";
import { pooledDisk } from "./disks";
import type { KnownFiles } from "./knownFiles";
import { watchedBytes } from "./watchedBytes";

export function lentFile(
  { descriptor, opened, path, sums }: LentFile,
  knownFiles: KnownFiles,
  diskOf = pooledDisk,
): FileBytes {
  const known = knownFiles(opened);
  known.sums.learn(sums);
  return watchedBytes(diskOf(descriptor), opened, path, known);
}
