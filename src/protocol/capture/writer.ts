/** Makes a capture, a pcapng file, of what sockets saw: packet by packet, in the order in which they are given. */

import { toHex } from "../bytes";
import { Recent } from "../recent";
import { addressBytes, longestPacket, type Part, tcpFrame, type TcpHeader, udpFrame } from "./frames";
import { fileHeader, packetBlock, statisticsBlock } from "./pcapng";
import type { SeenPacket } from "./seen";
import { TcpSides } from "./tcpSides";

/** Ethernet, IP and the longest transport header of ours: what a payload may not fill. */
const room = longestPacket - 60;
/** In a BOOTP packet (RFC 951 §3). */
const bootpField = { hlen: 2, ciaddr: 12, yiaddr: 16, chaddr: 28 } as const;
const broadcastMac = new Uint8Array(6).fill(0xff);
/** Boards whose MAC is remembered, and addresses of which it is known how they are written. */
const mostMacs = 4_096;
const application = "Boot Servers";

/** An address as packets have it. */
interface Place {
  readonly bytes: Uint8Array;
  /** By which the MAC of a board is found. */
  readonly hex: string;
  /** One that says the address and is nobody's, or everyone's. */
  readonly mac: Uint8Array;
  /** Of a board that has none yet. */
  readonly isNone: boolean;
}

function placeOf(address: string): Place {
  const bytes = addressBytes(address);
  // IEEE 802 §8.2: the second lowest bit of the first byte says that it is administered locally.
  const mac = bytes.every((byte) => byte === 0xff)
    ? broadcastMac
    : Uint8Array.of(2, 0, ...bytes.subarray(-4));
  return { bytes, hex: toHex(bytes), mac, isNone: bytes.every((byte) => byte === 0) };
}

export class CaptureWriter {
  private readonly sides = new TcpSides();
  /** The MACs of boards, by their addresses. */
  private readonly macs = new Recent<Uint8Array>(mostMacs);
  /** By the addresses' texts. */
  private readonly places = new Recent<Place>(mostMacs);
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
      return [this.block(packet, packet.sent, { bytes, length, sum }, undefined, comment)];
    }
    return this.sides.segmentsOf(packet).map(({ sent, tcp, start, length }, index) => {
      const bytes = packet.bytes.subarray(start, start + length);
      const sum = bytes.length === length ? undefined : packet.sum;
      return this.block(packet, sent, { bytes, length, sum }, tcp, index === 0 ? comment : undefined);
    });
  }

  /** How many packets are missing: the last block. @param at Unix ms. */
  lacks(at: number, dropped: number): Uint8Array {
    return statisticsBlock(at, dropped);
  }

  private block(
    packet: SeenPacket,
    sent: boolean,
    { bytes, length, sum }: Part,
    tcp: TcpHeader | undefined,
    comment: string | undefined,
  ): Uint8Array {
    const { at, local, remote } = packet;
    const [from, to] = sent ? [local, remote] : [remote, local];
    const [source, target] = [this.placeAt(from.address), this.placeAt(to.address)];
    const macs = {
      from: this.macOf(source, packet, !sent),
      to: this.macOf(target, packet, sent),
    };
    const payload = {
      from: { address: source.bytes, port: from.port },
      to: { address: target.bytes, port: to.port },
      ...{ bytes, length, sum },
    };
    const id = this.nextId();
    const frame = tcp === undefined ? udpFrame(payload, id, macs) : tcpFrame(payload, id, macs, tcp);
    const way = { sent, broadcast: macs.to === broadcastMac };
    return packetBlock(at, frame, frame.length + length - bytes.length, way, comment);
  }

  private placeAt(address: string): Place {
    const known = this.places.get(address);
    if (known !== undefined) return known;
    const place = placeOf(address);
    this.places.set(address, place);
    return place;
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

  /** The MAC of an end: the board's where BOOTP has told it. */
  private macOf({ mac, hex, isNone }: Place, { bytes, protocol }: SeenPacket, isBoard: boolean): Uint8Array {
    if (mac === broadcastMac) return mac;
    if (protocol === "bootp" && isNone && bytes.length >= bootpField.chaddr + 6)
      return bytes.slice(bootpField.chaddr, bootpField.chaddr + 6);
    return (isBoard ? this.macs.get(hex) : undefined) ?? mac;
  }
}
