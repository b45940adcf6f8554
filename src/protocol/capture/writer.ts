/** Makes a capture, a pcapng file, of what sockets saw: packet by packet, in the order in which they are given. */

import { toHex } from "../bytes";
import type { Endpoint } from "../endpoint";
import { Recent } from "../recent";
import { addressBytes, longestPacket, tcpFrame, udpFrame, type Macs, type Payload } from "./frames";
import { fileHeader, packetBlock, statisticsBlock } from "./pcapng";
import type { SeenPacket } from "./seen";
import { TcpSides } from "./tcpSides";

/** Ethernet, IP and the longest transport header of ours: what a payload may not fill. */
const room = longestPacket - 60;
/** In a BOOTP packet (RFC 951 §3). */
const bootpField = { hlen: 2, ciaddr: 12, yiaddr: 16, chaddr: 28 } as const;
const broadcastMac = new Uint8Array(6).fill(0xff);
/** Boards whose MAC is remembered. */
const mostMacs = 4_096;
const application = "Boot Servers";

export class CaptureWriter {
  private readonly sides = new TcpSides();
  /** The MACs of boards, by their addresses. */
  private readonly macs = new Recent<Uint8Array>(mostMacs);
  private lastId = 0;

  /** What the file begins with. */
  readonly head = fileHeader(application);

  /**
   * The blocks of one packet, one after the other; the first of them has the comment.
   * A payload that no IP packet can carry is cut off.
   */
  blocksOf(packet: SeenPacket, comment?: string): Uint8Array[] {
    if (packet.protocol === "bootp") this.learn(packet.bytes);
    if (packet.kind === "datagram") {
      const length = Math.min(packet.length, room);
      const { bytes, sum } = packet;
      const payload = { ...ends(packet, packet.sent), bytes, length, ...(sum !== undefined && { sum }) };
      const macs = this.macsOf(payload, packet);
      const frame = udpFrame(payload, this.nextId(), macs);
      return [this.block(packet, packet.sent, frame, length - bytes.length, macs, comment)];
    }
    return this.sides.segmentsOf(packet).map(({ sent, tcp, start, length }, index) => {
      const bytes = packet.bytes.subarray(start, start + length);
      const whole = bytes.length === length;
      const payload = {
        ...ends(packet, sent),
        bytes,
        length,
        ...(!whole && packet.sum !== undefined && { sum: packet.sum }),
      };
      const macs = this.macsOf(payload, packet);
      const frame = tcpFrame(payload, this.nextId(), macs, tcp);
      return this.block(packet, sent, frame, length - bytes.length, macs, index === 0 ? comment : undefined);
    });
  }

  /** How many packets are missing: the last block. @param at Unix ms. */
  lacks(at: number, dropped: number): Uint8Array {
    return statisticsBlock(at, dropped);
  }

  private block(
    { at }: SeenPacket,
    sent: boolean,
    frame: Uint8Array,
    missing: number,
    { to }: Macs,
    comment: string | undefined,
  ): Uint8Array {
    return packetBlock(at, frame, frame.length + missing, { sent, broadcast: to === broadcastMac }, comment);
  }

  private nextId(): number {
    this.lastId = (this.lastId + 1) & 0xffff;
    return this.lastId;
  }

  /** A BOOTP packet tells the MAC of a board, and the address that it has or is given. */
  private learn(bytes: Uint8Array): void {
    if (bytes[bootpField.hlen] !== 6 || bytes.length < bootpField.chaddr + 6) return;
    const mac = bytes.slice(bootpField.chaddr, bootpField.chaddr + 6);
    for (const at of [bootpField.ciaddr, bootpField.yiaddr]) {
      const address = toHex(bytes.subarray(at, at + 4));
      if (address !== "00000000") this.macs.set(address, mac);
    }
  }

  private macsOf({ from, to }: Payload, packet: SeenPacket): Macs {
    return {
      from: this.macOf(from, packet, from === packet.remote),
      to: this.macOf(to, packet, to === packet.remote),
    };
  }

  /** The MAC of an end: the board's where BOOTP has told it, else one that says the address and is nobody's. */
  private macOf({ address }: Endpoint, { bytes, protocol }: SeenPacket, isBoard: boolean): Uint8Array {
    const own = addressBytes(address);
    if (own.every((byte) => byte === 0xff)) return broadcastMac;
    const isAsker = protocol === "bootp" && own.every((byte) => byte === 0);
    if (isAsker && bytes.length >= bootpField.chaddr + 6)
      return bytes.slice(bootpField.chaddr, bootpField.chaddr + 6);
    // IEEE 802 §8.2: the second lowest bit of the first byte says that it is administered locally.
    const told = isBoard ? this.macs.get(toHex(own)) : undefined;
    return told ?? Uint8Array.of(2, 0, ...own.subarray(-4));
  }
}

const ends = ({ local, remote }: SeenPacket, sent: boolean): Pick<Payload, "from" | "to"> =>
  sent ? { from: local, to: remote } : { from: remote, to: local };
