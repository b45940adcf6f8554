/**
 * Files that arrive. The bytes go to a hidden file in the same folder, and only a complete one gets the real
 * name, in one step: a reader sees the old file or the new one, never a part (DESIGN §6; ftp.md F4–F6).
 */

import { constants } from "node:fs";
import { access, lstat, open, statfs, unlink, type FileHandle } from "node:fs/promises";
import { protectedRule } from "../../model/names";
import { raiseLimit, type UploadPolicy } from "../../model/settings";
import { formatSize } from "../../model/text";
import type { Door, ServedPlace } from "./door";
import { systemCode } from "../errors";
import { Refusal, refusalFrom, type RefusalKind } from "./refusal";
import type { Upload } from "./contract";
import { isSpelled, shortName } from "./shortNames";
import { putInPlace, syncFolder } from "./uploadNames";
import { forgetUploadName, newUploadName, type Sweep } from "./uploadLeftovers";

export interface UploadRules {
  readonly policy: UploadPolicy;
  /** Bytes of one upload at the most. */
  readonly size: number;
  readonly sweep: Sweep;
}

/** What is being written, by whatever protocol and under whatever plan: a second writer is refused (X8, T40). */
const writing = new Set<string>();

/** @throws Refusal before anything was written. */
export async function beginUpload(
  door: Door,
  rules: UploadRules,
  name: string,
  announced?: number,
): Promise<Upload> {
  const protection = protectedRule(name);
  if (protection !== undefined) {
    throw new Refusal("forbidden", { ...protection, remedy: "Upload it under another name." });
  }
  if (announced !== undefined && announced > rules.size) throw tooLarge(rules.size);
  const slash = name.lastIndexOf("/");
  const folder = await door.find(name.slice(0, Math.max(0, slash))).catch((error: unknown) => {
    throw error instanceof Refusal && error.kind === "missing" ? noFolder() : error;
  });
  const base = name.slice(slash + 1);
  // Where the disk may not know the difference, the case of a name makes no second file.
  const key = `${folder.real}/${process.platform === "linux" ? base : base.toLowerCase()}`;
  const taken = writing.has(key);
  if (!taken) writing.add(key);
  try {
    if (taken) throw busy();
    if (!folder.stat.isDirectory()) throw noFolder();
    const isThere = await checkTarget(`${folder.location}/${base}`, rules.policy);
    if (isThere && !(await isSpelled(folder.location, base))) throw shortName();
    await checkSpace(folder, announced);
    await rules.sweep.folder(folder);
    const hidden = newUploadName();
    const release = (): void => {
      forgetUploadName(hidden);
      writing.delete(key);
    };
    return await receive(folder, base, hidden, name, rules, release).catch((error: unknown) => {
      forgetUploadName(hidden);
      throw error;
    });
  } catch (error) {
    if (!taken) writing.delete(key);
    await folder.close();
    throw refusalFrom(error);
  }
}

/** Takes the chunks. Owns the folder's place, and gives the name free at the end. */
async function receive(
  folder: ServedPlace,
  base: string,
  hidden: string,
  name: string,
  rules: UploadRules,
  release: () => void,
): Promise<Upload> {
  const temporary = `${folder.location}/${hidden}`;
  const target = `${folder.location}/${base}`;
  const handle = await createHidden(folder, temporary);
  let written = 0;
  let failure: Refusal | undefined;
  let lastWrite: Promise<void> = Promise.resolve();
  let ending: Promise<void> | undefined;
  let aborted = false;

  const append = async (chunk: Uint8Array): Promise<void> => {
    try {
      if (failure !== undefined) throw failure;
      if (written + chunk.length > rules.size) throw tooLarge(rules.size);
      await writeAll(handle, chunk, written);
      written += chunk.length;
    } catch (error) {
      // The first error stays: what comes after it would leave a hole in the file.
      failure ??= refusalFrom(error);
      throw failure;
    }
  };

  const giveName = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
    await handle.sync();
    // Windows renames no open file.
    await handle.close();
    await folder.confirm();
    await checkTarget(target, rules.policy);
    await putInPlace(temporary, target, rules.policy);
    await syncFolder(folder.location);
  };

  const end = async (commit: boolean): Promise<void> => {
    await lastWrite;
    try {
      if (commit) await giveName();
    } catch (error) {
      throw refusalFrom(error);
    } finally {
      // Closed already after a commit; what a disk says of a file that goes away is of no interest.
      await handle.close().catch(() => undefined);
      // A rename has taken the hidden name; a link, a failure or an abort has left it.
      await unlink(temporary).catch(() => undefined);
      await folder.close();
      release();
    }
  };

  return {
    name,
    write(chunk) {
      if (ending !== undefined) return Promise.reject(closed());
      const written = lastWrite.then(() => append(chunk));
      // Whoever wrote hears of the error; the queue goes on with `failure`.
      lastWrite = written.catch(() => undefined);
      return written;
    },
    commit() {
      if (aborted) return Promise.reject(closed());
      return (ending ??= end(true));
    },
    async abort() {
      if (ending === undefined) {
        aborted = true;
        ending = end(false);
      }
      // A commit that failed has told its own caller.
      await ending.catch(() => undefined);
    },
  };
}

