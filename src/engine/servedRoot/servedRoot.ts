/**
 * The one door to files: what a peer names becomes an open file here and nowhere else.
 * Normalise, refuse, resolve, check that it is inside the served root, open, check again on the descriptor.
 */

import { normalizeName } from "../../model/names";
import { locateHere, type Locate } from "./containment";
import type { DoorOptions, OpenedFile, ServedRoot } from "./contract";
import { openDoor, type Door } from "./door";
import { knownFiles, type KnownFiles } from "./knownFiles";
import { listFolder, namesNearRoot, placeEntry, requireFile, walkFiles } from "./listing";
import { newSearch } from "./nearest";
import { refusalFrom } from "./refusal";
import { newSweep } from "./uploadLeftovers";
import { beginUpload, denied } from "./uploads";
import { stateOf, watchedBytes } from "./watchedBytes";

export type { DoorOptions, Entry, FileBytes, OpenedFile, ServedRoot, Upload } from "./contract";
export { Refusal, type RefusalKind } from "./refusal";

/** How many files are looked at for a name that is like a missing one. */
const candidates = 5000;

/**
 * Opens the door to a served root. It holds nothing open itself, so there is nothing to close.
 * What killed uploads have left in it is removed in the background.
 * @param locate how a path is followed; absent: the best way that this system has.
 * @param background is given what goes on after the opening; it ends by itself and never rejects.
 * @throws EngineError `root.missing`, `root.outside`, `root.protected`
 */
export async function openServedRoot(
  options: DoorOptions,
  locate?: Locate,
  background: (work: Promise<void>) => void = () => undefined,
): Promise<ServedRoot> {
  const door = await openDoor(options, locate ?? (await locateHere()));
  const known = knownFiles();
  const rules = { policy: options.uploads, size: options.uploadSize, sweep: newSweep() };
  // Whatever the policy is now: a start that allowed uploads may have been killed.
  background(rules.sweep.root(door));
  const folderOf = (requested: string): string => door.nameOf(requested === "" ? "/" : requested);
  /** One look at the disk for all who ask at the same time: a storm of missing names costs one. */
  let looking: Promise<string[]> | undefined;
  const search = newSearch(
    () =>
      (looking ??= namesNearRoot(door, candidates).finally(() => {
        looking = undefined;
      })),
  );

  return {
    open: async (requested) => openFile(door, known, door.nameOf(requested)),
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
    nearest: (requested) => search(normalizeName(requested)),
  };
}

/** A build may replace the file by rename between the finding and the opening: then its successor is meant. */
async function openFile(door: Door, known: KnownFiles, name: string, attempts = 8): Promise<OpenedFile> {
  try {
    return await openOnce(door, known, name);
  } catch (error) {
    const refusal = refusalFrom(error);
    if (refusal.code === "file.moved" && attempts > 1) return openFile(door, known, name, attempts - 1);
    throw refusal;
  }
}

/** @throws Refusal, or what the disk says. */
async function openOnce(door: Door, known: KnownFiles, name: string): Promise<OpenedFile> {
  const place = await door.find(name);
  try {
    requireFile(place);
    const { disk, stat: opened } = await place.openFile();
    const state = stateOf(opened);
    const file = known(state);
    return {
      name,
      mtimeMs: Number(opened.mtimeNs) / 1e6,
      ...watchedBytes(disk, state, place.real, file),
      lend: () => ({
        descriptor: disk.descriptor,
        opened: state,
        path: place.real,
        sums: file.sums.result(),
      }),
      close: () => disk.close(),
    };
  } finally {
    await place.close();
  }
}
