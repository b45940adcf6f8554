/** How a file is received, as it was agreed. */

import type { Limits } from "../../model/settings";
import { type Agreement, announcedSize } from "../../protocol/tftp/options";
import { encodeAck, encodeOack, type Request } from "../../protocol/tftp/packet";
import type { ReceiverOptions } from "../../protocol/tftp/receiver";
import { patienceOf } from "./sending";

/** A client whose last ACK was lost repeats its last block after its own timeout; tftp-hpa's is 5 s. */
const uploadDallyMs = 6000;

/** @param heldBackMs for how long a fault profile may hold back the last ACK. */
export function receivingOf(
  request: Request,
  agreement: Agreement,
  limits: Limits,
  heldBackMs: number,
): ReceiverOptions {
  const { blksize, windowsize, options } = agreement;
  const announced = announcedSize(request);
  return {
    ...{ blksize, windowsize },
    patience: patienceOf(agreement, limits),
    opening: options.size === 0 ? encodeAck(0) : encodeOack(options),
    dallyMs: uploadDallyMs + heldBackMs,
    // Some clients send a size of 0 for "unknown".
    ...(announced === undefined || announced === 0 ? {} : { expectedSize: announced }),
  };
}
