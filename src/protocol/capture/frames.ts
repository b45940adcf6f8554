/**
 * The headers that a socket never shows, made anew around what it does show: Ethernet, IPv4 (RFC 791) or IPv6
 * (RFC 8200), UDP (RFC 768) or TCP (RFC 9293), with right lengths and checksums. A datagram stays one packet however
 * long it is, as where the network card cuts it up.
 */

import { concat, writeUint16, writeUint32 } from "../bytes";
import { parseIpv4 } from "../ipv4";
import type { SeenPacket } from "./seen";

/** TCP's flags (RFC 9293 §3.1). */
export const tcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export interface TcpHeader {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
}

/** What is kept of a payload. */
export interface Part extends Pick<SeenPacket, "bytes" | "length"> {
  /** `sumOf` all of it, where not all is kept. */
  readonly sum: number | undefined;
}

/** From one end to the other. */
export interface Payload extends Part {
  readonly from: End;
  readonly to: End;
}

export interface End {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

const udpProtocol = 17;
const tcpProtocol = 6;
/** What fits behind an IPv4 header (RFC 791 §3.1). */
export const longestPacket = 65_535;
/** The window that both sides of a TCP connection tell, scaled (RFC 7323 §2): nothing outgrows it. */
const windowShift = 7;
const anyWindow = 0xffff;

/** The sum of the bytes as big-endian 16-bit words, not folded (RFC 1071). */
export function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return even < bytes.length ? sum + ((bytes[even] as number) << 8) : sum;
}

/** The checksum field for such a sum (RFC 1071 §4.1). */
export function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** An address as its 4 or 16 bytes; what is none becomes 0.0.0.0. */
export function addressBytes(text: string): Uint8Array {
  const plain = text.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  const bytes = new Uint8Array(plain.includes(":") ? 16 : 4);
  if (bytes.length === 4) {
    writeUint32(bytes, 0, parseIpv4(plain) ?? 0);
    return bytes;
  }
  // RFC 4291 §2.2: one `::` stands for the groups of zeros that are left out.
  const [head = [], tail = []] = plain.split("::").map((half) => (half === "" ? [] : half.split(":")));
  head.forEach((group, index) => {
    writeUint16(bytes, 2 * index, parseInt(group, 16));
  });
  tail.forEach((group, index) => {
    writeUint16(bytes, 16 - 2 * (tail.length - index), parseInt(group, 16));
  });
  return bytes;
}

/** The frame of a datagram. @param macs who sends and who receives it, 6 bytes each. */
export function udpFrame(payload: Payload, id: number, macs: Macs): Uint8Array {
  const header = new Uint8Array(8);
  writeUint16(header, 0, payload.from.port);
  writeUint16(header, 2, payload.to.port);
  writeUint16(header, 4, header.length + payload.length);
  // RFC 768: a sum of 0 is sent as its other form, since 0 says that there is none.
  return frame(payload, id, macs, { protocol: udpProtocol, header, checksumAt: 6, zero: 0xffff });
}

/** The frame of a segment. */
export function tcpFrame(payload: Payload, id: number, macs: Macs, tcp: TcpHeader): Uint8Array {
  // RFC 9293 §3.2 and RFC 7323 §2: the options of a SYN, in words of four bytes.
  const options =
    (tcp.flags & tcpFlag.syn) === 0 ? [] : [2, 4, anyWindow >> 8, anyWindow & 0xff, 1, 3, 3, windowShift];
  const header = new Uint8Array(20 + options.length);
  header.set(options, 20);
  writeUint16(header, 0, payload.from.port);
  writeUint16(header, 2, payload.to.port);
  writeUint32(header, 4, tcp.seq);
  writeUint32(header, 8, (tcp.flags & tcpFlag.ack) === 0 ? 0 : tcp.ack);
  header[12] = (header.length / 4) << 4;
  header[13] = tcp.flags;
  writeUint16(header, 14, anyWindow);
  return frame(payload, id, macs, { protocol: tcpProtocol, header, checksumAt: 16, zero: 0 });
}

export interface Macs {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

interface Transport {
  readonly protocol: number;
  readonly header: Uint8Array;
  /** Where its checksum stands; it is 0 so far. */
  readonly checksumAt: number;
  /** How a checksum of 0 is written. */
  readonly zero: number;
}

function frame(
  payload: Payload,
  id: number,
  macs: Macs,
  { protocol, header, checksumAt, zero }: Transport,
): Uint8Array {
  const [from, to] = sameFamily(payload.from.address, payload.to.address);
  const length = header.length + payload.length;
  // The pseudo header (RFC 768, RFC 8200 §8.1): both addresses, the length, the protocol.
  const sum =
    sumOf(from) + sumOf(to) + length + protocol + sumOf(header) + (payload.sum ?? sumOf(payload.bytes));
  writeUint16(header, checksumAt, checksumOf(sum) || zero);
  const isIpv4 = from.length === 4;
  const ip = isIpv4 ? ipv4Header(from, to, length, protocol, id) : ipv6Header(from, to, length, protocol);
  return concat(macs.to, macs.from, isIpv4 ? etherType.ipv4 : etherType.ipv6, ip, header, payload.bytes);
}

/** Where one end is not known, `0.0.0.0`, it is written as the other one is. */
function sameFamily(from: Uint8Array, to: Uint8Array): [Uint8Array, Uint8Array] {
  if (from.length === to.length) return [from, to];
  const longest = Math.max(from.length, to.length);
  return [from, to].map((bytes) => (bytes.length === longest ? bytes : new Uint8Array(longest))) as [
    Uint8Array,
    Uint8Array,
  ];
}

const etherType = { ipv4: Uint8Array.of(0x08, 0x00), ipv6: Uint8Array.of(0x86, 0xdd) } as const;
const hops = 64;

function ipv4Header(
  from: Uint8Array,
  to: Uint8Array,
  length: number,
  protocol: number,
  id: number,
): Uint8Array {
  const header = new Uint8Array(20);
  header[0] = 0x45;
  writeUint16(header, 2, Math.min(header.length + length, longestPacket));
  writeUint16(header, 4, id);
  header[8] = hops;
  header[9] = protocol;
  header.set(from, 12);
  header.set(to, 16);
  writeUint16(header, 10, checksumOf(sumOf(header)));
  return header;
}

function ipv6Header(from: Uint8Array, to: Uint8Array, length: number, protocol: number): Uint8Array {
  const header = new Uint8Array(40);
  header[0] = 0x60;
  writeUint16(header, 4, Math.min(length, longestPacket));
  header[6] = protocol;
  header[7] = hops;
  header.set(from, 8);
  header.set(to, 24);
  return header;
}
