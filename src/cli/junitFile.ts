/** The file of `--junit`: whether it can be written is known before anything runs, and it is never half there. */

import { randomBytes } from "node:crypto";
import { mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EngineError, systemCode, whyNotWritten } from "../engine/errors";

/** A dot file: the servers never serve it, and a run without a plan does not compare it. */
const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);

function unwritable(path: string, reason: string, cause?: unknown): EngineError {
  return new EngineError(
    {
      code: "junit.unwritable",
      message: `the file "${path}" of --junit cannot be written: ${reason}`,
      remedy: "Name a file in a folder that may be written.",
    },
    { cause },
  );
}

/** Any failure as the sentence that it is for its user. */
async function sayingWhy<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unwritable(path, whyNotWritten(error), error);
  }
}

/** The file behind links, which stay; undefined: there is none yet. */
async function existing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return undefined;
  }
}

/** Makes its folder, and tries a write there. @throws EngineError `junit.unwritable`. */
export function prepareJunitFile(path: string): Promise<void> {
  return sayingWhy(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const there = await existing(path);
    if (there !== undefined && !(await stat(there)).isFile()) throw unwritable(path, "it is no regular file");
    const temporary = temporaryName(there ?? path);
    await writeFile(temporary, "", { flag: "wx" });
    await rm(temporary);
  });
}

/** Writes all of it, or leaves the file as it was. @throws EngineError `junit.unwritable`. */
export function writeJunitFile(path: string, xml: string): Promise<void> {
  return sayingWhy(path, async () => {
    const file = (await existing(path)) ?? path;
    const temporary = temporaryName(file);
    try {
      await writeFile(temporary, xml, { flag: "wx" });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}
