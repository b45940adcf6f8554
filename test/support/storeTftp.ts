/** A board that writes a file over TFTP: no command of the program does, and the server takes uploads from others. */

import type { FetchFacts, TftpTarget } from "../../src/engine/clients/boardIo";
import { factsOf } from "../../src/engine/clients/tftpClient";
import {
  defaultGiveUpMs,
  openTransfer,
  optionsFor,
  patienceOf,
  type TftpOptions,
} from "../../src/engine/clients/tftpOpening";
import { outcomeOf } from "../../src/engine/clients/tftpOutcome";
import type { Clock } from "../../src/engine/clock";
import { SendingExchange } from "../../src/engine/tftpExchange";
import { encodeNetascii } from "../../src/protocol/tftp/netascii";
import type { Request } from "../../src/protocol/tftp/packet";
import { Sender } from "../../src/protocol/tftp/sender";

export interface StoreOptions extends Omit<TftpOptions, "maxBytes"> {
  /** Bytes of the file, told to the server where they are known. */
  readonly size?: number;
}

/**
 * Writes one file. Resolves when the server has acknowledged the last block.
 * @throws EngineError as `fetchTftp`; what the source threw; the signal's reason.
 */
export async function storeTftp(
  clock: Clock,
  target: TftpTarget,
  file: string,
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
  options: StoreOptions = {},
): Promise<FetchFacts> {
  const { mode = "octet", giveUpMs = defaultGiveUpMs } = options;
  const request: Request = { op: "WRQ", file, mode, options: optionsFor(target, options, options.size) };
  const askedAt = clock.now();
  const opened = await openTransfer(clock, target, request, signal, giveUpMs);
  const { conversation, agreement } = opened;
  const { blksize, windowsize } = agreement;
  const sender = new Sender({ blksize, windowsize, patience: patienceOf(agreement, giveUpMs) }, clock.now());
  const outcome = outcomeOf(
    conversation,
    file,
    () => exchange.bytes,
    giveUpMs,
    signal,
    () => {
      void exchange.close();
      void conversation.close();
    },
  );
  const chunks = mode === "netascii" ? netasciiOf(source) : source;
  const exchange: SendingExchange = new SendingExchange(
    clock,
    conversation.send,
    sender,
    chunks[Symbol.asyncIterator](),
    blksize,
    { ended: outcome.ended, failed: outcome.failed },
  );
  conversation.listen((bytes) => {
    exchange.receive(bytes);
  });
  outcome.heed();
  exchange.start();
  await outcome.promise;
  return factsOf(clock, exchange, agreement, exchange.bytes, askedAt);
}

async function* netasciiOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) yield encodeNetascii(chunk);
}
