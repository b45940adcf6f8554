/**
 * The BOOTP and DHCP packet (RFC 951 §3, RFC 2131 §2), bytes to fields and back. Knows no rule of who is answered.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+---------------+---------------+
 * 0 |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
 *   +---------------+---------------+---------------+---------------+
 * 4 |                            xid (4)                            |
 *   +-------------------------------+-------------------------------+
 * 8 |           secs (2)            |           flags (2)           |
 *   +-------------------------------+-------------------------------+
 *12 |              ciaddr, yiaddr, siaddr, giaddr (4 each)          |
 *   +---------------------------------------------------------------+
 *28 |                           chaddr (16)                         |
 *44 |                           sname  (64)                         |
 *108|                           file   (128)                        |
 *   +---------------------------------------------------------------+
 *236|     99.130.83.99, then options (vendor area of 64 or more)    |
 *   +---------------------------------------------------------------+
 */

import {
  concat,
  encodeText,
  equalBytes,
  readUint16,
  readUint32,
  textField,
  toHex,
  writeUint16,
  writeUint32,
} from "../bytes";
import { MalformedPacket } from "../errors";
import { formatIpv4, parseIpv4 } from "../ipv4";
import { decodeOptions, end, getOption, option, optionParts, optionTable, type Options } from "./options";

/** `op`: 1 is a request, 2 a reply. */
export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** `htype` of Ethernet. */
export const ethernet = 1;
/** The one bit of `flags` that means something: answer by broadcast (RFC 1542 §3.1.1). */
export const broadcastFlag = 0x8000;
/** An address that is not known yet. */
export const unspecified = "0.0.0.0";

/** Ports of server (and relay agent) and client, RFC 951 §3. */
export const serverPort = 67;
export const clientPort = 68;
/** Where a PXE client that has an address may ask again for its boot file (PXE 2.1 §2.2.3). */
export const bootServerPort = 4011;

const headerLength = 236;
const areas = { chaddr: [28, 44], sname: [44, 108], file: [108, 236] } as const;
const cookie = Uint8Array.of(99, 130, 83, 99);
/** RFC 1542 §2.1: a BOOTP message has at least 300 bytes. */
export const shortestMessage = 300;
/** What a frame of Ethernet carries. Longer ones come from nobody who boots, and cost time and memory. */
export const longestMessage = 1500;

/** Addresses are dotted strings. Text of `sname` and `file` stands without its NUL, and is "" when overloaded. */
export interface BootpPacket {
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  readonly hops: number;
  /** Unsigned 32 bits. */
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly giaddr: string;
  /** `hlen` bytes. */
  readonly chaddr: Uint8Array;
  readonly sname: string;
  readonly file: string;
  /** Undefined: no magic cookie, so the vendor area means nothing (RFC 1497). */
  readonly options: Options | undefined;
}

const area = (bytes: Uint8Array, name: keyof typeof areas): Uint8Array => bytes.subarray(...areas[name]);

/**
 * Reads a packet of 236 bytes or more: without vendor area, without cookie, without END, padded: all are taken.
 * @throws MalformedPacket when it is shorter, or longer than a frame, `hlen` exceeds 16, or an option runs past its area.
 */
export function decodePacket(bytes: Uint8Array): BootpPacket {
  if (bytes.length < headerLength) throw new MalformedPacket(`${bytes.length} bytes, a BOOTP header has 236`);
  if (bytes.length > longestMessage) throw new MalformedPacket(`${bytes.length} bytes, a frame has 1500`);
  const [op = 0, htype = 0, hlen = 0, hops = 0] = bytes;
  if (hlen > 16) throw new MalformedPacket(`hlen is ${hlen}, chaddr has 16 bytes`);
  const { options, overload } = decodeVendorArea(bytes);
  const address = (offset: number): string => formatIpv4(readUint32(bytes, offset));
  return {
    op,
    htype,
    hlen,
    hops,
    xid: readUint32(bytes, 4),
    secs: readUint16(bytes, 8),
    flags: readUint16(bytes, 10),
    ciaddr: address(12),
    yiaddr: address(16),
    siaddr: address(20),
    giaddr: address(24),
    chaddr: bytes.slice(areas.chaddr[0], areas.chaddr[0] + hlen),
    sname: overload & 2 ? "" : textField(area(bytes, "sname")),
    file: overload & 1 ? "" : textField(area(bytes, "file")),
    options,
  };
}

