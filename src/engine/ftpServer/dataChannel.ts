/**
 * How the next data connection comes to be: the client connects (PASV, EPSV) or this server does (PORT, EPRT).
 * One channel serves one transfer. ftp-srv's connectors are not used: they leak listeners, poll, and let any
 * passer-by end a session (F19 to F23, F33, F36).
 */

import { createServer, connect, type Server, type Socket } from "node:net";
import { canonical, unmapped } from "../access";
import type { Clock } from "../clock";
import { systemCode } from "../errors";
import type { Tap } from "../packets/tap";
import { Failure } from "./replies";

export interface DataChannel {
  readonly mode: "passive" | "active";
  /** The connected socket, paused; the caller owns it. @throws Failure 425, or the signal's reason */
  connect(signal: AbortSignal): Promise<Socket>;
  /** Forgets it: listener and socket that nobody took are closed. */
  close(): void;
}

export interface PassiveChannel extends DataChannel {
  readonly port: number;
}

/** What a channel is made with. */
export interface Ends {
  readonly clock: Clock;
  /** The control connection's address of this host; the data connection uses the same. */
  readonly localAddress: string;
  /** The client's address; nobody else gets the data (RFC 2577 §4). */
  readonly peer: string;
  /** How long the connection may take to come. */
  readonly waitMs: number;
  /** The TCP ports that this server listens on; a passive listener adds its own while it is open. */
  readonly ownPorts: Set<number>;
  readonly tap?: Tap | undefined;
}

const noConnection = (message: string): Failure =>
  new Failure(425, {
    code: "ftp.noDataConnection",
    message,
    remedy: "Look at the firewalls between: FTP has a connection of its own for each file, at any port.",
  });

const passiveInstead = "Have the client use passive mode.";

/** The ports that no service is registered for (RFC 6335 §6). */
const dynamicPorts = [49152, 65535] as const;
/** Elsewhere than on Linux a port may be bound beside another program's that has it on all addresses. */
const randomTries = process.platform === "linux" ? 4 : 0;

/** Ports to try: those of the range from a random one on, so that a port is not reused at once; without one any. */
function* candidates(range: readonly [number, number] | undefined): Generator<number> {
  const [first, last] = range ?? dynamicPorts;
  const count = last - first + 1;
  const start = Math.floor(Math.random() * count);
  // "Any" is drawn here as well: Linux walks past each port that a connection of the last minute had. With 10,000 small
  // files one after the other: 0.9 CPU ms a file instead of 1.7.
  const tries = range === undefined ? randomTries : count;
  for (let step = 0; step < tries; step++) yield first + ((start + step) % count);
  if (range === undefined) yield 0;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Binds by trying, never by asking first whether a port is free (F21). @throws Failure 425 */
async function bindPassive(
  ends: Ends,
  range: readonly [number, number] | undefined,
): Promise<{ server: Server; port: number }> {
  for (const port of candidates(range)) {
    // Half-open, since a client may end its side as soon as it has all the bytes that it expects.
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    try {
      await listen(server, ends.localAddress, port);
      const address = server.address();
      const bound = address !== null && typeof address === "object" ? address.port : port;
      ends.ownPorts.add(bound);
      server.once("close", () => ends.ownPorts.delete(bound));
      return { server, port: bound };
    } catch (error) {
      server.close();
      if (systemCode(error) === "EADDRINUSE" || systemCode(error) === "EACCES") continue;
      throw noConnection(`cannot open a passive port (${systemCode(error) ?? "unknown"})`);
    }
  }
  throw noConnection("no free passive port");
}

/** Opens a listener for one data connection of this client. @throws Failure 425 */
export async function openPassive(
  ends: Ends,
  range: readonly [number, number] | undefined,
): Promise<PassiveChannel> {
  const { server, port } = await bindPassive(ends, range);
  let settle: { resolve(socket: Socket): void; reject(error: Error): void } | undefined;
  const arrived = new Promise<Socket>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting yet when it fails.
  arrived.catch(() => undefined);
  let taken: Socket | undefined;
  let handedOver = false;

  const stopListening = (): void => {
    deadline.cancel();
    server.close();
  };
  const close = (): void => {
    stopListening();
    if (taken === undefined) settle?.reject(noConnection("the data connection was given up"));
    else if (!handedOver) taken.destroy();
  };
  const deadline = ends.clock.at(ends.clock.now() + ends.waitMs, () => {
    stopListening();
    settle?.reject(noConnection("no data connection was made in time"));
  });
  server.on("error", () => undefined); // EMFILE while accepting: the next one may work.
  server.on("connection", (socket) => {
    socket.on("error", () => undefined); // Whoever uses it listens as well.
    // A passer-by is sent away and the session never learns of it (F22); the first of the client is the one (S30).
    if (taken !== undefined || unmapped(socket.remoteAddress ?? "") !== ends.peer) {
      socket.destroy();
      return;
    }
    taken = socket;
    ends.tap?.tcp(socket, { kind: "data", opened: false });
    stopListening();
    settle?.resolve(socket);
  });
  return {
    mode: "passive",
    port,
    close,
    connect: async (signal) => {
      const onAbort = (): void => {
        settle?.reject(signal.reason as Error);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        if (signal.aborted) throw signal.reason as Error;
        const socket = await arrived;
        handedOver = true;
        return socket;
      } finally {
        signal.removeEventListener("abort", onAbort);
        if (!handedOver) close();
      }
    },
  };
}

/** Connects to the client's own port once the transfer starts (RFC 959 §3.3). */
export function openActive(ends: Ends, port: number): DataChannel {
  return {
    mode: "active",
    close: () => undefined,
    connect: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const socket = connect({
          host: ends.peer,
          port,
          localAddress: ends.localAddress,
          allowHalfOpen: true,
          noDelay: true,
        });
        const fail = (error: Error): void => {
          deadline.cancel();
          signal.removeEventListener("abort", onAbort);
          socket.destroy();
          reject(error);
        };
        const onAbort = (): void => {
          fail(signal.reason as Error);
        };
        const deadline = ends.clock.at(ends.clock.now() + ends.waitMs, () => {
          fail(noConnection(`port ${port} of the client did not answer`));
        });
        signal.addEventListener("abort", onAbort, { once: true });
        socket.once("connect", () => {
          deadline.cancel();
          signal.removeEventListener("abort", onAbort);
          socket.pause();
          ends.tap?.tcp(socket, { kind: "data", opened: true });
          resolve(socket);
        });
        // Stays for good: an error after this is told to whoever uses the socket, and never thrown.
        socket.on("error", (error) => {
          fail(noConnection(`port ${port} of the client: ${systemCode(error) ?? "cannot connect"}`));
        });
      }),
  };
}

