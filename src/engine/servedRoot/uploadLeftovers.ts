/** The hidden files that uploads are received in: their names, and what a killed process left of them. */

import { createHash, randomBytes } from "node:crypto";
import { lstat, opendir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import type { Place } from "./containment";
import type { Door } from "./door";
import { systemCode } from "../errors";

/** `.boot-servers-HOST-PID-RANDOM.part`: a dot file, so that the door serves none. */
const pattern = /^\.boot-servers-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.part$/;

/** Tells machines apart that share a folder: a PID means something on one of them only. */
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** The names of the uploads of this process that have not ended. */
const open = new Set<string>();

/** A name for a new upload, which is no leftover until `forgetUploadName`. */
export function newUploadName(): string {
  const name = `.boot-servers-${host}-${process.pid}-${randomBytes(8).toString("hex")}.part`;
  open.add(name);
  return name;
}

export function forgetUploadName(name: string): void {
  open.delete(name);
}

export function isUploadName(name: string): boolean {
  return pattern.test(name);
}

/** Folders of a served root that are looked through at the opening of the door, those near the root first. */
const mostFolders = 1000;

/** Removes what processes of this machine that are no more have left of their uploads. Never rejects. */
export interface Sweep {
  /** One folder, before its first upload. */
  folder(folder: Place): Promise<void>;
  /** The folders of a served root, a thousand at the most; others have their turn all the while. */
  root(door: Door): Promise<void>;
}

export function newSweep(): Sweep {
  const swept = new Set<string>();
  return {
    async folder(folder) {
      if (swept.has(folder.real)) return;
      swept.add(folder.real);
      await sweepFolder(folder, () => undefined);
    },
    async root(door) {
      const names = [""];
      // An array that grows while it is walked: what a folder holds comes after it.
      for (const name of names) {
        const folder = await door.find(name).catch(() => undefined);
        if (folder === undefined) continue;
        swept.add(folder.real);
        await sweepFolder(folder, (found) => {
          if (names.length < mostFolders) names.push(name === "" ? found : `${name}/${found}`);
        });
        await folder.close();
      }
    },
  };
}

/** @param enter takes the names of the folders in it that may hold uploads: neither links nor dot folders. */
async function sweepFolder(folder: Place, enter: (name: string) => void): Promise<void> {
  try {
    for await (const entry of await opendir(folder.location)) {
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".")) enter(entry.name);
      } else if (isLeftover(entry.name)) await removeFile(`${folder.location}/${entry.name}`);
    }
  } catch {
    // A folder that may not be read: what is left there is in nobody's way.
  }
}

/** Ours by its whole name, and nobody writes it. */
function isLeftover(name: string): boolean {
  const [, machine, pid] = pattern.exec(name) ?? [];
  if (machine !== host) return false;
  // In a container each start has the same PID and host name: what is not open here is of an earlier one.
  return Number(pid) === process.pid ? !open.has(name) : !isAlive(Number(pid));
}

async function removeFile(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isFile()) await unlink(path);
  } catch {
    // Another user's, or gone meanwhile: the others can still be removed.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's, and alive.
    return systemCode(error) !== "ESRCH";
  }
}
