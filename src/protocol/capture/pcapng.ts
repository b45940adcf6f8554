/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng). A file that ends after any of them is valid: what is written
 * can be read at any moment. They are little-endian, as the machines are: dumpcap takes nothing else from a pipe.
 */

import { concat, encodeText } from "../bytes";

const blockType = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const optionCode = {
  end: 0,
  comment: 1,
  interfaceName: 2,
  packetFlags: 2,
  dropped: 5,
  application: 4,
} as const;
/** LINKTYPE_ETHERNET. */
const ethernet = 1;

/** How a frame went: its direction and to whom (opt `epb_flags`). */
export interface Way {
  readonly sent: boolean;
  readonly broadcast: boolean;
}

/** The bytes that a pcapng file begins with. */
export const magic = Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a);

/** What a file begins with: the section and its one interface. @param application who writes it. */
export function fileHeader(application: string): Uint8Array {
  const section = [0x1a2b3c4d, 1, 0xffffffff, 0xffffffff]; // Version 1.0, of no known length.
  const link = [ethernet, 0]; // Without a limit to the length of a packet; times in µs, as where nothing is said.
  return concat(
    block(blockType.section, section, nothing, [[optionCode.application, encodeText(application)]]),
    block(blockType.interface, link, nothing, [[optionCode.interfaceName, encodeText(application)]]),
  );
}

/**
 * One packet.
 * @param at Unix ms, with a fraction. @param frame what is kept of it. @param length its bytes on the network.
 */
export function packetBlock(
  at: number,
  frame: Uint8Array,
  length: number,
  way: Way,
  comment?: string,
): Uint8Array {
  // Bits 0 and 1: 1 in, 2 out; bits 2 to 4: 1 to one host, 3 to all.
  const flags = Uint8Array.of((way.sent ? 2 : 1) | ((way.broadcast ? 3 : 1) << 2), 0, 0, 0);
  const options: Option[] = [[optionCode.packetFlags, flags]];
  if (comment !== undefined) options.push([optionCode.comment, encodeText(comment)]);
  return block(blockType.packet, [0, ...timeOf(at), frame.length, length], frame, options);
}

/** How many packets the file lacks. */
export function statisticsBlock(at: number, dropped: number): Uint8Array {
  const count = new Uint8Array(8);
  new DataView(count.buffer).setUint32(0, dropped, true);
  return block(blockType.statistics, [0, ...timeOf(at)], nothing, [[optionCode.dropped, count]]);
}

/** 64 bits of µs, the upper half first. */
function timeOf(at: number): [high: number, low: number] {
  const us = Math.round(at * 1000);
  return [Math.floor(us / 2 ** 32), us % 2 ** 32];
}

type Option = readonly [code: number, value: Uint8Array];

const nothing = new Uint8Array(0);

/** Bytes with zeros up to a whole word. */
const padded = (length: number): number => (length + 3) & ~3;

/** One block, made in one piece: with an array for each part of it, and addresses made anew, a packet took 22 µs instead of 5. */
function block(
  type: number,
  head: readonly number[],
  content: Uint8Array,
  options: readonly Option[],
): Uint8Array {
  const optionBytes = options.reduce((sum, [, { length }]) => sum + 4 + padded(length), 4);
  const total = 12 + 4 * head.length + padded(content.length) + optionBytes;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const put = (value: Uint8Array): void => {
    bytes.set(value, at);
    at += padded(value.length);
  };
  word(type);
  word(total);
  for (const value of head) word(value);
  put(content);
  for (const [code, value] of options) {
    word(code | (value.length << 16));
    put(value);
  }
  word(optionCode.end);
  word(total);
  return bytes;
}
