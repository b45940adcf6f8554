/** What is sent and how, as it was agreed; and the exchange that sends it, in whichever thread. */

import type { Limits } from "../../model/settings";
import type { Rollover } from "../../protocol/tftp/blockNumbers";
import type { Agreement } from "../../protocol/tftp/options";
import { encodeOack, type Request } from "../../protocol/tftp/packet";
import type { Patience } from "../../protocol/tftp/patience";
import { Sender } from "../../protocol/tftp/sender";
import type { Clock } from "../clock";
import type { FileBytes } from "../servedRoot/servedRoot";
import { type ExchangeEvents, SendingExchange } from "../tftpExchange";
import { readChunks } from "./file";

/** Plain data. */
export interface Sending {
  readonly netascii: boolean;
  readonly blksize: number;
  readonly windowsize: number;
  readonly patience: Patience;
  readonly oack?: Uint8Array;
  readonly rollover: Rollover;
  /** Bytes of one chunk of read-ahead. */
  readonly chunkSize: number;
}

/** How long to wait for the peer of a transfer. */
export function patienceOf({ timeoutSeconds }: Agreement, { giveUpSeconds, firstPackets }: Limits): Patience {
  return {
    giveUpMs: giveUpSeconds * 1000,
    firstPackets,
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
  };
}

/** What follows from the agreement alone. */
export function sendingOf(
  { mode }: Request,
  agreement: Agreement,
  limits: Limits,
): Omit<Sending, "rollover" | "chunkSize"> {
  const { blksize, windowsize, options } = agreement;
  return {
    netascii: mode === "netascii",
    ...{ blksize, windowsize },
    patience: patienceOf(agreement, limits),
    ...(options.size === 0 ? {} : { oack: encodeOack(options) }),
  };
}

/** @param send carries a packet to the peer. */
export function sendingExchange(
  clock: Clock,
  send: (packet: Uint8Array) => void,
  file: FileBytes,
  sending: Sending,
  events: ExchangeEvents,
): SendingExchange {
  const sender = new Sender(sending, clock.now());
  return new SendingExchange(clock, send, sender, readChunks(file, sending), sending.blksize, events);
}
