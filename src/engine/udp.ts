/** UDP sockets: the one place that binds, and the errors of it in words. */

import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { errorMessage } from "../model/text";
import type { Endpoint } from "../protocol/endpoint";
import type { BusyPoll } from "./busyPoll";
import { EngineError } from "./errors";
import { heldPorts } from "./heldPorts";
import type { SocketTap } from "./packets/tap";
import { bindError } from "./portHolder";

export type { Endpoint };

export interface UdpOptions {
  /** The address to bind: one of this host's, or a wildcard. */
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Shares the port with other sockets (BOOTP's receiver and senders on port 67). */
  readonly reuseAddr?: boolean;
  /** May send to broadcast addresses; without it they are EACCES. */
  readonly broadcast?: boolean;
  /** Bytes of the kernel's receive buffer; the system's default when absent. */
  readonly receiveBufferSize?: number;
  /** Called for each datagram. `packet` is the receiver's own copy. It must not throw. */
  readonly onPacket: (packet: Uint8Array, from: Endpoint) => void;
  /** The peer answers what is sent, and the answer is polled for. */
  readonly poll?: BusyPoll | undefined;
  /** Hears of each datagram that comes and goes; it must not throw. */
  readonly tap?: (local: Endpoint) => SocketTap;
  /** An error after binding (ENETUNREACH, EACCES of a send …); the socket goes on. */
  readonly onError?: (error: Error) => void;
}

export interface UdpSocket {
  /** Where it is bound. */
  readonly local: Endpoint;
  /**
   * Sends one datagram, never throws; what fails goes to `onError`, of the first ones and then of a few.
   * @param note what a capture says of it.
   */
  readonly send: (packet: Uint8Array, to: Endpoint, note?: string) => void;
  /** Resolves when the port is free again; what was sent before is sent. */
  close(): Promise<void>;
}

/**
 * A socket that is bound and heard by nobody yet.
 * @throws EngineError `port.inUse`, `port.permission`, `port.rootGone`, `address.missing`.
 */
export async function bindUdp(options: Pick<UdpOptions, "address" | "port" | "reuseAddr">): Promise<Socket> {
  const family = isIPv6(options.address) ? 6 : 4;
  const socket: Socket = createSocket({
    // An IPv6 wildcard must not take the IPv4 port as well; on an IPv4 socket the option itself is an error.
    ...(family === 6 ? { type: "udp6", ipv6Only: true } : { type: "udp4" }),
    // Addresses only, so there is nothing to look up; Node's own look-up would put `send` off, and a `close`
    // right after it would lose the packet.
    lookup: (address, _, found) => {
      found(null, address, family);
    },
    reuseAddr: options.reuseAddr ?? false,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw bindError("udp", options, error);
  });
  return socket;
}

/**
 * Node tells of an error in a callback, which is a turn of its own: with one for each packet 1468 × 16 took 7.0 µs a
 * block, and takes 6.1. What fails with one packet of a socket fails with the next ones too, so a few have one.
 */
const alwaysTold = 8;
const toldEvery = 64;

/** Opens one, or takes the one that is held for it. @throws as `bindUdp`. */
export async function openUdp(options: UdpOptions): Promise<UdpSocket> {
  const socket = heldPorts.udp.take(options) ?? (await bindUdp(options));
  // Not read from `options` for each packet: made with a spread, they are of another hidden class for each socket.
  const { poll, onPacket: handle, onError: report = () => undefined } = options;
  socket.on("error", report);
  const local = { address: options.address, port: socket.address().port };
  const tap = options.tap?.(local);
  const onPacket: UdpOptions["onPacket"] = (packet, from) => {
    poll?.heard();
    tap?.received(packet, from);
    handle(packet, from);
  };
  socket.on("message", onPacket);
  if (options.broadcast === true) socket.setBroadcast(true);
  if (options.receiveBufferSize !== undefined) socket.setRecvBufferSize(options.receiveBufferSize);
  const told = (error: Error | null): void => {
    if (error) report(error);
  };
  let sent = 0;
  let open = true;
  return {
    local,
    send: (packet, to, note) => {
      if (!open) return;
      try {
        sent += 1;
        if (sent <= alwaysTold || sent % toldEvery === 0) socket.send(packet, to.port, to.address, told);
        else socket.send(packet, to.port, to.address);
        poll?.sent();
        tap?.sent(packet, to, note);
      } catch (error) {
        // A port of 0 or an address that is none throws at once (ERR_SOCKET_BAD_PORT).
        report(error as Error);
      }
    },
    close: () =>
      new Promise((resolve) => {
        if (!open) {
          resolve();
          return;
        }
        open = false;
        poll?.close();
        if (heldPorts.udp.giveBack(socket)) {
          socket.off("error", report).off("message", onPacket);
          resolve();
        } else socket.close(resolve);
      }),
  };
}

/** The local address that leads to a host, and the host's own. Nothing is sent. @throws EngineError `host.unreachable` */
export async function routeTo(host: string): Promise<{ readonly local: string; readonly remote: string }> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject).once("connect", resolve);
      // Port 9, discard: a UDP connect only chooses the route.
      socket.connect(9, host);
    });
    return { local: socket.address().address, remote: socket.remoteAddress().address };
  } catch (error) {
    throw new EngineError(
      {
        code: "host.unreachable",
        message: `nothing leads to ${host}: ${errorMessage(error)}`,
        remedy: "Look at its address, and at this computer's cable and routes.",
      },
      { cause: error },
    );
  } finally {
    socket.close();
  }
}
