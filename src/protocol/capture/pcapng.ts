/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), big-endian. A file that ends after any of them is valid:
 * what is written can be read at any moment.
 */

import { concat, encodeText, writeUint16, writeUint32 } from "../bytes";

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
  const section = new Uint8Array(16);
  writeUint32(section, 0, 0x1a2b3c4d);
  writeUint16(section, 4, 1); // Version 1.0, of no known length.
  section.fill(0xff, 8);
  const link = new Uint8Array(8); // Without a limit to the length of a packet; times in µs, as where nothing is said.
  writeUint16(link, 0, ethernet);
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
  const head = new Uint8Array(20);
  writeTime(head, 4, at);
  writeUint32(head, 12, frame.length);
  writeUint32(head, 16, length);
  const flags = new Uint8Array(4);
  // Bits 0 and 1: 1 in, 2 out; bits 2 to 4: 1 to one host, 3 to all.
  writeUint32(flags, 0, (way.sent ? 2 : 1) | ((way.broadcast ? 3 : 1) << 2));
  return block(blockType.packet, concat(head, padded(frame)), [
    [optionCode.packetFlags, flags],
    ...(comment === undefined ? [] : ([[optionCode.comment, encodeText(comment)]] as const)),
  ]);
}

/** How many packets the file lacks. */
export function statisticsBlock(at: number, dropped: number): Uint8Array {
  const head = new Uint8Array(12);
  writeTime(head, 4, at);
  const count = new Uint8Array(8);
  writeUint32(count, 4, dropped);
  return block(blockType.statistics, head, [[optionCode.dropped, count]]);
}

/** 64 bits of µs. */
function writeTime(bytes: Uint8Array, offset: number, at: number): void {
  const us = Math.round(at * 1000);
  writeUint32(bytes, offset, Math.floor(us / 2 ** 32));
  writeUint32(bytes, offset + 4, us % 2 ** 32);
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
  const all = [...options, [optionCode.end, new Uint8Array(0)] as const].map(([code, value]) => {
    const head = new Uint8Array(4);
    writeUint16(head, 0, code);
    writeUint16(head, 2, value.length);
    return concat(head, padded(value));
  });
  const total = 12 + body.length + all.reduce((sum, { length }) => sum + length, 0);
  const [head, tail] = [new Uint8Array(8), new Uint8Array(4)];
  writeUint32(head, 0, type);
  writeUint32(head, 4, total);
  writeUint32(tail, 0, total);
  return concat(head, body, ...all, tail);
}
