/**
 * A file that the door has opened, in a thread of the same process: it is read by the number of its descriptor, which
 * whoever opened it keeps open meanwhile. A thread opens nothing itself.
 */

import { fstat, fstatSync, read, readSync, type BigIntStats } from "node:fs";
import { promisify } from "node:util";
import type { FileBytes, LentFile } from "./contract";
import type { KnownFiles } from "./knownFiles";
import { watchedBytes, type OpenDisk } from "./watchedBytes";

const stat: (descriptor: number, options: { bigint: true }) => Promise<BigIntStats> = promisify(fstat);

const pooledDisk = (descriptor: number): OpenDisk => ({
  read: (buffer, position) =>
    new Promise((resolve, reject) => {
      read(descriptor, buffer, 0, buffer.length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    }),
  stat: () => stat(descriptor, { bigint: true }),
});

/** For a thread that has nothing else to do. CPU seconds a GB, sums included: 0.73, and 0.85 by the thread pool. */
export const blockingDisk = (descriptor: number): OpenDisk => ({
  read: (buffer, position) => Promise.resolve(readSync(descriptor, buffer, 0, buffer.length, position)),
  stat: () => Promise.resolve(fstatSync(descriptor, { bigint: true })),
});

export function lentFile(
  { descriptor, opened, path, sums }: LentFile,
  knownFiles: KnownFiles,
  diskOf = pooledDisk,
): FileBytes {
  const known = knownFiles(opened);
  known.sums.learn(sums);
  return watchedBytes(diskOf(descriptor), opened, path, known);
}