/**
 * The port of a PORT or EPRT argument.
 * @param taken the ports at the client's address that are this server's own.
 * @throws Failure 501, 504, 522
 */
export function activePort(
  verb: "PORT" | "EPRT",
  argument: string,
  peer: string,
  taken: ReadonlySet<number> = new Set(),
): number {
  const { address, port } = verb === "PORT" ? parsePort(argument) : parseEprt(argument, peer);
  // Never another host, never a port below 1024: the bounce attack (RFC 2577 §3, CVE-1999-0017).
  if (canonical(address) !== canonical(peer)) {
    throw new Failure(504, {
      code: "ftp.bounce",
      message: "the data connection must go to your own address",
      remedy: passiveInstead,
    });
  }
  if (port < 1024) {
    throw new Failure(504, {
      code: "ftp.bounce",
      message: "the data connection must go to a port above 1023",
      remedy: passiveInstead,
    });
  }
  if (taken.has(port)) {
    throw new Failure(504, {
      code: "ftp.bounce",
      message: "the data connection must not go to this server",
      remedy: passiveInstead,
    });
  }
  return port;
}

function parsePort(argument: string): { address: string; port: number } {
  const fields = argument.trim().split(",");
  const bytes = fields.map(Number);
  if (
    fields.length !== 6 ||
    !fields.every((field) => /^\d{1,3}$/.test(field)) ||
    bytes.some((byte) => byte > 255)
  ) {
    throw new Failure(501, { code: "ftp.syntax", message: "PORT h1,h2,h3,h4,p1,p2" });
  }
  return { address: bytes.slice(0, 4).join("."), port: (bytes[4] ?? 0) * 256 + (bytes[5] ?? 0) };
}

/** RFC 2428 §2: `|1|192.0.2.1|6275|`, with any printable delimiter. */
function parseEprt(argument: string, peer: string): { address: string; port: number } {
  const [empty, family = "", address = "", digits = "", end, ...rest] = argument
    .trim()
    .split(argument.charAt(0));
  const port = Number(digits);
  if (empty !== "" || end !== "" || rest.length > 0 || !/^\d{1,5}$/.test(digits) || port > 65535) {
    throw new Failure(501, { code: "ftp.syntax", message: "EPRT |1|address|port| or EPRT |2|address|port|" });
  }
  assertFamily(family, peer);
  return { address, port };
}

/** The family of this control connection: 1 is IPv4, 2 is IPv6 (RFC 2428 §2). */
export function familyOf(peer: string): "1" | "2" {
  return peer.includes(":") ? "2" : "1";
}

/** @throws Failure 522 with the family that works (RFC 2428 §3) */
export function assertFamily(family: string, peer: string): void {
  const own = familyOf(peer);
  if (family === own) return;
  throw new Failure(522, { code: "ftp.family", message: `Network protocol not supported, use (${own})` });
}
