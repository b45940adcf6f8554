/** The hidden files that uploads are received in: their names, and what a killed process left of them. */

import { createHash, randomBytes } from "node:crypto";
import { opendir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import type { Place } from "./containment";
import { systemCode } from "../errors";

/** `.boot-servers-HOST-PID-RANDOM.part`: a dot file, so that the door serves none. */
const pattern = /^\.boot-servers-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.part$/;

/** Tells machines apart that share a folder: a PID means something on one of them only. */
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

export function newUploadName(): string {
  return `.boot-servers-${host}-${process.pid}-${randomBytes(8).toString("hex")}.part`;
}

export function isUploadName(name: string): boolean {
  return pattern.test(name);
}

/** Removes what processes of this machine that are no more have left in a folder. */
export type Sweep = (folder: Place) => Promise<void>;

/** Each folder is swept once: when the door opens, or before its first upload. */
export function newSweep(): Sweep {
  const swept = new Set<string>();
  return async (folder) => {
    if (swept.has(folder.real)) return;
    swept.add(folder.real);
    try {
      for await (const entry of await opendir(folder.location)) {
        const [, machine, pid] = pattern.exec(entry.name) ?? [];
        if (machine === host && !isAlive(Number(pid))) await unlink(`${folder.location}/${entry.name}`);
      }
    } catch {
      // A folder that may not be read, or a file of another user: what is left there is in nobody's way.
    }
  };
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
