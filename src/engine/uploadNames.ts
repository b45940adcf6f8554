/** How a complete upload gets its name: by a hard link where nothing may be replaced, else by rename. */

import { constants } from "node:fs";
import { link, lstat, open, rename, unlink } from "node:fs/promises";
import type { UploadPolicy } from "../model/settings";
import type { ServedPlace } from "./door";
import { systemCode } from "./errors";

/** What disks say that know no hard links (FAT, some network disks). */
const noHardLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/**
 * @param temporary path of the complete file, in `folder`; that name may still be there afterwards.
 * @throws what the disk says; then the old file stays.
 */
export async function putInPlace(
  folder: ServedPlace,
  temporary: string,
  base: string,
  policy: UploadPolicy,
): Promise<void> {
  const target = `${folder.location}/${base}`;
  if (policy === "overwrite") {
    await rename(temporary, target);
  } else if (policy === "keep") {
    const kept = await keepExisting(target);
    try {
      await rename(temporary, target);
    } catch (error) {
      // The name still has, or gets back, what it had.
      if (kept !== undefined) await rename(kept, target);
      throw error;
    }
  } else {
    await giveNewName(temporary, target);
  }
}

/** link() never replaces a file that appeared meanwhile, as rename() would. @throws EEXIST */
async function giveNewName(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (!noHardLinks.has(systemCode(error) ?? "")) throw error;
    // Without links the name is taken by an empty file first: for that moment only, it is not the whole file.
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
 * @returns the second name's path; undefined: there is nothing to keep.
 */
async function keepExisting(target: string): Promise<string | undefined> {
  const stats = await statsOf(target);
  if (stats === undefined) return undefined;
  const stamp = stats.mtime.toISOString().replace(/[-:]|\.\d+/g, "");
  for (let number = 1; ; number += 1) {
    const kept = `${target}.${stamp}${number === 1 ? "" : `-${number}`}`;
    try {
      await link(target, kept);
      return kept;
    } catch (error) {
      const code = systemCode(error) ?? "";
      if (code === "EEXIST") continue;
      if (!noHardLinks.has(code)) throw error;
      if ((await statsOf(kept)) !== undefined) continue;
      await rename(target, kept);
      return kept;
    }
  }
}

async function statsOf(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the new name survive a power cut. Windows cannot do that to a folder, and some disks do not know it. */
export async function syncFolder(folder: ServedPlace): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder.location, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(systemCode(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}
