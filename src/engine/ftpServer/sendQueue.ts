/** How far what was written to a connection is: taken by the system, acknowledged by the peer. */

import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

const hexPort = (port: number | undefined): string => (port ?? 0).toString(16).toUpperCase().padStart(4, "0");

/**
 * How much of what was written the system has not taken yet. Node's own `setTimeout` of a socket goes by it, since
 * `bytesWritten` has all of a chunk as soon as it is begun.
 */
export function untakenBytes(socket: Socket): number {
  const { _handle } = socket as { _handle?: { readonly writeQueueSize?: number } | null };
  return _handle?.writeQueueSize ?? 0;
}

/**
 * How many bytes the peer has not acknowledged, where the system tells (Linux).
 *
 * The kernel takes megabytes at once, so that a board that writes flash as it reads looks dead for minutes from
 * above; its acknowledgements do not. Undefined where it cannot be read. Reads a table: ask seldom.
 */
export function unacknowledgedBytes(socket: Socket): number | undefined {
  const local = `:${hexPort(socket.localPort)}`;
  const remote = `:${hexPort(socket.remotePort)}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let text: string;
    try {
      text = readFileSync(table, "utf8");
    } catch {
      continue; // Not Linux, or without IPv6.
    }
    for (const line of text.split("\n")) {
      // sl local_address rem_address st tx_queue:rx_queue …
      const [, from = "", to = "", , queues = ""] = line.trim().split(/\s+/);
      if (from.endsWith(local) && to.endsWith(remote)) return parseInt(queues, 16);
    }
  }
  return undefined;
}
