/** The TFTP client: reads one file. */

import { NetasciiDecoder } from "../../protocol/tftp/netascii";
import type { Agreement } from "../../protocol/tftp/options";
import { encodeAck, errorCode, type Request } from "../../protocol/tftp/packet";
import { Receiver } from "../../protocol/tftp/receiver";
import { isLocal } from "../access";
import type { Clock } from "../clock";
import { measuredOf, rateOf } from "../measuring";
import { type Exchange, ReceivingExchange, type Store } from "../tftpExchange";
import type { FetchFacts, Sink, TftpTarget } from "./boardIo";
import { CrawlWatch } from "./crawl";
import { crawling, tooLarge } from "./tftpErrors";
import { defaultGiveUpMs, openTransfer, optionsFor, patienceOf, type TftpOptions } from "./tftpOpening";
import { outcomeOf } from "./tftpOutcome";

/** The server repeats its last block after its own timeout, where our last ACK was lost: 1 s is usual. */
const dallyMs = 2000;

/**
 * What is told of a transfer at its end.
 * @param askedAt when the first request went out, on the clock.
 */
export function factsOf(
  clock: Clock,
  exchange: Exchange,
  agreement: Agreement,
  bytes: number,
  askedAt: number,
): FetchFacts {
  const { blksize, windowsize, timeoutSeconds, size } = agreement;
  return {
    bytes,
    ...(size === undefined ? {} : { announced: size }),
    options: { blksize, windowsize, ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }) },
    retransmissions: exchange.machine.retransmissions,
    ...rateOf(bytes, clock.now() - askedAt),
    ...measuredOf(exchange.machine, askedAt),
  };
}

/**
 * Reads one file. Resolves with the last ACK; the socket stays a little longer, to repeat it.
 * @param target its host is an IP address.
 * @throws EngineError `tftp.refused`, `tftp.timeout`, `tftp.size`, `tftp.tooLarge`, `tftp.malformed`; what the
 * sink threw; the signal's reason.
 */
export async function fetchTftp(
  clock: Clock,
  target: TftpTarget,
  file: string,
  sink: Sink,
  signal?: AbortSignal,
  options: TftpOptions = {},
): Promise<FetchFacts> {
  const { mode = "octet", giveUpMs = defaultGiveUpMs, maxBytes = Infinity } = options;
  const request: Request = { op: "RRQ", file, mode, options: optionsFor(target, options, 0) };
  const askedAt = clock.now();
  const opened = await openTransfer(clock, target, request, signal, giveUpMs);
  const { conversation, agreement, first, byOack } = opened;
  if ((agreement.size ?? 0) > maxBytes) {
    conversation.refuse(errorCode.diskFull, "the file is too large");
    await conversation.close();
    throw tooLarge(file, maxBytes);
  }
  const receiver = new Receiver(
    {
      blksize: agreement.blksize,
      windowsize: agreement.windowsize,
      patience: patienceOf(agreement, giveUpMs),
      dallyMs: isLocal(target.host) ? 0 : dallyMs,
      ...(byOack ? { opening: encodeAck(0) } : {}),
      // A size of 0 is what some servers send for "unknown".
      ...(agreement.size === undefined || agreement.size === 0 ? {} : { expectedSize: agreement.size }),
    },
    clock.now(),
  );
  const pace = new CrawlWatch(clock);
  const stored = countingStore(sink, pace, mode === "netascii", file, maxBytes);
  const outcome = outcomeOf(conversation, file, stored.bytes, giveUpMs, signal, () => {
    void exchange.close();
    void conversation.close();
  });
  const exchange = new ReceivingExchange(clock, conversation.send, receiver, stored.store, {
    progress: () => {
      if (!receiver.allReceived && pace.crawls(stored.bytes())) outcome.failed(crawling(file));
    },
    stored: outcome.succeed,
    ended: outcome.ended,
    failed: outcome.failed,
  });
  conversation.listen((bytes) => {
    exchange.receive(bytes);
  });
  outcome.heed();
  exchange.start();
  if (!byOack) exchange.receive(first);
  await outcome.promise;
  return factsOf(clock, exchange, agreement, stored.bytes(), askedAt);
}

/** A store over a sink that counts the file's bytes. */
function countingStore(
  sink: Sink,
  pace: CrawlWatch,
  netascii: boolean,
  file: string,
  maxBytes: number,
): { readonly store: Store; readonly bytes: () => number } {
  const decoder = netascii ? new NetasciiDecoder() : undefined;
  let count = 0;
  const give = (data: Uint8Array): Promise<void> | undefined => {
    count += data.length;
    if (count > maxBytes) throw tooLarge(file, maxBytes);
    // A promise holds the server back; anything else is done.
    const taking = data.length === 0 ? undefined : sink(data);
    return taking instanceof Promise ? pace.excuse(taking) : undefined;
  };
  return {
    store: {
      write: (data) => give(decoder === undefined ? data : decoder.decode(data)),
      finish: () => give(decoder === undefined ? new Uint8Array(0) : decoder.end()),
    },
    bytes: () => count,
  };
}
