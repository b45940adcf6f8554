/** A program at a UDP port: what it sends, and what comes to it, one datagram after the other. */

import { openUdp, type Endpoint, type UdpSocket } from "../../src/engine/udp";

export interface Peer {
  readonly socket: UdpSocket;
  /** To a port of 127.0.0.1. */
  send(packet: Uint8Array, to: number): void;
  /** The next datagram that comes, or came. */
  next(): Promise<{ packet: Uint8Array; from: Endpoint }>;
  readonly waiting: number;
}

/** @param port 0: any free port. */
export async function openPeer(address = "127.0.0.1", port = 0, reuseAddr = false): Promise<Peer> {
  const came: { packet: Uint8Array; from: Endpoint }[] = [];
  let notify: (() => void) | undefined;
  const socket = await openUdp({
    address,
    port,
    reuseAddr,
    onPacket: (packet, from) => {
      came.push({ packet, from });
      notify?.();
    },
  });
  return {
    socket,
    send: (packet, to) => {
      socket.send(packet, { address: "127.0.0.1", port: to });
    },
    async next() {
      while (came.length === 0) await new Promise<void>((resolve) => (notify = resolve));
      return came.shift()!;
    },
    get waiting() {
      return came.length;
    },
  };
}
