/**
 * Where a path really leads. A name is resolved to a *place* that is held, judged, and only then opened, so
 * that nobody can exchange a folder for a link between the check and the opening (measured: realpath and then
 * open loses one race in four).
 */

import { constants, type BigIntStats } from "node:fs";
import { open, readlink, realpath, stat, type FileHandle } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { Refusal } from "./refusal";

/** A file or folder that was found. Whoever gets one closes it. */
export interface Place {
  /** Absolute path without links, as the disk spells it. */
  readonly real: string;
  readonly stat: BigIntStats;
  /** A path for calls on this very file or folder, or on what is in it; on Linux it survives a renaming. */
  readonly location: string;
  /** Opens what was found, which has to be a regular file, for reading. */
  openFile(): Promise<FileHandle>;
  /** @throws Refusal when it is no longer where it was found. */
  confirm(): Promise<void>;
  close(): Promise<void>;
}

/** Finds what an absolute path leads to. Opens no device, waits for no FIFO. */
export type Locate = (path: string) => Promise<Place>;

/** Absent on Windows, where neither FIFOs nor terminals stand in folders. */
const nonBlocking = (constants.O_NONBLOCK as number | undefined) ?? 0;
const noFollow = (constants.O_NOFOLLOW as number | undefined) ?? 0;

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

/**
 * Linux: the descriptor comes first and tells itself where it is (`/proc/self/fd`), and what is read later is
 * opened through it. There is no gap between check and use.
 */
export const locateByDescriptor: Locate = async (path) => {
  for (let attempt = 0; attempt < replacements; attempt += 1) {
    const handle = await open(path, pathOnly);
    try {
      const location = `/proc/self/fd/${handle.fd}`;
      const real = await readlink(location);
      // A build replaced the file just now; its successor has the name.
      if (real.endsWith(" (deleted)")) {
        await handle.close();
        continue;
      }
      return {
        real,
        stat: await handle.stat({ bigint: true }),
        location,
        openFile: () => open(location, constants.O_RDONLY | nonBlocking),
        async confirm() {
          if ((await readlink(location)) !== real) throw gone();
        },
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
  throw gone();
};

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
      const handle = await open(real, constants.O_RDONLY | nonBlocking | noFollow);
      try {
        await stillThere(await handle.stat({ bigint: true }));
        return handle;
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
