/**
 * FTP as a board does it: log in, TYPE I, SIZE, RETR. One login attempt, bytes that are counted and limited, and a
 * transfer that is given up when it stands still.
 */

import { Writable } from "node:stream";
import type { Trouble } from "../../model/events";
import { formatSize, printable } from "../../model/text";
import type { Clock, Timer } from "../clock";
import { rateOf, rounded } from "../measuring";
import { EngineError } from "../errors";
import type { FetchFacts, FtpSession, FtpTarget, Sink } from "./boardIo";
import { crawlBytes, stallMs } from "./crawl";
import { openConnection, refused, reply, replyMs, timeout, type FtpConnection } from "./ftpConnection";

/** How long QUIT may take; then the connection is closed all the same. */
const quitMs = 2_000;
/** The most that is taken of a file whose size the server does not tell. */
const unannouncedLimit = 4 * 2 ** 30;

/**
 * Logs in and sets TYPE I. A session whose connection was lost with one file logs in again for the next.
 * @throws EngineError `ftp.unreachable`, `ftp.login`, `ftp.refused`, `ftp.timeout`, `ftp.lost`, `ftp.name`
 */
export async function openFtp(clock: Clock, target: FtpTarget, signal?: AbortSignal): Promise<FtpSession> {
  let connection = await logIn(clock, target, signal);
  return {
    async fetch(file, sink, abort) {
      assertPlain(file, "file name");
      if (connection.client.closed) connection = await logIn(clock, target, abort);
      return fetchFile(clock, connection, target, file, sink, abort);
    },
    async close() {
      await connection
        .exchange(quitMs, undefined, () => connection.client.send("QUIT"))
        .catch(() => undefined); // It is closed in any case.
      connection.destroy();
    },
  };
}

