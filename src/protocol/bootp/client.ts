/**
 * The board's side: it asks BOOTP (RFC 951 §7.2), or DHCP (RFC 2131 §4.4) by DISCOVER, OFFER, REQUEST and ACK, and
 * takes the first valid reply. One machine is one question: some tries, the same `xid` in each, then silence.
 */

import { MalformedPacket } from "../errors";
import type { Step } from "../machine";
import { getOption, messageTypes, option, optionTable } from "./options";
import { BOOTREPLY, BOOTREQUEST, decodePacket, encodePacket, ethernet, unspecified } from "./packet";
import type { BootpPacket } from "./packet";
import type { Endpoint } from "../endpoint";

/** Who asks. */
export interface Board {
  /** Six bytes. */
  readonly chaddr: Uint8Array;
  /** More options to ask with; option 61 among them for a verification. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

/** What the way of asking puts into the header, so that the reply finds back. */
export interface Envelope {
  readonly ciaddr: string;
  readonly giaddr: string;
  readonly flags: number;
}

export type Speech = "bootp" | "dhcp";

export interface QuestionOptions {
  readonly board: Board;
  readonly envelope: Envelope;
  readonly speech: Speech;
  /** New and random for each question (RFC 951 §7.2). */
  readonly xid: number;
  /** The port that replies come from; others are spoofed (security S14). */
  readonly serverPort: number;
  readonly tries: number;
  readonly tryMs: number;
}

export interface BootpReply {
  readonly packet: BootpPacket;
  readonly from: Endpoint;
}

/** How a question ended; no reply is silence. */
export interface QuestionOutcome {
  readonly reply?: BootpReply;
}

/** What a DHCP board asks for (option 55): mask, lease time, server, TFTP server name, boot file name. */
const requestedParameters = Uint8Array.of(1, 51, 54, 66, 67);
const longestMessage = 1500;

export class BootpQuestion {
  private startedAt = 0;
  private secs = 0;
  private triesLeft: number;
  private wakeAt = 0;
  private offer: BootpReply | undefined;
  private ended = false;

  constructor(private readonly options: QuestionOptions) {
    this.triesLeft = options.tries;
  }

  /** The first try. */
  start(now: number): Step<QuestionOutcome> {
    this.startedAt = now;
    return this.attempt(now);
  }

  /** A datagram came; what is no reply to this question changes nothing. */
  receive(bytes: Uint8Array, from: Endpoint, now: number): Step<QuestionOutcome> {
    const packet = this.ended ? undefined : this.accepted(bytes, from);
    if (packet === undefined) return { send: [], wakeAt: this.ended ? undefined : this.wakeAt };
    const reply = { packet, from };
    if (this.options.speech === "bootp") return this.end({ reply });
    if (this.offer === undefined) {
      this.offer = reply;
      this.triesLeft = this.options.tries;
      return this.attempt(now);
    }
    return this.end(messageTypeOf(packet) === messageTypes.ACK ? { reply } : {});
  }

  timeout(now: number): Step<QuestionOutcome> {
    if (this.ended) return { send: [], wakeAt: undefined };
    if (now < this.wakeAt) return { send: [], wakeAt: this.wakeAt };
    return this.triesLeft > 0 ? this.attempt(now) : this.end({});
  }

  private attempt(now: number): Step<QuestionOutcome> {
    this.triesLeft -= 1;
    this.wakeAt = now + this.options.tryMs;
    const { board, envelope, xid, speech } = this.options;
    // `secs` counts up from the first try (RFC 951 §7.2): some servers and relays wait for it. A REQUEST has that of
    // its DISCOVER, so that it goes the same way (RFC 2131 §3.1, 3).
    if (this.offer === undefined) this.secs = Math.min(Math.floor((now - this.startedAt) / 1000), 0xffff);
    const options = speech === "bootp" ? board.options : this.dhcpOptions();
    const content = { xid, secs: this.secs, options };
    return { send: [encodeRequest(board, envelope, content)], wakeAt: this.wakeAt };
  }

