/**
 * How a file that the door has opened is read, looked at and closed. What may have to wait for a disk is left to the
 * thread pool; what the system knows by itself is asked in place, which costs a tenth of a turn of the pool.
 */

import { close, closeSync, fstat, fstatSync, read, readSync, type BigIntStats } from "node:fs";
import { statfs, type FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { systemClock } from "../clock";
import type { FileState } from "./contract";
import { refusalFrom } from "./refusal";

/** Reads and looks at an open file, by whatever holds it. */
export interface OpenDisk {
  read(buffer: Uint8Array, position: number): Promise<number>;
  stat(): FileState | Promise<FileState>;
}

/** One that belongs to who opened the file. */
export interface OwnDisk extends OpenDisk {
  /** The number by which a thread of this process may read it as well. */
  readonly descriptor: number;
  /** After the reads that run. A second time it does nothing. */
  close(): Promise<void>;
}

const closeInPool = promisify(close);
const stat: (descriptor: number, options: { bigint: true }) => Promise<BigIntStats> = promisify(fstat);

export const pooledDisk = (descriptor: number): OpenDisk => ({
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
  stat: () => fstatSync(descriptor, { bigint: true }),
});

/** A disk that may be far away: nothing is asked of it in place. */
export const farDisk = (handle: FileHandle): OwnDisk => ({
  get descriptor() {
    return handle.fd;
  },
  read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
  stat: () => handle.stat({ bigint: true }),
  close: () => handle.close(),
});

/**
 * The closing of a file that was replaced meanwhile frees its memory, and holds up all boards for so long: 64 MiB for 5 to
 * 10 ms. So much is closed in place.
 */
const closedInPlace = 1024n * 1024n;

/** A disk of this machine (`isNear`): only reading may have to wait for it. @param size of the file, as it was opened. */
export function nearDisk(descriptor: number, size: bigint): OwnDisk {
  const disk = pooledDisk(descriptor);
  const reads = new Set<Promise<number>>();
  let closed: Promise<void> | undefined;
  // The number may be another file's by then: it is refused as one that is nobody's.
  const assertOpen = (): void => {
    if (closed !== undefined) throw refusalFrom({ code: "EBADF" });
  };
  return {
    get descriptor() {
      assertOpen();
      return descriptor;
    },
    async read(buffer, position) {
      assertOpen();
      const reading = disk.read(buffer, position);
      reads.add(reading);
      try {
        return await reading;
      } finally {
        reads.delete(reading);
      }
    },
    stat() {
      assertOpen();
      return fstatSync(descriptor, { bigint: true });
    },
    close: () =>
      (closed ??= Promise.allSettled(reads).then(async () => {
        if (size <= closedInPlace) closeSync(descriptor);
        else await closeInPool(descriptor);
      })),
  };
}

/** Of statfs(2): file systems on this machine's own disks, in its memory, or, the last one, of a container. */
const nearTypes: Readonly<Record<number, string>> = {
  0xef53: "ext2 to ext4",
  0x58465342: "XFS",
  0x9123683e: "Btrfs",
  0xf2f52010: "F2FS",
  0x2fc12fc1: "ZFS",
  0x01021994: "tmpfs",
  // A lower layer of it may be on a network disk: were that gone, asking in place would hold up all boards. But layers hold
  // what a container was made of, as a rule this program too, which would stand still by itself; what a container is given
  // (volumes, binds) has its own type. Called far, every file of a dev container would cost its turns of the pool.
  0x794c7630: "overlayfs",
};

/** Whoever mounts next may get the number of what was taken away. */
const knownForMs = 60_000;

/** By the numbers of their devices. */
const known = new Map<bigint, { readonly near: boolean; readonly until: number }>();

/** Whether a place is on a disk of this machine, which has all but the bytes of an open file in memory. */
export async function isNear(device: bigint, location: string): Promise<boolean> {
  const now = systemClock.now();
  const told = known.get(device);
  if (told !== undefined && now < told.until) return told.near;
  try {
    const near = (await statfs(location)).type in nearTypes;
    known.set(device, { near, until: now + knownForMs });
    return near;
  } catch {
    return false;
  }
}