/** @throws what the disk says. */
async function createHidden(folder: ServedPlace, path: string): Promise<FileHandle> {
  // Never executable, and never over anything that stands there already.
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    await folder.confirm();
    return handle;
  } catch (error) {
    await handle.close();
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/** @throws what the disk says. */
async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Whether the policy lets this name be written. Judged at the beginning, so that a board need not send for
 * nothing, and again at the end.
 * @returns true: there is a file of this name, which may be replaced.
 * @throws Refusal, or what the disk says.
 */
async function checkTarget(path: string, policy: UploadPolicy): Promise<boolean> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined) return false;
  // A link is not followed: it would be another file that changes (ftp.md F7).
  if (!stats.isFile()) throw notFile();
  if (policy === "new") throw exists();
  // By its mode as well: for root every file is writable, but somebody protected this one (ftp.md F4).
  if ((stats.mode & 0o222) === 0) throw readOnly();
  await access(path, constants.W_OK).catch(() => {
    throw readOnly();
  });
  return true;
}

/** A board that tells the size hears at once that it does not fit (RFC 2349: "Disk full" instead of the OACK). */
async function checkSpace(folder: ServedPlace, announced: number | undefined): Promise<void> {
  if (announced === undefined) return;
  // Some network disks tell nothing of their size.
  const disk = await statfs(folder.location).catch(() => undefined);
  if (disk !== undefined && disk.blocks > 0 && announced > disk.bavail * disk.bsize) {
    throw refuse("full", "disk.full", "the disk is full", "Make room on it.");
  }
}

function refuse(kind: RefusalKind, code: string, message: string, remedy?: string): Refusal {
  return new Refusal(kind, { code, message, ...(remedy === undefined ? {} : { remedy }) });
}

/** What every upload hears while uploads are not allowed. */
export const denied = (): Refusal =>
  refuse(
    "forbidden",
    "upload.denied",
    "uploads are not allowed",
    "Allow them with --uploads new, keep or overwrite, or by the setting bootServers.uploads.",
  );
const busy = (): Refusal =>
  refuse("busy", "upload.busy", "another upload of this file is running", "Try again when it has ended.");
const noFolder = (): Refusal =>
  refuse(
    "missing",
    "upload.noFolder",
    "there is no such folder",
    "Create it first: an upload makes no folders.",
  );
const exists = (): Refusal =>
  refuse(
    "exists",
    "upload.exists",
    "a file of this name exists",
    "Upload it under a new name, or allow it with --uploads keep or overwrite, or by the setting bootServers.uploads.",
  );
const notFile = (): Refusal =>
  refuse(
    "forbidden",
    "upload.notFile",
    "what stands under this name is not a regular file",
    "Upload it under another name.",
  );
const readOnly = (): Refusal =>
  refuse(
    "forbidden",
    "upload.readOnly",
    "the file of this name is read only",
    "Make it writable, or upload under another name.",
  );
const closed = (): Refusal => refuse("changed", "upload.ended", "the upload has ended");

function tooLarge(limit: number): Refusal {
  return refuse(
    "full",
    "upload.tooLarge",
    `an upload may have ${formatSize(limit)} at the most`,
    `If it is wanted, ${raiseLimit("uploadSize")}`,
  );
}