async function logIn(clock: Clock, target: FtpTarget, signal?: AbortSignal): Promise<FtpConnection> {
  const connection = openConnection(clock, target);
  try {
    await connection.exchange(replyMs, signal, () => connection.client.connect(target.host, target.port));
    await login(connection, target, signal);
    await connection.request("TYPE I", signal);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** USER once, PASS once: a server that asks for ever gets no second password. */
async function login(connection: FtpConnection, target: FtpTarget, signal?: AbortSignal): Promise<void> {
  const user = target.user ?? "anonymous";
  try {
    assertPlain(user, "user name");
    assertPlain(target.password ?? "", "password");
    let answer = await connection.request(`USER ${user}`, signal);
    if (answer.code === 331) answer = await connection.request(`PASS ${target.password ?? "guest"}`, signal);
    if (answer.code >= 200 && answer.code < 300) return;
    throw new EngineError(loginTrouble(user, answer.message));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "ftp.refused") throw error;
    throw new EngineError(loginTrouble(user, reply(error.cause)), { cause: error.cause });
  }
}

const loginTrouble = (user: string, answer: string): Trouble => ({
  code: "ftp.login",
  message: `the FTP server refused the login of "${printable(user)}": ${printable(answer)}`,
  remedy:
    "Name the user, and give its password: --ftp-user and BOOT_SERVERS_FTP_PASSWORD, in VS Code user@host as target, and the password when it is asked for.",
});

/** @throws EngineError `ftp.name`: CR, LF or NUL would end the command in the middle. */
function assertPlain(text: string, what: string): void {
  if (!/[\r\n\0]/.test(text)) return;
  throw new EngineError({
    code: "ftp.name",
    message: `the ${what} "${printable(text)}" holds a line end or NUL, which FTP cannot carry`,
    remedy: `Use a ${what} without control characters.`,
  });
}

async function fetchFile(
  clock: Clock,
  connection: FtpConnection,
  target: FtpTarget,
  file: string,
  sink: Sink,
  signal?: AbortSignal,
): Promise<FetchFacts> {
  const announced = await announcedSize(connection, file, signal);
  const askedAt = clock.now();
  const counter = countingSink(clock, file, sink, announced ?? unannouncedLimit);
  await withStallWatch(clock, connection, counter, target, file, signal);
  if (announced !== undefined && counter.bytes() < announced) throw short(file, announced, counter.bytes());
  return {
    bytes: counter.bytes(),
    ...(announced === undefined ? {} : { announced }),
    options: { type: "I", mode: "passive" },
    retransmissions: 0,
    ...rateOf(counter.bytes(), clock.now() - askedAt),
    ...(counter.firstAt() !== undefined && { firstByteMs: rounded((counter.firstAt() ?? 0) - askedAt) }),
  };
}

/** SIZE; undefined where the server does not know it. RETR then has the last word on whether the file is there. */
async function announcedSize(
  connection: FtpConnection,
  file: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const answer = await connection.request(`SIZE ${file}`, signal);
    const digits = /^213 (\d{1,15})\s*$/.exec(answer.message)?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch (error) {
    if (error instanceof EngineError && error.code === "ftp.refused") return undefined;
    throw error;
  }
}

interface Counter {
  readonly stream: Writable;
  bytes(): number;
  /** When the first ones came. */
  firstAt(): number | undefined;
  /** True while the sink itself holds things up. */
  waiting(): boolean;
  /** What the sink, or the limit, said. */
  error(): Error | undefined;
}

function countingSink(clock: Clock, file: string, sink: Sink, limit: number): Counter {
  let bytes = 0;
  let waiting = false;
  let firstAt: number | undefined;
  let failed: Error | undefined;
  const take = async (chunk: Uint8Array): Promise<void> => {
    if (bytes + chunk.length > limit) {
      throw new EngineError({
        code: "ftp.long",
        message: `the server sends more of ${printable(file)} than ${limit} bytes (${formatSize(limit)})`,
        remedy: "The file on the server changed, or its SIZE is wrong.",
      });
    }
    firstAt ??= clock.now();
    waiting = true;
    await sink(chunk);
    waiting = false;
    bytes += chunk.length;
  };
  const stream = new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Uint8Array, _encoding, done) {
      take(chunk).then(
        () => {
          done();
        },
        (error: unknown) => {
          failed = error instanceof Error ? error : new Error(String(error));
          done(failed);
        },
      );
    },
  });
  stream.on("error", () => undefined); // basic-ftp tells it; this keeps a late one from being thrown.
  return {
    stream,
    bytes: () => bytes,
    firstAt: () => firstAt,
    waiting: () => waiting,
    error: () => failed,
  };
}

/** RETR, given up when it stands still: the whole transfer has no deadline, each stretch of it has. */
async function withStallWatch(
  clock: Clock,
  connection: FtpConnection,
  counter: Counter,
  target: FtpTarget,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const stalled = new AbortController();
  let timer: Timer | undefined;
  const watch = (before: number): void => {
    timer = clock.at(clock.now() + stallMs, () => {
      const now = counter.bytes();
      if (!counter.waiting() && now - before < crawlBytes) {
        stalled.abort(
          timeout(
            `${printable(file)} stood still at ${now} bytes for ${stallMs / 1000} s (${target.host}:${target.port})`,
          ),
        );
      } else watch(now);
    });
  };
  watch(0);
  const either = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  try {
    await connection.exchange(undefined, either, () => connection.client.downloadTo(counter.stream, file));
  } catch (error) {
    const reason = counter.error();
    if (reason !== undefined) throw reason;
    if (error instanceof EngineError && error.code === "ftp.refused") throw refused(file, error.cause);
    throw error;
  } finally {
    timer?.cancel();
  }
}

const short = (file: string, expected: number, got: number): EngineError =>
  new EngineError({
    code: "ftp.short",
    message: `${printable(file)} is short: expected ${expected} bytes, got ${got}, although the server said it was all`,
    remedy: "Look at the server's disk and log; fetch it again.",
  });
