/** The tap: what sockets tell about each packet. Who taps copies the bytes that it keeps. */

import type { Socket } from "node:net";
import type { Endpoint } from "../../protocol/endpoint";

/** Of one UDP socket. */
export interface SocketTap {
  received(packet: Uint8Array, from: Endpoint): void;
  /** @param note what is known of it beside its bytes: `injected fault: sent twice`. */
  sent(packet: Uint8Array, to: Endpoint, note?: string): void;
}

/** A TCP connection as it is tapped. */
export interface TappedConnection {
  readonly kind: "control" | "data";
  /** True: this host made it. */
  readonly opened: boolean;
}

export interface Tap {
  /**
   * Of a UDP socket that is bound there. On a wildcard the address of each packet is the one of this host that its
   * peer most likely reached.
   */
  udp(protocol: "bootp" | "tftp", local: Endpoint): SocketTap;
  /** Taps a connection that stands: from now on, to its end. */
  tcp(socket: Socket, connection: TappedConnection): void;
  /** Says something of the last packet of a client, which comes by that address or MAC. */
  remark(client: string, words: string): void;
  /** True while each packet of that address is kept: one that nobody here sees must not be sent in another way. */
  tapsWhole(address: string): boolean;
}