/** `overload` is spent here: the options are whole, and say nothing of where they stood. */
function decodeVendorArea(bytes: Uint8Array): { options: Options | undefined; overload: number } {
  const start = headerLength + cookie.length;
  if (!equalBytes(bytes.subarray(headerLength, start), cookie)) return { options: undefined, overload: 0 };
  const options = new Map<number, Uint8Array>();
  decodeOptions(bytes.subarray(start), options);
  // RFC 2131 §4.1: first the options field, then `file`, then `sname`; option 52 itself counts only in the first.
  const overload = getOption(options, "overload") ?? 0;
  if (overload & 1) decodeOptions(area(bytes, "file"), options);
  if (overload & 2) decodeOptions(area(bytes, "sname"), options);
  options.delete(optionTable.overload.code);
  return { options, overload };
}

/**
 * The packet as bytes, padded to 300 (RFC 1542 §2.1).
 * Options that do not fit into `longest` bytes spill over into an empty `file` and `sname` when `overload` is
 * true (option 52; DHCP only); what still finds no room is left out whole, so the most important come first.
 */
export function encodePacket(packet: BootpPacket, longest = Infinity, overload = false): Uint8Array {
  const header = new Uint8Array(headerLength);
  header.set([packet.op, packet.htype, packet.hlen, packet.hops]);
  writeUint32(header, 4, packet.xid);
  writeUint16(header, 8, packet.secs);
  writeUint16(header, 10, packet.flags);
  [packet.ciaddr, packet.yiaddr, packet.siaddr, packet.giaddr].forEach((address, index) => {
    writeUint32(header, 12 + 4 * index, parseIpv4(address) ?? 0);
  });
  area(header, "chaddr").set(packet.chaddr.subarray(0, 16));
  for (const field of ["sname", "file"] as const) {
    const place = area(header, field);
    place.set(encodeText(packet[field]).subarray(0, place.length));
  }
  const vendorArea = packet.options && encodeVendorArea(packet, header, longest - headerLength, overload);
  const whole = concat(header, vendorArea ?? new Uint8Array());
  return whole.length >= shortestMessage
    ? whole
    : concat(whole, new Uint8Array(shortestMessage - whole.length));
}

/** Encoded options wait in a bin until the bin's END. */
interface Bin {
  readonly room: number;
  readonly parts: Uint8Array[];
  used: number;
}

const bin = (room: number): Bin => ({ room, parts: [], used: 0 });

const relayCode = optionTable.relayAgentInformation.code;

function encodeVendorArea(
  packet: BootpPacket,
  header: Uint8Array,
  room: number,
  overload: boolean,
): Uint8Array {
  const all = [...(packet.options ?? [])];
  const main = Math.max(room, shortestMessage - headerLength) - cookie.length - 1;
  const needed = all
    .flatMap(([code, bytes]) => optionParts(code, bytes))
    .reduce((sum, { length }) => sum + length, 0);
  const spills = overload && needed > main;
  // In the order in which a receiver puts them together again (RFC 3396 §5).
  const file = bin(spills && packet.file === "" ? 128 - 1 : 0);
  const sname = bin(spills && packet.sname === "" ? 64 - 1 : 0);
  const first = bin(spills ? main - 3 : main);
  for (const [code, bytes] of all)
    place(code === relayCode ? [first] : [first, file, sname], optionParts(code, bytes));
  const flags = (file.used > 0 ? 1 : 0) + (sname.used > 0 ? 2 : 0);
  if (flags > 0) first.parts.push(...optionParts(...option("overload", flags)));
  if (file.used > 0) area(header, "file").set(concat(...file.parts, Uint8Array.of(end)));
  if (sname.used > 0) area(header, "sname").set(concat(...sname.parts, Uint8Array.of(end)));
  // A relay agent looks for its own at the end of the options field, and nowhere else (RFC 3046 §2.1, §2.2).
  const isRelays = ([code]: Uint8Array): boolean => code === relayCode;
  const others = first.parts.filter((part) => !isRelays(part));
  return concat(cookie, ...others, ...first.parts.filter(isRelays), Uint8Array.of(end));
}

/** Puts all parts of one option into the bins, never an earlier bin after a later one; or none of them. */
function place(bins: readonly Bin[], parts: readonly Uint8Array[]): void {
  const used = bins.map((each) => each.used);
  const chosen: Bin[] = [];
  let index = 0;
  for (const part of parts) {
    while (index < bins.length && (used[index] ?? 0) + part.length > (bins[index]?.room ?? 0)) index += 1;
    const where = bins[index];
    if (where === undefined) return;
    used[index] = (used[index] ?? 0) + part.length;
    chosen.push(where);
  }
  parts.forEach((part, position) => {
    const where = chosen[position];
    where?.parts.push(part);
    if (where) where.used += part.length;
  });
}

/** The hardware address as text: lower case with colons. */
export function formatMac(chaddr: Uint8Array): string {
  return toHex(chaddr, ":");
}

/** The bytes of a MAC with colons or hyphens; undefined when it is none. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (byte) => parseInt(byte, 16));
}
