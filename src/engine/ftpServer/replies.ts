/** What a client is told when something does not work, and what stands in the row for people. */

import type { Trouble } from "../../model/events";
import { errorMessage, printable } from "../../model/text";
import { plainTrouble, systemCode } from "../errors";
import { Refusal, type RefusalKind } from "../servedRoot/servedRoot";

/** Ends a command with a reply code (RFC 959 §4.2) and, for a transfer, with the row's trouble. */
export class Failure extends Error {
  override name = "Failure";

  /** @param state how the transfer's row ends. */
  constructor(
    readonly replyCode: number,
    readonly trouble: Trouble,
    readonly state: "failed" | "refused" | "cancelled" = "failed",
  ) {
    super(trouble.message);
  }
}

/** One line of a reply: its text, or all of it where it begins with no code. */
export type Letter = string | { readonly raw: string };

/** A reply as it is sent: each line but the last has a hyphen after its code (RFC 959 §4.2). */
export function replyLines(code: number, letters: readonly Letter[]): string {
  const last = letters.length - 1;
  return letters
    .map((letter, index) =>
      typeof letter === "string" ? `${code}${index === last ? " " : "-"}${letter}\r\n` : `${letter.raw}\r\n`,
    )
    .join("");
}

export const noChannel: Trouble = {
  code: "ftp.noDataConnection",
  message: "use PASV or PORT first",
  remedy: "Have the client ask for a data connection before the file.",
};

/** 450 is temporary: the other writer will be done some time (RFC 959 §4.2.1). */
const refusalCodes: Readonly<Record<RefusalKind, number>> = {
  missing: 550,
  forbidden: 550,
  exists: 553,
  full: 552,
  busy: 450,
  changed: 451,
};

/** Any error as a Failure. A system's error text can hold a path of this host, so only its code goes out (F12). */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Refusal) {
    const state = error.kind === "changed" ? "failed" : "refused";
    return new Failure(refusalCodes[error.kind], plainTrouble(error), state);
  }
  const code = systemCode(error);
  const message = code === undefined ? "local error" : `local error ${code}`;
  return new Failure(451, { code: "ftp.local", message, remedy: "Look at the disk of the served root." });
}

/** One line of reply text: whatever a peer or a system put into it cannot start another line. */
export function replyText(error: unknown): string {
  return printable(
    error instanceof Refusal || error instanceof Failure ? error.message : errorMessage(failureOf(error)),
  );
}
