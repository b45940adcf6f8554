/** How a complete upload gets its name: by a hard link where nothing may be replaced, else by rename. */

import { constants } from "node:fs";
import { link as hardLink, lstat, open, rename, unlink } from "node:fs/promises";
import type { UploadPolicy } from "../../model/settings";
import { systemCode } from "../errors";

type Link = (existing: string, name: string) => Promise<void>;

/** What disks say that know no hard links (FAT, some network disks). */
const noHardLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/**
 * @param temporary path of the complete file; that name may still be there afterwards.
 * @param target path of the real name, in the same folder.
 * @throws what the disk says; then the old file has its name as before.
 */
export async function putInPlace(
  temporary: string,
  target: string,
  policy: UploadPolicy,
  link: Link = hardLink,
): Promise<void> {
  if (policy === "overwrite") return rename(temporary, target);
  if (policy !== "keep") return giveNewName(temporary, target, link);
  const undo = await keepExisting(target, link);
  try {
    await rename(temporary, target);
  } catch (error) {
    await undo();
    throw error;
  }
}

/** A link never replaces a file that appeared meanwhile, as a rename would. @throws EEXIST */
async function giveNewName(temporary: string, target: string, link: Link): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (!noHardLinks.has(systemCode(error) ?? "")) throw error;
    // Without links an empty file takes the name first: for that moment only, it is not the whole file.
    const claim = await open(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
    await claim.close();
    await rename(temporary, target).catch(async (failure: unknown) => {
      await unlink(target);
      throw failure;
    });
  }
}

/**
 * Gives the existing file a second name, NAME.YYYYMMDDTHHMMSSZ by the UTC of its mtime, -2, -3 … if that is
 * taken (DESIGN §3, `--uploads keep`). By a link, so that the first name is never without a file.
 * @returns what takes the second name away again.
 */
async function keepExisting(target: string, link: Link): Promise<() => Promise<void>> {
  const stats = await statsOf(target);
  if (stats === undefined) return () => Promise.resolve();
  const stamp = stats.mtime.toISOString().replace(/[-:]|\.\d+/g, "");
  for (let number = 1; ; number += 1) {
    const kept = `${target}.${stamp}${number === 1 ? "" : `-${number}`}`;
    try {
      await link(target, kept);
      return () => unlink(kept);
    } catch (error) {
      const code = systemCode(error) ?? "";
      if (code === "EEXIST") continue;
      if (!noHardLinks.has(code)) throw error;
      if ((await statsOf(kept)) !== undefined) continue;
      await rename(target, kept);
      return () => rename(kept, target);
    }
  }
}

async function statsOf(path: string): Promise<{ readonly mtime: Date } | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Makes a new name survive a power cut, where the system can: Windows cannot for a folder, some disks do not
 * know it, and a folder may be for writing only.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    const handle = await open(path, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EACCES"].includes(systemCode(error) ?? "")) throw error;
  }
}
