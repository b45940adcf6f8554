/** One datagram that is handed over twice. */

import { toHex } from "../../protocol/bytes";
import type { ServerContext } from "../server";
import type { Endpoint } from "../udp";

/** Windows hands a broadcast to the wildcard's socket and the address's alike, this close together. */
const twiceMs = 100;
export type Receive = (packet: Uint8Array, from: Endpoint, on: string | undefined) => void;

/** Passes on the first of two equal datagrams (chaddr, xid and all other bytes) that come at the same time. */
export function once({ clock }: Pick<ServerContext, "clock">, receive: Receive): Receive {
  let seenAt = -Infinity;
  const seen = new Set<string>();
  return (packet, from, on) => {
    const now = clock.now();
    if (now - seenAt > twiceMs) seen.clear();
    const bytes = toHex(packet);
    if (seen.has(bytes)) return;
    if (seen.size === 0) seenAt = now;
    seen.add(bytes);
    receive(packet, from, on);
  };
}
