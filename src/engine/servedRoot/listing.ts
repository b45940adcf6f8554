/** What a peer may see of the served root: one folder, or all files in the order of their paths. */

import { lstat, opendir } from "node:fs/promises";
import { checkName } from "../../model/names";
import type { Door, ServedPlace } from "./door";
import { Refusal, refusalFrom } from "./refusal";
import type { Entry } from "./contract";
import { isUploadName } from "./uploadLeftovers";

/** A name in the served root, and the rule that keeps it from being served. */
export interface Refused {
  readonly name: string;
  readonly refused: string;
}

interface Child {
  /** In the served root. */
  readonly name: string;
  readonly kind: Entry["kind"];
  /** Where a link led to; absent: it is no link. */
  readonly target?: { readonly entry: Entry; readonly inRoot: boolean };
}

/** Directory entries that are read, and files that are asked for their size, at a time. */
const batch = 64;

/** The visible entries of a folder, sorted by name. @throws Refusal when it cannot be read. */
export async function listFolder(door: Door, name: string): Promise<Entry[]> {
  const folder = await door.find(name);
  try {
    requireFolder(folder);
    const found: Child[] = [];
    for await (const child of children(door, folder, name)) if ("kind" in child) found.push(child);
    found.sort((a, b) => compare(a.name, b.name));
    const entries: Entry[] = [];
    for (let at = 0; at < found.length; at += batch) {
      const some = await Promise.all(found.slice(at, at + batch).map((child) => entryOf(folder, child)));
      entries.push(...some.filter((entry) => entry !== undefined));
    }
    await folder.confirm();
    return entries;
  } catch (error) {
    throw refusalFrom(error);
  } finally {
    await folder.close();
  }
}

/**
 * Every file, sorted by path. A link to a file is a file. A link to a folder inside the served root is passed
 * by, since that folder has its own turn; so no circle and no path twice.
 */
export async function* walkFiles(
  door: Door,
  name = "",
  entered = new Set<string>(),
): AsyncGenerator<Entry | Refused> {
  let folder: ServedPlace;
  try {
    folder = await door.find(name);
  } catch (error) {
    yield { name, refused: refusalFrom(error).code };
    return;
  }
  try {
    if (entered.has(folder.real)) return;
    entered.add(folder.real);
    const found: (Child | Refused)[] = [];
    for await (const child of children(door, folder, name)) found.push(child);
    found.sort((a, b) => compare(pathKey(a), pathKey(b)));
    for (const child of found) {
      if ("refused" in child) yield child;
      else if (child.kind === "file") {
        const entry = await entryOf(folder, child);
        if (entry !== undefined) yield entry;
      } else if (child.target?.inRoot !== true) yield* walkFiles(door, child.name, entered);
    }
  } catch (error) {
    yield { name, refused: refusalFrom(error).code };
  } finally {
    await folder.close();
  }
}

/** Names of served files, those near the root first, `most` at the most. Never throws. */
export async function namesNearRoot(door: Door, most: number): Promise<string[]> {
  const names: string[] = [];
  const folders = [""];
  for (let name = folders.shift(); name !== undefined && names.length < most; name = folders.shift()) {
    try {
      await readNames(door, name, most, names, folders);
    } catch {
      // A folder that may not be read, or is gone since it was found, has no names to tell.
    }
  }
  return names;
}

/** Adds the files of one folder to `names`, up to `most`, and its folders to `folders`. */
async function readNames(
  door: Door,
  parent: string,
  most: number,
  names: string[],
  folders: string[],
): Promise<void> {
  const folder = await door.find(parent);
  try {
    for await (const child of children(door, folder, parent)) {
      if (!("kind" in child)) continue;
      if (child.kind === "file") names.push(child.name);
      else if (child.target === undefined) folders.push(child.name);
      if (names.length >= most) return;
    }
  } finally {
    await folder.close();
  }
}

/** What stands in a folder, in no order. Read in batches, so that a hundred thousand entries block nobody. */
async function* children(door: Door, folder: ServedPlace, parent: string): AsyncGenerator<Child | Refused> {
  const inFolder = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);
  for await (const entry of await opendir(folder.location, { bufferSize: batch })) {
    if (isUploadName(entry.name)) continue;
    const name = inFolder(parent, entry.name);
    const rule = ruleAgainst(name) ?? door.protectedBy(name, inFolder(folder.below, entry.name))?.code;
    if (rule !== undefined) yield { name, refused: rule };
    else if (entry.isFile()) yield { name, kind: "file" };
    else if (entry.isDirectory()) yield { name, kind: "folder" };
    else if (entry.isSymbolicLink()) yield await follow(door, name);
    else yield { name, refused: "file.special" };
  }
}

function ruleAgainst(name: string): string | undefined {
  const checked = checkName(name);
  if ("refused" in checked) return checked.refused.code;
  // A name with a backslash in it, on Linux: who asks for it gets another one.
  return checked.path === name ? undefined : "name.character";
}

async function follow(door: Door, name: string): Promise<Child | Refused> {
  try {
    const place = await door.find(name);
    await place.close();
    const entry = placeEntry(name, place);
    return { name, kind: entry.kind, target: { entry, inRoot: place.inRoot } };
  } catch (error) {
    return { name, refused: refusalFrom(error).code };
  }
}

/** The entry of a child, unless it became something else since the folder was read. */
async function entryOf(folder: ServedPlace, child: Child): Promise<Entry | undefined> {
  if (child.target !== undefined) return child.target.entry;
  const { name, kind } = child;
  const base = name.slice(name.lastIndexOf("/") + 1);
  const stats = await lstat(`${folder.location}/${base}`).catch(() => undefined);
  if (stats === undefined || !(kind === "file" ? stats.isFile() : stats.isDirectory())) return undefined;
  return { name, kind, size: kind === "file" ? stats.size : 0, mtimeMs: stats.mtimeMs };
}

/** What stands under a name, as a peer may see it. @throws Refusal for what is neither file nor folder. */
export function placeEntry(name: string, place: ServedPlace): Entry {
  const mtimeMs = Number(place.stat.mtimeNs) / 1e6;
  if (place.stat.isDirectory()) return { name, kind: "folder", size: 0, mtimeMs };
  requireFile(place);
  return { name, kind: "file", size: Number(place.stat.size), mtimeMs };
}

/** @throws Refusal for what is no regular file: a FIFO would freeze its reader (ftp.md F35). */
export function requireFile(place: ServedPlace): void {
  if (place.stat.isFile()) return;
  throw new Refusal(
    "forbidden",
    place.stat.isDirectory()
      ? { code: "file.folder", message: "it is a folder", remedy: "Name a file in it." }
      : {
          code: "file.special",
          message: "only regular files are served",
          remedy: "Put a file there, or name another one.",
        },
  );
}

function requireFolder(place: ServedPlace): void {
  if (place.stat.isDirectory()) return;
  throw new Refusal("forbidden", {
    code: "file.notFolder",
    message: "it is not a folder",
    remedy: "Name the folder that it is in.",
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** With its slash a folder stands where the paths of its files stand: `a.bin` < `a/x` < `a0`. */
const pathKey = (child: Child | Refused): string =>
  "kind" in child && child.kind === "folder" ? `${child.name}/` : child.name;
