/** The ways a board's question can go out from a computer that has an address of its own (DESIGN §2.2, 1). */

import { isLoopback } from "../../protocol/ipv4";
import type { Envelope } from "../../protocol/bootp/client";
import { broadcastFlag, unspecified } from "../../protocol/bootp/packet";
import { openUdp, routeTo, type Endpoint, type UdpOptions, type UdpSocket } from "../udp";
import type { BootpOptions } from "./boardIo";

export type Way = "anyPort" | "clientPort" | "relay" | "broadcast";

/** The ways to go, in this order, until one is answered. */
export function waysOf({ way, target, localAddress }: BootpOptions): readonly Way[] {
  if (way !== "auto") return [way];
  const known = target !== undefined || (localAddress !== undefined && isLoopback(localAddress));
  return known ? ["anyPort", "clientPort", "relay"] : ["broadcast"];
}

/** One way that is open. */
export interface Channel {
  readonly way: Way;
  readonly envelope: Envelope;
  send(packet: Uint8Array): void;
  close(): Promise<void>;
}

/** The ports of client and relay agent: 68 and 67, but for tests without rights. */
export interface WayPorts {
  readonly client: number;
  readonly relay: number;
}

type OnPacket = (packet: Uint8Array, from: Endpoint) => void;
type Heard = Pick<UdpOptions, "onPacket" | "tap">;

/** @throws EngineError where the port cannot be had, or nothing leads to the target. */
export async function openWay(
  way: Way,
  options: BootpOptions,
  ports: WayPorts,
  onPacket: OnPacket,
): Promise<Channel> {
  const { tap } = options;
  const heard: Heard = { onPacket, ...(tap && { tap: (local) => tap.udp("bootp", local) }) };
  if (way === "broadcast") {
    const { target, localAddress, port } = options;
    const own = localAddress ?? (target === undefined ? undefined : (await routeTo(target)).local);
    const sockets = await openPort(own, ports.client, heard);
    // This computer has an address, but the board that it plays has none, and needs a broadcast.
    const envelope = { ciaddr: unspecified, giaddr: unspecified, flags: broadcastFlag };
    return channel(way, envelope, sockets, { address: "255.255.255.255", port });
  }
  const route = await routeTo(options.target ?? options.localAddress ?? "127.0.0.1");
  const own = options.localAddress ?? route.local;
  const to = { address: route.remote, port: options.port };
  switch (way) {
    case "anyPort":
    case "clientPort": {
      // dnsmasq answers such a question only where `ciaddr` says whither (facts/boards.md).
      const envelope = { ciaddr: own, giaddr: unspecified, flags: 0 };
      const sockets =
        way === "clientPort"
          ? await openPort(own, ports.client, heard)
          : [await openUdp({ address: own, port: 0, ...heard })];
      return channel(way, envelope, sockets, to);
    }
    case "relay": {
      const envelope = { ciaddr: unspecified, giaddr: own, flags: 0 };
      return channel(way, envelope, [await openUdp({ address: own, port: ports.relay, ...heard })], to);
    }
  }
}

/**
 * A sender on address:68, whose broadcasts leave by the right interface, and a listener on 0.0.0.0:68, which alone
 * hears broadcasts (facts/boards.md). On loopback the sender is enough. The first one sends.
 */
async function openPort(address: string | undefined, port: number, heard: Heard): Promise<UdpSocket[]> {
  const shared = { port, broadcast: true, reuseAddr: true, ...heard };
  if (address !== undefined && isLoopback(address)) return [await openUdp({ ...shared, address })];
  const listener = await openUdp({ ...shared, address: unspecified });
  if (address === undefined) return [listener];
  try {
    return [await openUdp({ ...shared, address, port: listener.local.port }), listener];
  } catch (error) {
    await listener.close();
    throw error;
  }
}

function channel(way: Way, envelope: Envelope, sockets: readonly UdpSocket[], to: Endpoint): Channel {
  return {
    way,
    envelope,
    send: (packet) => sockets[0]?.send(packet, to),
    close: async () => {
      await Promise.all(sockets.map((socket) => socket.close()));
    },
  };
}
