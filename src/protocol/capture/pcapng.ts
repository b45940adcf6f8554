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
  const section = words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff); // Version 1.0, of no known length.
  const link = words(ethernet, 0); // Without a limit to the length of a packet; times in µs, as where nothing is said.
  return concat(
    block(blockType.section, section, [[optionCode.application, encodeText(application)]]),
    block(blockType.interface, link, [[optionCode.interfaceName, encodeText(application)]]),
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
  const head = words(0, ...timeOf(at), frame.length, length);
  // Bits 0 and 1: 1 in, 2 out; bits 2 to 4: 1 to one host, 3 to all.
  const flags = words((way.sent ? 2 : 1) | ((way.broadcast ? 3 : 1) << 2));
  return block(blockType.packet, concat(head, padded(frame)), [
    [optionCode.packetFlags, flags],
    ...(comment === undefined ? [] : ([[optionCode.comment, encodeText(comment)]] as const)),
  ]);
}

/** How many packets the file lacks. */
export function statisticsBlock(at: number, dropped: number): Uint8Array {
  return block(blockType.statistics, words(0, ...timeOf(at)), [[optionCode.dropped, words(dropped, 0)]]);
}

/** 64 bits of µs, the upper half first. */
function timeOf(at: number): [high: number, low: number] {
  const us = Math.round(at * 1000);
  return [Math.floor(us / 2 ** 32), us % 2 ** 32];
}

/** Words of 32 bits. */
function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  return bytes;
}

/** With zeros up to a whole word. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(bytes.length + 4 - (bytes.length % 4));
  whole.set(bytes);
  return whole;
}

function block(
  type: number,
  body: Uint8Array,
  options: readonly (readonly [code: number, value: Uint8Array])[],
): Uint8Array {
  const all = [...options, [optionCode.end, new Uint8Array(0)] as const].flatMap(([code, value]) => [
    words(code | (value.length << 16)),
    padded(value),
  ]);
  const total = 12 + body.length + all.reduce((sum, { length }) => sum + length, 0);
  return concat(words(type, total), body, ...all, words(total));
}
