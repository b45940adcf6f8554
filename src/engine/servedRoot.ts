/**
 * The one door to files: what a peer names becomes an open file here and nowhere else.
 * Normalise, refuse, resolve, check that it is inside the served root, open, check again on the descriptor.
 */

import { normalizeName } from "../model/names";
import type { UploadPolicy } from "../model/settings";
import { locateHere, type Locate } from "./containment";
import { openDoor, type Door } from "./door";
import { listFolder, namesNearRoot, placeEntry, requireFile, walkFiles } from "./listing";
import { nearestNames } from "./nearest";
import { Refusal, refusalFrom } from "./refusal";
import { newSweep, type Sweep } from "./uploadLeftovers";
import { beginUpload, denied } from "./uploads";

export { Refusal, type RefusalKind } from "./refusal";

export interface DoorOptions {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** The served root, relative to the folder. */
  readonly root: string;
  /** A name that boards ask for -> a file in the served root. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Files that the plan names: served although they are dot files or keys (never under .git or .vscode). */
  readonly published: readonly string[];
  /** Absolute folders that links may lead to, beside the served root itself. */
  readonly alsoServe: readonly string[];
  readonly uploads: UploadPolicy;
  /** Bytes of one upload. */
  readonly uploadSize: number;
}

/** An open regular file. It stays the same file whatever happens to its name. */
export interface OpenedFile {
  /** In the served root, with `/`, aliases resolved. */
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Fills `buffer` from `position`; resolves to the number of bytes, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** @throws Refusal `file.changed` when size or mtime are not what they were at the opening. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A file that arrives. Nothing stands under the real name before `commit`. */
export interface Upload {
  readonly name: string;
  /** @throws Refusal `upload.tooLarge`, `disk.full`; the upload is then to be aborted. */
  write(chunk: Uint8Array): Promise<void>;
  /** fsync, then the real name by the upload policy. @throws Refusal when the name is taken by now. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does nothing after `commit`. */
  abort(): Promise<void>;
}

/** One entry of a folder as a peer may see it. */
export interface Entry {
  /** Relative to the served root, with `/`; "" is the root itself. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly mtimeMs: number;
}

export interface ServedRoot {
  /** Opens a file that a peer named. @throws Refusal */
  open(requested: string): Promise<OpenedFile>;
  /** Begins an upload. `announced`: the size that the peer told beforehand, in bytes. @throws Refusal */
  create(requested: string, announced?: number): Promise<Upload>;
  /** What stands under a name. @throws Refusal */
  describe(requested: string): Promise<Entry>;
  /** The visible entries of a folder, sorted by name; what the door refuses is left out. @throws Refusal */
  list(requested: string): Promise<Entry[]>;
  /** Every file below the root, sorted by path; `refused`: the rule that keeps one from being served. */
  walk(): AsyncIterable<Entry | { readonly name: string; readonly refused: string }>;
  /** The served names that are most like a missing one, best first, three at most. */
  nearest(requested: string): Promise<string[]>;
}

/** How many files are looked at for a name that is like a missing one. */
const candidates = 5000;

/**
 * Opens the door to a served root. It holds nothing open itself, so there is nothing to close.
 * @param locate how a path is followed; absent: the best way that this system has.
 * @throws EngineError `root.missing`, `root.outside`, `root.protected`
 */
export async function openServedRoot(options: DoorOptions, locate?: Locate): Promise<ServedRoot> {
  const door = await openDoor(options, locate ?? (await locateHere()));
  const rules = { policy: options.uploads, size: options.uploadSize, sweep: newSweep() };
  if (rules.policy !== "deny") await sweepRoot(door, rules.sweep);
  const folderOf = (requested: string): string => door.nameOf(requested === "" ? "/" : requested);
  /** One look at the disk for all who ask at the same time: a storm of missing names costs one. */
  let looking: Promise<string[]> | undefined;

  return {
    open: async (requested) => openFile(door, door.nameOf(requested)),
    async create(requested, announced) {
      if (rules.policy === "deny") throw denied();
      return beginUpload(door, rules, door.nameOf(requested), announced);
    },
    async describe(requested) {
      const name = folderOf(requested);
      const place = await door.find(name);
      await place.close();
      return placeEntry(name, place);
    },
    list: async (requested) => listFolder(door, folderOf(requested)),
    walk: () => walkFiles(door),
    async nearest(requested) {
      looking ??= namesNearRoot(door, candidates).finally(() => {
        looking = undefined;
      });
      return nearestNames(normalizeName(requested), await looking);
    },
  };
}

async function sweepRoot(door: Door, sweep: Sweep): Promise<void> {
  const place = await door.find("");
  try {
    await sweep(place);
  } finally {
    await place.close();
  }
}

/** A build may replace the file by rename between the finding and the opening: then its successor is meant. */
async function openFile(door: Door, name: string, attempts = 8): Promise<OpenedFile> {
  try {
    return await openOnce(door, name);
  } catch (error) {
    const refusal = refusalFrom(error);
    if (refusal.code === "file.moved" && attempts > 1) return openFile(door, name, attempts - 1);
    throw refusal;
  }
}

/** @throws Refusal, or what the disk says. */
async function openOnce(door: Door, name: string): Promise<OpenedFile> {
  const place = await door.find(name);
  try {
    requireFile(place);
    const handle = await place.openFile();
    const { size, mtimeNs } = await handle.stat({ bigint: true }).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    return {
      name,
      size: Number(size),
      mtimeMs: Number(mtimeNs) / 1e6,
      async read(buffer, position) {
        try {
          return (await handle.read(buffer, 0, buffer.length, position)).bytesRead;
        } catch (error) {
          throw refusalFrom(error);
        }
      },
      // The file stays open while its name may go to another one: only what was opened can change under us.
      async assertUnchanged() {
        const now = await handle.stat({ bigint: true }).catch((error: unknown) => {
          throw refusalFrom(error);
        });
        if (now.size !== size || now.mtimeNs !== mtimeNs) throw changed();
      },
      close: () => handle.close(),
    };
  } finally {
    await place.close();
  }
}

const changed = (): Refusal =>
  new Refusal("changed", {
    code: "file.changed",
    message: "the file changed during the transfer",
    remedy: "Ask for it again. A file that is replaced by rename is served to its end.",
  });
