/** A packet as a socket tells of it, for tests of captures and of what is said in them. */

import type { SeenPacket } from "../../src/protocol/capture/seen";

/** A datagram that came to TFTP's port. @param more what else a test is about. */
export const seenPacket = (bytes: Uint8Array, more: Partial<SeenPacket> = {}): SeenPacket => ({
  at: 0,
  sent: false,
  protocol: "tftp",
  kind: "datagram",
  local: { address: "127.0.0.1", port: 69 },
  remote: { address: "127.0.0.1", port: 50_000 },
  bytes,
  length: bytes.length,
  ...more,
});
