/** How a transfer of the TFTP client begins: with options, and without them where a server knows none. */

import { MalformedPacket } from "../../protocol/errors";
import { type Agreement, checkOack, plainAgreement } from "../../protocol/tftp/options";
import {
  encodeRequest,
  errorCode,
  type Options,
  type Packet,
  type Request,
} from "../../protocol/tftp/packet";
import type { Patience } from "../../protocol/tftp/patience";
import { isLocal } from "../access";
import type { Clock } from "../clock";
import { EngineError } from "../errors";
import type { TftpTarget } from "./boardIo";
import { Conversation } from "./tftpConversation";
import { malformed, refusedError, silentError, tooLongName } from "./tftpErrors";

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

/** Loopback carries large datagrams whole; a network is not made to put fragments together (RFC 2348). */
const loopbackBlocks = { blksize: 32768, windowsize: 4 };
const networkBlocks = { blksize: 1468, windowsize: 16 };
export const defaultGiveUpMs = 60_000;
/** A request is sent 3 times, 1, 2 and 4 s apart, before the same is tried without options. */
const requestSendings = 3;

/** What was agreed, and what came with it. */
export interface Opened {
  readonly conversation: Conversation;
  readonly agreement: Agreement;
  /** The first answer; an OACK where there is one. */
  readonly first: Uint8Array;
  readonly byOack: boolean;
}

/** @param size the `tsize` of the request; absent: none is told. */
export function optionsFor(target: TftpTarget, options: TftpOptions, size: number | undefined): Options {
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
export async function openTransfer(
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

export function patienceOf(agreement: Agreement, giveUpMs: number): Patience {
  const { timeoutSeconds } = agreement;
  return {
    giveUpMs,
    firstPackets: Infinity,
    progressOnly: true,
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
  };
}
