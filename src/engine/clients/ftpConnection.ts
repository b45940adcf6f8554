/**
 * One control connection of basic-ftp, the only importer of the package: deadlines on the clock instead of its own,
 * complete reply lines, no socket left behind, and errors in words.
 */

import { Socket } from "node:net";
import { Client, FTPError, type FTPResponse } from "basic-ftp";
import { errorMessage, printable } from "../../model/text";
import type { Clock, Timer } from "../clock";
import { EngineError, systemCode } from "../errors";
import type { FtpTarget } from "./boardIo";

/** How long a whole reply may take, however it trickles in. */
export const replyMs = 30_000;
/** What basic-ftp bounds a reply to; an endless line is not kept waiting for its end. */
const longestReply = 64 * 1024;

/** A connection that can be ended at any time, with everything that hangs on it. */
export interface FtpConnection {
  readonly client: Client;
  /** Runs one exchange; the deadline (ms, or none) or the signal closes the connection, which ends it. */
  exchange<Result>(
    ms: number | undefined,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result>;
  /** One command and its reply, whatever its code below 400. @throws EngineError `ftp.refused` … */
  request(command: string, signal?: AbortSignal): Promise<FTPResponse>;
  destroy(): void;
}

/** Opens nothing yet: `client.connect` is the first exchange. */
export function openConnection(clock: Clock, target: FtpTarget): FtpConnection {
  const where = `${target.host}:${target.port}`;
  // 0: basic-ftp's own timeouts, which every byte puts off, are off.
  const client = new Client(0);
  const sockets = new Set<Socket>();
  let first = true;
  // basic-ftp loses a data socket that is still connecting when it is closed; here each of them is known.
  client.ftp._newSocket = () => {
    const socket = boundSocket(target.localAddress);
    // The first one is the control connection.
    const kind = first ? "control" : "data";
    first = false;
    socket.once("connect", () => target.tap?.tcp(socket, { kind, opened: true }));
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  passCompleteLines(client);

  const destroy = (reason: Error = new Error("the connection was closed")): void => {
    client.ftp.closeWithError(reason);
    for (const socket of sockets) socket.destroy(reason);
  };

  const exchange = async <Result>(
    ms: number | undefined,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    signal?.throwIfAborted();
    let timer: Timer | undefined;
    let abort: (() => void) | undefined;
    const cut = new Promise<never>((_, reject) => {
      const end = (reason: Error): void => {
        reject(reason);
        destroy(reason);
      };
      if (ms !== undefined) {
        timer = clock.at(clock.now() + ms, () => {
          end(timeout(`${where} gave no whole answer within ${ms / 1000} s`));
        });
      }
      abort = () => {
        end(signal?.reason as Error);
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
    try {
      return await Promise.race([work(), cut]);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw troubleOf(error, where);
    } finally {
      timer?.cancel();
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
    }
  };

  return {
    client,
    exchange,
    request: (command, signal) => exchange(replyMs, signal, () => client.send(command)),
    destroy,
  };
}

function boundSocket(localAddress: string | undefined): Socket {
  const socket = new Socket();
  if (localAddress === undefined) return socket;
  const connect = socket.connect.bind(socket) as (options: object, listener?: () => void) => Socket;
  // basic-ftp connects with an options object and a listener, and has no option for the local address.
  socket.connect = ((options: object, listener?: () => void) =>
    connect({ ...options, localAddress }, listener)) as Socket["connect"];
  return socket;
}

/** basic-ftp takes each segment for whole lines: a reply code split over two is lost, half a line counts as one. */
function passCompleteLines(client: Client): void {
  const context = client.ftp as unknown as { _onControlSocketData(chunk: string): void };
  const parse = context._onControlSocketData.bind(context);
  let partial = "";
  context._onControlSocketData = (chunk) => {
    partial += chunk;
    const end = partial.lastIndexOf("\n") + 1;
    // An endless line goes on to basic-ftp, which closes the connection.
    const complete = partial.length > longestReply ? partial : partial.slice(0, end);
    partial = partial.slice(complete.length);
    if (complete !== "") parse(complete);
  };
}

export const timeout = (message: string): EngineError =>
  new EngineError({
    code: "ftp.timeout",
    message,
    remedy: "Look whether the server still runs, and whether a firewall cuts its data connections.",
  });

/** The server's own words, on one line. */
export const reply = (error: unknown): string => printable(errorMessage(error));

export const refused = (what: string, cause: unknown): EngineError =>
  new EngineError(
    {
      code: "ftp.refused",
      message: `the FTP server refused ${printable(what)}: ${reply(cause)}`,
      remedy: "Look at the name, its case and its folder, and at the rights of the user on the server.",
    },
    { cause },
  );

const unreachable = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTDOWN",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
]);

/** Whatever basic-ftp or the system threw, in words. */
function troubleOf(error: unknown, where: string): Error {
  if (error instanceof EngineError) return error;
  if (error instanceof FTPError) return refused("a command", error);
  const code = systemCode(error);
  if (code !== undefined && unreachable.has(code)) {
    return new EngineError(
      {
        code: "ftp.unreachable",
        message: `no FTP server at ${where} (${code})`,
        remedy: "Look whether it runs, at its address and port, and at firewalls between.",
      },
      { cause: error },
    );
  }
  return new EngineError(
    {
      code: "ftp.lost",
      message: `the FTP connection to ${where} ended: ${reply(error)}`,
      remedy: "Look at the server's log, then try again.",
    },
    { cause: error },
  );
}
