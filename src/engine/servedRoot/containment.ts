/**
 * Where a path really leads. A name is resolved to a *place* that is held, judged, and only then opened, so
 * that nobody can exchange a folder for a link between the check and the opening (measured: realpath and then
 * open loses one race in four).
 */

import {
  closeSync,
  constants,
  fstatSync,
  open as openDescriptor,
  readlinkSync,
  type BigIntStats,
} from "node:fs";
import { lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { promisify } from "node:util";
import { farDisk, isNear, nearDisk, type OwnDisk } from "./disks";
import { Refusal } from "./refusal";

/** A file or folder that was found. Whoever gets one closes it. */
export interface Place {
  /** Absolute path without links, as the disk spells it. */
  readonly real: string;
  readonly stat: BigIntStats;
  /** A path for calls on this very file or folder, or on what is in it; on Linux it survives a renaming. */
  readonly location: string;
  /** Opens what was found, which has to be a regular file, for reading. */
  openFile(): Promise<OpenedPlace>;
  /** @throws Refusal when it is no longer where it was found. */
  confirm(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedPlace {
  readonly disk: OwnDisk;
  /** Of the very file that was opened. */
  readonly stat: BigIntStats;
}

/** Finds what an absolute path leads to. Opens no device, waits for no FIFO. */
export type Locate = (path: string) => Promise<Place>;

/** Absent on Windows, where neither FIFOs nor terminals stand in folders. */
const nonBlocking = (constants.O_NONBLOCK as number | undefined) ?? 0;
const noFollow = (constants.O_NOFOLLOW as number | undefined) ?? 0;

const forReading = constants.O_RDONLY | nonBlocking;

/** Linux `O_PATH`, open(2): a descriptor of the place alone. Node has no name for it. */
const pathOnly = 0o10000000;

const gone = (): Refusal =>
  new Refusal("changed", {
    code: "file.moved",
    message: "the file or its folder was moved meanwhile",
    remedy: "Try again.",
  });

/** How often a file may be replaced by rename while it is being found. */
const replacements = 8;

const openNumber = promisify(openDescriptor);

/**
 * Linux: the descriptor comes first and tells itself where it is (`/proc/self/fd`), and what is read later is
 * opened through it. There is no gap between check and use.
 *
 * Only the two openings may have to wait: for a disk, and the second one for a virus scanner (fanotify(7)). What is
 * asked of the descriptor between them the system knows by then: asked in place it takes 3 µs each, through the thread
 * pool it took 30 (the whole way 110 µs, and 250).
 */
export const locateByDescriptor: Locate = async (path) => {
  for (let attempt = 0; attempt < replacements; attempt += 1) {
    const place = await placeOf(await openNumber(path, pathOnly));
    if (place !== undefined) return place;
  }
  throw gone();
};

/** Undefined, and closed: a build replaced the file just now; its successor has the name. */
async function placeOf(descriptor: number): Promise<Place | undefined> {
  const location = `/proc/self/fd/${descriptor}`;
  let held = true;
  const release = (): void => {
    // A second time it would be somebody else's.
    if (held) closeSync(descriptor);
    held = false;
  };
  try {
    const real = readlinkSync(location);
    const found = fstatSync(descriptor, { bigint: true });
    if (real.endsWith(" (deleted)") && !(await isThere(real, found))) {
      release();
      return undefined;
    }
    return {
      real,
      stat: found,
      location,
      openFile: async () => ({
        disk: (await isNear(found.dev, location))
          ? nearDisk(await openNumber(location, forReading), found.size)
          : farDisk(await open(location, forReading)),
        stat: found,
      }),
      async confirm() {
        if ((await readlink(location)) !== real) throw gone();
      },
      close: () => {
        release();
        return Promise.resolve();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** A file may be called so. The count of its names tells nothing: a replaced one may be kept under another. */
async function isThere(path: string, { dev, ino }: BigIntStats): Promise<boolean> {
  const there = await lstat(path, { bigint: true }).catch(() => undefined);
  return there?.dev === dev && there.ino === ino;
}

/**
 * macOS and Windows: Node cannot ask a descriptor where it is, so the path is resolved before and after. A
 * process of the same user can still win that race; a peer cannot, since no protocol verb here makes links.
 */
export const locateByPath: Locate = async (path) => {
  const real = await realpath(path);
  const found = await stat(real, { bigint: true });
  const stillThere = async (now: BigIntStats): Promise<void> => {
    if ((await realpath(path)) !== real || now.ino !== found.ino || now.dev !== found.dev) throw gone();
  };
  return {
    real,
    stat: found,
    location: real,
    async openFile() {
      const handle = await open(real, forReading | noFollow);
      try {
        const opened = await handle.stat({ bigint: true });
        await stillThere(opened);
        return { disk: farDisk(handle), stat: opened };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    async confirm() {
      const now = await stat(real, { bigint: true }).catch(() => {
        throw gone();
      });
      await stillThere(now);
    },
    close: () => Promise.resolve(),
  };
};

/** The best way that this system has. */
export async function locateHere(): Promise<Locate> {
  if (process.platform !== "linux") return locateByPath;
  try {
    await stat("/proc/self/fd");
    return locateByDescriptor;
  } catch {
    // A container without /proc.
    return locateByPath;
  }
}

/** The path of `real` below the folder `base`, with `/`; "" is the folder itself; undefined: it is outside. */
export function pathBelow(base: string, real: string): string | undefined {
  // Linux writes "(unreachable)/…" for what no path of this process leads to.
  if (!isAbsolute(real)) return undefined;
  const below = relative(base, real);
  // On Windows the way to another drive is absolute.
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) return undefined;
  return below.split(sep).join("/");
}
