/** The TFTP client: reads and writes one file with options, and without them where a server knows none. */

import { MalformedPacket } from "../../protocol/errors";
import { encodeNetascii, NetasciiDecoder } from "../../protocol/tftp/netascii";
import { type Agreement, checkOack, plainAgreement } from "../../protocol/tftp/options";
import {
  encodeAck,
  encodeRequest,
  errorCode,
  type Options,
  type Packet,
  type Request,
} from "../../protocol/tftp/packet";
import type { Patience } from "../../protocol/tftp/patience";
import { Receiver } from "../../protocol/tftp/receiver";
import { Sender } from "../../protocol/tftp/sender";
import type { Clock } from "../clock";
import { EngineError } from "../errors";
import { isLocal } from "../access";
import { measuredOf, rateOf } from "../measuring";
import { type Exchange, ReceivingExchange, SendingExchange, type Store } from "../tftpExchange";
import type { FetchFacts, Sink, TftpTarget } from "./boardIo";
import { CrawlWatch } from "./crawl";
import { Conversation } from "./tftpConversation";
import { crawling, malformed, refusedError, silentError, tooLarge, tooLongName } from "./tftpErrors";
import { outcomeOf } from "./tftpOutcome";

export interface TftpOptions {
  readonly mode?: "octet" | "netascii";
  /** 512: not asked for. */
  readonly blksize?: number;
  /** 1: not asked for. */
  readonly windowsize?: number;
  /** The retransmission timeout to ask for (RFC 2349); absent: not asked for. */
  readonly timeoutSeconds?: number;
  /** False: the size is not asked for, nor told. */
  readonly tsize?: boolean;
  /** Without anything new from the server for so long it is given up; default 60,000. */
  readonly giveUpMs?: number;
  /** A larger file is refused. */
  readonly maxBytes?: number;
}

export interface StoreOptions extends Omit<TftpOptions, "maxBytes"> {
  /** Bytes of the file, told to the server where they are known. */
  readonly size?: number;
}

/** Loopback carries large datagrams whole; a network is not made to put fragments together (RFC 2348). */
const loopbackBlocks = { blksize: 32768, windowsize: 4 };
const networkBlocks = { blksize: 1468, windowsize: 16 };
const defaultGiveUpMs = 60_000;
/** A request is sent 3 times, 1, 2 and 4 s apart, before the same is tried without options. */
const requestSendings = 3;
/** The server repeats its last block after its own timeout, where our last ACK was lost: 1 s is usual. */
const dallyMs = 2000;

/** What was agreed, and what came with it. */
interface Opened {
  readonly conversation: Conversation;
  readonly agreement: Agreement;
  /** The first answer; an OACK where there is one. */
  readonly first: Uint8Array;
  readonly byOack: boolean;
}

function optionsFor(target: TftpTarget, options: StoreOptions, size: number | undefined): Options {
  const blocks = isLocal(target.host) ? loopbackBlocks : networkBlocks;
  const { blksize = blocks.blksize, windowsize = blocks.windowsize, timeoutSeconds } = options;
  const asked = new Map<string, string>();
  if (options.tsize !== false && options.mode !== "netascii" && size !== undefined)
    asked.set("tsize", `${size}`);
  if (blksize !== plainAgreement.blksize) asked.set("blksize", `${blksize}`);
  if (timeoutSeconds !== undefined) asked.set("timeout", `${timeoutSeconds}`);
  if (windowsize !== plainAgreement.windowsize) asked.set("windowsize", `${windowsize}`);
  return asked;
}

/** Asks with options, and once more without them where they may be the reason for a refusal or for silence (T33). */
async function openTransfer(
  clock: Clock,
  target: TftpTarget,
  request: Request,
  signal: AbortSignal | undefined,
  giveUpMs: number,
): Promise<Opened> {
  const attempts = request.options.size === 0 ? [request] : [request, { ...request, options: new Map() }];
  let problem: EngineError | undefined;
  for (const attempt of attempts) {
    const conversation = new Conversation(clock, target);
    await conversation.open();
    try {
      const opened = await openOnce(conversation, attempt, target, signal, giveUpMs);
      if (!(opened instanceof EngineError)) return opened;
      problem = opened;
    } catch (error) {
      await conversation.close();
      throw error;
    }
    await conversation.close();
  }
  throw problem ?? silentError(target, request.file);
}

/** One attempt. An error that is returned may be due to the options; one that is thrown is not. */
async function openOnce(
  conversation: Conversation,
  request: Request,
  target: TftpTarget,
  signal: AbortSignal | undefined,
  giveUpMs: number,
): Promise<Opened | EngineError> {
  const patience = { giveUpMs, firstPackets: requestSendings };
  const [expected, first] = request.op === "RRQ" ? (["DATA", 1] as const) : (["ACK", 0] as const);
  const answers = ({ op, ...packet }: Packet): boolean =>
    op === "OACK" || op === "ERROR" || (op === expected && "block" in packet && packet.block === first);
  const answer = await conversation.ask(encoded(request), answers, patience, signal);
  if (answer === undefined) return silentError(target, request.file);
  const { packet, bytes } = answer;
  switch (packet.op) {
    case "ERROR": {
      const error = refusedError(request.file, packet, 0);
      const byOptions = packet.code === errorCode.optionRefused || packet.code === errorCode.illegalOperation;
      if (byOptions) return error;
      throw error;
    }
    case "OACK":
      try {
        const agreement = checkOack(request.options, packet.options);
        return { conversation, agreement, first: bytes, byOack: true };
      } catch (error) {
        if (!(error instanceof MalformedPacket)) throw error;
        conversation.refuse(errorCode.optionRefused, error.message);
        throw malformed(`the server's OACK cannot be accepted: ${error.message}`, error);
      }
    default:
      if (answers(packet)) return { conversation, agreement: plainAgreement, first: bytes, byOack: false };
      conversation.refuse(errorCode.illegalOperation, `${packet.op} is no answer to ${request.op}`);
      throw malformed(`the server answered ${request.op} with ${packet.op}`);
  }
}

function encoded(request: Request): Uint8Array {
  try {
    return encodeRequest(request);
  } catch (error) {
    throw tooLongName(request.file, error);
  }
}

function patienceOf(agreement: Agreement, giveUpMs: number): Patience {
  const { timeoutSeconds } = agreement;
  return {
    giveUpMs,
    firstPackets: Infinity,
    progressOnly: true,
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
  };
}

/** @param askedAt when the first request went out, on the clock. */
function factsOf(
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
