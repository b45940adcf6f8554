/**
 * The cage around ftp-srv 4.6.3: the only importer of the package. It keeps what ftp-srv does well (accepting,
 * the connection object, login, a dozen short commands), and takes away what loses data, leaks or reaches beyond a
 * session. The defects have numbers, F1 to F36; each is a test.
 *
 * Never used are its parser, its FileSystem, its data connections and its transfer commands.
 */

import type { Server, Socket } from "node:net";
import { FtpSrv } from "ftp-srv";
import type { Clock } from "../clock";
import { silent } from "./silentLog";

/** A command as ftp-srv's own handlers take it. */
export interface FtpSrvCommand {
  readonly directive: string;
  readonly arg: string | null;
  readonly flags: readonly string[];
  readonly raw: string;
}

/** The part of ftp-srv's file system that the commands left to it use (CWD, CDUP, PWD). */
export interface FtpSrvFileSystem {
  /** The client's path, with a leading `/`. */
  currentDirectory(): string;
  /** Resolves to the new current directory; its error's message is sent to the client. */
  chdir(path: string | null): Promise<string>;
}

/** What this project uses of ftp-srv's connection object. */
export interface FtpSrvConnection {
  readonly commandSocket: Socket;
  readonly commands: { handle(command: FtpSrvCommand): PromiseLike<unknown> };
  username: string | undefined;
  authenticated: boolean | undefined;
  transferType: "binary" | "ascii";
  /** Asks the server's "login" listener. */
  login(username: string, password: string): PromiseLike<unknown>;
}

export interface LoginRequest {
  readonly connection: FtpSrvConnection;
  readonly username: string;
  readonly password: string;
}

/** What this project uses of ftp-srv's server object. */
export interface FtpSrvServer {
  readonly server: Server;
  readonly connections: Record<string, FtpSrvConnection>;
  disconnectClient(id: string): Promise<void>;
  on(event: "connect", listener: (event: { connection: FtpSrvConnection }) => void): void;
  on(
    event: "login",
    listener: (
      request: LoginRequest,
      resolve: (granted: { fs: FtpSrvFileSystem }) => void,
      reject: (error: Error) => void,
    ) => void,
  ): void;
  on(event: "server-error", listener: (event: { error: Error }) => void): void;
  removeAllListeners(): void;
}

const endSignals = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;

/**
 * A caged ftp-srv that does not listen yet.
 * @param admit is asked before ftp-srv sees a connection; it answers those that it refuses.
 */
export function createFtpSrv(admit: (socket: Socket) => boolean): FtpSrvServer {
  const before = endSignals.map((signal) => process.listeners(signal));
  const ftp = new FtpSrv({ log: silent, timeout: 0 }) as unknown as FtpSrvServer;
  // Each instance has the process exit on a signal, for ever (F27).
  endSignals.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) {
      if (before[index]?.includes(listener) !== true) process.off(signal, listener);
    }
  });
  // Its own way of forgetting a connection sets a timer of a second for each.
  ftp.disconnectClient = (id) => {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is ftp-srv's own table
    delete ftp.connections[id];
    return Promise.resolve();
  };
  const accept = ftp.server.listeners("connection") as ((socket: Socket) => void)[];
  ftp.server.removeAllListeners("connection");
  ftp.server.on("connection", (socket) => {
    if (!admit(socket)) return;
    // A reply of a few bytes must not wait for the client's delayed ACK (F33).
    socket.setNoDelay(true);
    // A client that has sent its last command still reads the replies (RFC 9293 §3.6); the session ends its side.
    socket.allowHalfOpen = true;
    for (const listener of accept) listener(socket);
  });
  return ftp;
}

/** Takes the control connection's bytes out of ftp-srv's hands: its reader knows no line and no limit (F9, F10, F24). */
export function takeControl(connection: FtpSrvConnection, onData: (chunk: Buffer) => void): void {
  connection.commandSocket.removeAllListeners("data");
  connection.commandSocket.on("data", onData);
}

/**
 * Resolves when the bytes of a reply are written or lost. ftp-srv's own `reply` needs four turns of the event loop
 * and a system call for each line, a tenth of the time that a small file takes.
 * @param waitMs a client that does not read it for so long is dropped.
 */
export async function sendReply(
  { commandSocket }: FtpSrvConnection,
  lines: string,
  clock: Clock,
  waitMs: number,
): Promise<void> {
  if (!commandSocket.writable) return;
  const unread = clock.at(clock.now() + waitMs, () => {
    commandSocket.destroy();
  });
  await new Promise<void>((resolve) => {
    commandSocket.write(lines, () => {
      resolve();
    });
  });
  unread.cancel();
}

/** Hears of each reply that ftp-srv's own handlers send. */
export function watchReplies(
  connection: FtpSrvConnection,
  heard: (code: number, text?: string) => void,
): void {
  type Reply = (...args: readonly [code: number, text?: string]) => PromiseLike<unknown>;
  const own = connection as FtpSrvConnection & { reply: Reply };
  const reply = own.reply.bind(connection);
  own.reply = (...args) => {
    heard(...args);
    return reply(...args);
  };
}

/** Has ftp-srv's own handler do a command. The argument goes as it is, past ftp-srv's parser (F30). */
export function delegate(connection: FtpSrvConnection, verb: string, argument: string): PromiseLike<unknown> {
  return connection.commands.handle({
    directive: verb,
    arg: argument === "" ? null : argument,
    flags: [],
    raw: argument === "" ? verb : `${verb} ${argument}`,
  });
}
