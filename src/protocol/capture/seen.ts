/** A packet as a socket told of it: what goes into a capture is made of these. */

import type { Endpoint } from "../endpoint";

export interface SeenPacket {
  /** Unix ms, with a fraction. */
  readonly at: number;
  /** True: from this host; false: to it. */
  readonly sent: boolean;
  /** `ftp` is a control connection, `ftp-data` a data connection. */
  readonly protocol: "bootp" | "tftp" | "ftp" | "ftp-data";
  /** A UDP datagram, bytes of a TCP connection, or its begin, its end in one direction, or its reset. */
  readonly kind: "datagram" | "bytes" | "open" | "end" | "reset";
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** What is kept of its payload, from the start. */
  readonly bytes: Uint8Array;
  /** Bytes of its payload as it went over the network. */
  readonly length: number;
  /** `sumOf` all of the payload, where not all is kept. */
  readonly sum?: number | undefined;
  /** What is known of it beside its bytes: `sent again, 2nd time`. */
  readonly note?: string | undefined;
}