  private dhcpOptions(): ReadonlyMap<number, Uint8Array> {
    const { offer } = this;
    const selecting =
      offer === undefined
        ? [option("messageType", messageTypes.DISCOVER)]
        : [
            option("messageType", messageTypes.REQUEST),
            option("requestedAddress", offer.packet.yiaddr),
            option("serverIdentifier", serverOf(offer.packet) ?? unspecified),
          ];
    return new Map([
      ...selecting,
      option("parameterRequestList", requestedParameters),
      option("maximumMessageSize", longestMessage),
      ...this.options.board.options,
    ]);
  }

  private end(outcome: QuestionOutcome): Step<QuestionOutcome> {
    this.ended = true;
    return { send: [], wakeAt: undefined, done: outcome };
  }

  /** The packet, when it is the reply that is awaited now. */
  private accepted(bytes: Uint8Array, from: Endpoint): BootpPacket | undefined {
    const { board, xid, serverPort, speech } = this.options;
    if (from.port !== serverPort) return undefined;
    const packet = decodeReply(bytes, board.chaddr, xid);
    if (packet === undefined) return undefined;
    const type = messageTypeOf(packet);
    // U-Boot without DHCP takes a reply with option 53 as well, but nobody takes a refusal for an answer.
    if (speech === "bootp") return type === messageTypes.NAK ? undefined : packet;
    if (this.offer !== undefined) {
      const ours = serverOf(packet) === serverOf(this.offer.packet);
      return ours && (type === messageTypes.ACK || type === messageTypes.NAK) ? packet : undefined;
    }
    const complete = serverOf(packet) !== undefined && packet.yiaddr !== unspecified;
    return type === messageTypes.OFFER && complete ? packet : undefined;
  }
}

const messageTypeOf = ({ options }: BootpPacket): number | undefined =>
  options && getOption(options, "messageType");
const serverOf = ({ options }: BootpPacket): string | undefined =>
  options && getOption(options, "serverIdentifier");

/** A reply with this `xid` and `chaddr`; undefined for everything else. */
function decodeReply(bytes: Uint8Array, chaddr: Uint8Array, xid: number): BootpPacket | undefined {
  try {
    const packet = decodePacket(bytes);
    const own =
      packet.chaddr.length === chaddr.length && packet.chaddr.every((byte, i) => byte === chaddr[i]);
    return packet.op === BOOTREPLY && packet.xid === xid && own ? packet : undefined;
  } catch (error) {
    if (error instanceof MalformedPacket) return undefined;
    throw error;
  }
}

interface RequestContent {
  readonly xid: number;
  readonly secs: number;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

function encodeRequest(board: Board, envelope: Envelope, { xid, secs, options }: RequestContent): Uint8Array {
  return encodePacket({
    op: BOOTREQUEST,
    htype: ethernet,
    hlen: board.chaddr.length,
    // As a relay agent would have counted it (RFC 1542 §4.1.1).
    hops: envelope.giaddr === unspecified ? 0 : 1,
    xid,
    secs,
    flags: envelope.flags,
    ciaddr: envelope.ciaddr,
    yiaddr: unspecified,
    siaddr: unspecified,
    giaddr: envelope.giaddr,
    chaddr: board.chaddr,
    sname: "",
    file: "",
    // With the cookie even when there is none to send: the server may then send some (RFC 1497).
    options,
  });
}

/** RELEASE of the address that an ACK gave (RFC 2131 §4.4.6); it has no answer. */
export function encodeRelease(board: Board, acknowledged: BootpPacket, xid: number): Uint8Array {
  const identifier = board.options.get(optionTable.clientIdentifier.code);
  const options = new Map([
    option("messageType", messageTypes.RELEASE),
    option("serverIdentifier", serverOf(acknowledged) ?? unspecified),
    ...(identifier === undefined ? [] : [option("clientIdentifier", identifier)]),
  ]);
  const envelope = { ciaddr: acknowledged.yiaddr, giaddr: unspecified, flags: 0 };
  return encodeRequest(board, envelope, { xid, secs: 0, options });
}
