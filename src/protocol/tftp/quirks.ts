/** What a board's quirks make of the negotiation: the request is read as if less had been asked, or less is offered. */

import type { QuirkName, Quirks } from "../quirks";
import { negotiate, type Agreement, type Offer } from "./options";
import type { Request } from "./packet";

export interface BentAgreement {
  readonly agreement: Agreement;
  /** The quirks that make a difference to this transfer. */
  readonly inForce: Quirks;
}

/** True where the transfer keeps to one block at a time: copies and a second block 1 cannot be told from losses in a window. */
const isLockStep = ({ rollover, duplicatePackets }: Quirks): boolean =>
  rollover === 1 || duplicatePackets === true;

function bentRequest(request: Request, { noOptions, noTsize }: Quirks): Request {
  if (noOptions === true) return { ...request, options: new Map() };
  if (noTsize !== true) return request;
  return { ...request, options: new Map([...request.options].filter(([name]) => name !== "tsize")) };
}

function bentOffer(offer: Offer, quirks: Quirks): Offer {
  const { maxBlksize = Infinity, maxWindowsize = Infinity } = quirks;
  return {
    ...offer,
    maxBlksize: Math.min(offer.maxBlksize, maxBlksize),
    maxWindowsize: isLockStep(quirks) ? 1 : Math.min(offer.maxWindowsize, maxWindowsize),
  };
}

/** Answers a request of a board with these quirks. */
export function negotiateWith(request: Request, offer: Offer, quirks: Quirks): BentAgreement {
  if (Object.keys(quirks).length === 0) return { agreement: negotiate(request, offer), inForce: quirks };
  const plain = negotiate(request, offer);
  const agreement = negotiate(bentRequest(request, quirks), bentOffer(offer, quirks));
  const { noOptions = false, maxBlksize = Infinity, maxWindowsize = Infinity } = quirks;
  const matters: Readonly<Record<QuirkName, boolean>> = {
    maxBlksize: !noOptions && maxBlksize < plain.blksize,
    maxWindowsize: !noOptions && maxWindowsize < plain.windowsize,
    noTsize: !noOptions && plain.options.has("tsize"),
    noOptions: plain.options.size > 0,
    rollover: true,
    duplicatePackets: request.op === "RRQ",
    answerDelayMs: true,
    alwaysBroadcast: false,
    singlePort: true,
  };
  const inForce = Object.entries(quirks).filter(([name]) => matters[name as QuirkName]);
  return { agreement, inForce: Object.fromEntries(inForce) };
}
