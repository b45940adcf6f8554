/** Errors that a person reads: what happened, to what, and what to do about it. */

import type { Fix, Trouble } from "../model/events";
import { errorMessage } from "../model/text";

/** `code` is stable (`port.inUse`, `root.missing`); `remedy` says what to do. The cause is kept. */
export class EngineError extends Error implements Trouble {
  override name = "EngineError";
  readonly code: string;
  readonly remedy?: string;
  readonly fixes?: readonly Fix[];

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.message, options);
    this.code = trouble.code;
    if (trouble.remedy !== undefined) this.remedy = trouble.remedy;
    if (trouble.fixes !== undefined) this.fixes = trouble.fixes;
  }
}

/** A trouble alone, without what else its object carries: it goes into rows, and to other threads. */
export function plainTrouble({ code, message, remedy }: Trouble): Trouble {
  return { code, message, ...(remedy !== undefined && { remedy }) };
}

const notWritten: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  EACCES: "you have no right to write there",
  EPERM: "you have no right to write there",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file, not a folder",
  EEXIST: "a part of its path is a file, not a folder",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "its name is too long",
  EPIPE: "who read it is gone",
};

/** Why a file of the user's choice cannot be written, or a folder made. */
export const whyNotWritten = (error: unknown): string =>
  notWritten[systemCode(error) ?? ""] ?? errorMessage(error);

/** The system's code of an error (`EADDRINUSE`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
