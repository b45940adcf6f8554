/**
 * Where one client stands in its boot files (DESIGN §2.1, "BOOTP/DHCP"). A cursor is a value; the functions here
 * are all that moves it. It moves on by what was *fetched*, never by `xid`: U-Boot changes that at each retry.
 */

/** The boot files of one client. */
export interface BootFiles {
  readonly files: readonly string[];
  /** True: one file a round, then silence. False: always the first file, or none. */
  readonly sequence: boolean;
}

export interface SequenceTimes {
  readonly silentMs: number;
  readonly restartMs: number;
}

export interface Cursor {
  readonly boot: BootFiles;
  /** Index of the file that the next answer names; `files.length`: all of a sequence were fetched. */
  readonly position: number;
  /** The last answer named the file at `position`, and the client is to fetch it. */
  readonly named: boolean;
  /** All of that file was sent; its last acknowledgement may have been lost. */
  readonly sent: boolean;
  /** Every file was fetched, and no answer named one since. */
  readonly booted: boolean;
  /** The first request after the last file was fetched, monotonic ms. */
  readonly silentFrom: number | undefined;
  /** Transfers that run; while one does, the client is not idle. */
  readonly running: number;
  readonly lastPacketAt: number | undefined;
  readonly lastRequestAt: number | undefined;
  readonly lastXid: number | undefined;
}

/** One BOOTP request, or a DHCP message that asks for a boot file. */
export interface Question {
  readonly xid: number;
  readonly now: number;
  /** The plan names another `server`: transfers are not seen here. */
  readonly elsewhere: boolean;
  readonly verification: boolean;
}

export interface SequenceAnswer {
  readonly cursor: Cursor;
  /** The file to name; "" names none. */
  readonly file: string;
  /** Plain BOOTP is not answered now; DHCP is, without a file. */
  readonly silent: boolean;
}

/** What became of a transfer, in this order: `engine/server.ts`, `Departure`. */
export type TransferStage = "started" | "sent" | "fetched" | "ended";

/** Where TFTP is another host, a new `xid` after this time without a request is a new round (DESIGN §2.1). */
const newRoundMs = 5_000;

export function startCursor(boot: BootFiles): Cursor {
  return {
    boot,
    position: 0,
    named: false,
    sent: false,
    booted: false,
    silentFrom: undefined,
    running: 0,
    lastPacketAt: undefined,
    lastRequestAt: undefined,
    lastXid: undefined,
  };
}

const sameFiles = (a: BootFiles, b: BootFiles): boolean =>
  a.sequence === b.sequence &&
  a.files.length === b.files.length &&
  a.files.every((file, i) => file === b.files[i]);

/** The cursor before its first file; what was seen of the client is kept. */
export function restarted(cursor: Cursor, boot: BootFiles = cursor.boot): Cursor {
  const { booted, running, lastPacketAt, lastRequestAt, lastXid } = cursor;
  return { ...startCursor(boot), booted, running, lastPacketAt, lastRequestAt, lastXid };
}

/** The cursor as it stands at `now`: a changed list, a long pause and the end of the silence start from the first file. */
export function currentCursor(cursor: Cursor, boot: BootFiles, times: SequenceTimes, now: number): Cursor {
  if (!sameFiles(cursor.boot, boot)) return restarted(cursor, boot);
  const ends = silenceEnd(cursor, times);
  if (ends !== undefined && now >= ends) return restarted(cursor);
  return isIdle(cursor, times, now) ? restarted(cursor) : cursor;
}

const silenceEnd = (cursor: Cursor, times: SequenceTimes): number | undefined =>
  cursor.silentFrom === undefined ? undefined : cursor.silentFrom + times.silentMs;

const restartAt = (cursor: Cursor, times: SequenceTimes): number | undefined =>
  cursor.running > 0 || cursor.lastPacketAt === undefined ? undefined : cursor.lastPacketAt + times.restartMs;

/** True when the client was not heard for so long that its next request starts from the first file. */
export function isIdle(cursor: Cursor, times: SequenceTimes, now: number): boolean {
  const idleAt = restartAt(cursor, times);
  return idleAt !== undefined && now >= idleAt;
}

const next = (cursor: Cursor): Cursor => ({
  ...cursor,
  position: cursor.position + 1,
  named: false,
  sent: false,
  booted: cursor.position + 1 >= cursor.boot.files.length,
});

/** Answers one request. A repeated one gets the same answer until its file is fetched. */
export function ask(
  before: Cursor,
  boot: BootFiles,
  times: SequenceTimes,
  question: Question,
): SequenceAnswer {
  const { now, xid } = question;
  let cursor = currentCursor(before, boot, times, now);
  if (boot.sequence && cursor.named && asksForNext(cursor, question)) cursor = next(cursor);
  cursor = { ...cursor, lastPacketAt: now, lastRequestAt: now, lastXid: xid };
  if (boot.sequence && cursor.position >= boot.files.length) {
    return { cursor: { ...cursor, silentFrom: cursor.silentFrom ?? now }, file: "", silent: true };
  }
  return {
    cursor: { ...cursor, named: true, booted: false },
    file: boot.files[cursor.position] ?? "",
    silent: false,
  };
}

function asksForNext(cursor: Cursor, { xid, now, elsewhere, verification }: Question): boolean {
  const repeated = xid === cursor.lastXid;
  // A board may keep its `xid` from round to round; our client never does, and repeats a question whose answer was lost.
  if (cursor.sent) return !(verification && repeated);
  if (!elsewhere || repeated) return false;
  return verification || now - (cursor.lastRequestAt ?? now) >= newRoundMs;
}

/** The file that an answer would name now; nothing moves (a renewed lease is no question for a boot file). */
export function peek(before: Cursor, boot: BootFiles, times: SequenceTimes, now: number): string {
  const cursor = currentCursor(before, boot, times, now);
  return boot.files[cursor.position] ?? "";
}

/** True while the client was told this very file and is to fetch it. */
export function waitsFor(cursor: Cursor, isFile: (name: string) => boolean): boolean {
  const name = cursor.boot.files[cursor.position];
  return cursor.named && name !== undefined && isFile(name);
}

/**
 * The cursor after a stage of one of the client's transfers.
 * @param isFile true for a name that leads to the transfer's file, aliases resolved.
 */
export function transferred(
  before: Cursor,
  stage: TransferStage,
  isFile: (name: string) => boolean,
  now: number,
): Cursor {
  const cursor = { ...before, lastPacketAt: now };
  const waited = waitsFor(cursor, isFile);
  switch (stage) {
    case "started":
      return { ...cursor, running: cursor.running + 1, sent: cursor.sent && !waited };
    case "sent":
      return { ...cursor, sent: cursor.sent || waited };
    case "fetched":
      if (!waited) return cursor;
      return cursor.boot.sequence ? next(cursor) : { ...cursor, booted: true };
    case "ended":
      return { ...cursor, running: Math.max(0, cursor.running - 1) };
  }
}

/** The cursor of a client that was heard otherwise: by an upload, a command, a file that it was refused. */
export const heard = (cursor: Cursor, now: number): Cursor =>
  cursor.lastPacketAt === undefined ? cursor : { ...cursor, lastPacketAt: now };

/**
 * The cursor of a verification after a stage of a transfer from its address. Several may play there at once, and
 * nothing tells whose transfer it was; but each fetches a round's file before it asks anew. So a file that was sent
 * lets each of them that waits for it move on, at its next question.
 * @param own true: it counts as this one's transfer.
 */
export function transferredNearby(
  before: Cursor,
  stage: TransferStage,
  isFile: (name: string) => boolean,
  now: number,
  own: boolean,
): Cursor {
  if (!before.boot.sequence) return own ? transferred(before, stage, isFile, now) : before;
  const arrived = (stage === "sent" || stage === "fetched") && waitsFor(before, isFile);
  const cursor = arrived ? { ...before, sent: true } : before;
  if (!own) return cursor;
  const begun = stage === "started" ? 1 : stage === "ended" ? -1 : 0;
  return { ...cursor, running: Math.max(0, cursor.running + begun), lastPacketAt: now };
}

/** How a row says it. */
export interface Standing {
  readonly stage: "listed" | "answered" | "loading" | "silent" | "booted";
  readonly detail: string;
  /** When the words will be others without any packet, monotonic ms. */
  readonly changesAt: number | undefined;
}

/** Where the client stands: "next: copy-files4.rc (2 of 2)", "silent for 7 s more". */
export function standing(before: Cursor, boot: BootFiles, times: SequenceTimes, now: number): Standing {
  const cursor = currentCursor(before, boot, times, now);
  const ends = silenceEnd(cursor, times);
  if (ends !== undefined) {
    const seconds = Math.ceil((ends - now) / 1000);
    return {
      stage: "silent",
      detail: `silent for ${seconds} s more`,
      changesAt: ends - (seconds - 1) * 1000,
    };
  }
  // Only a sequence that has begun goes back to its start by waiting.
  const begun = boot.sequence && (cursor.position > 0 || cursor.named);
  return {
    stage: stageOf(cursor),
    detail: detailOf(cursor),
    changesAt: begun ? restartAt(cursor, times) : undefined,
  };
}

function stageOf(cursor: Cursor): Standing["stage"] {
  if (cursor.running > 0) return "loading";
  if (cursor.booted) return "booted";
  return cursor.lastPacketAt === undefined ? "listed" : "answered";
}

function detailOf({ boot: { files, sequence }, position, named }: Cursor): string {
  const file = files[position];
  if (files.length === 0) return "no boot file";
  if (!sequence) return `always ${file ?? ""}`;
  if (file === undefined)
    return files.length === 1 ? "fetched the only file" : `fetched all ${files.length} files`;
  return `${named ? "" : "next: "}${file} (${position + 1} of ${files.length})`;
}
