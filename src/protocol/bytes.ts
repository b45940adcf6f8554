/** Bytes, numbers and text, in nothing but the language: `protocol` has neither Buffer nor TextDecoder. */

import { MalformedPacket } from "./errors";

/** Big-endian 16 bits at `offset`. @throws MalformedPacket past the end. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  const high = bytes[offset];
  const low = bytes[offset + 1];
  if (high === undefined || low === undefined) throw new MalformedPacket(`packet ends at ${bytes.length}`);
  return (high << 8) | low;
}

/** Big-endian 32 bits at `offset`, unsigned. @throws MalformedPacket past the end. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return readUint16(bytes, offset) * 0x10000 + readUint16(bytes, offset + 2);
}

/** Writes big-endian 16 bits at `offset`. */
export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = (value >>> 8) & 0xff;
  bytes[offset + 1] = value & 0xff;
}

/** Writes big-endian 32 bits at `offset`. */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, Math.floor(value / 0x10000));
  writeUint16(bytes, offset + 2, value % 0x10000);
}

/** One array with the parts one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Lower-case hex, two digits a byte, with `separator` between the bytes. */
export function toHex(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/**
 * UTF-8 text of the bytes; bytes that are not UTF-8 are read as Latin-1, so that every name can be shown. Names and
 * commands are ASCII nearly always, which is the same in both.
 */
export function decodeText(bytes: Uint8Array): string {
  let latin1 = "";
  let highest = 0;
  for (const byte of bytes) {
    latin1 += String.fromCharCode(byte);
    highest |= byte;
  }
  if (highest < 0x80) return latin1;
  try {
    return decodeURIComponent(`%${toHex(bytes, "%")}`);
  } catch {
    // URIError: not UTF-8.
    return latin1;
  }
}

/** UTF-8 bytes of the text; an unpaired surrogate becomes U+FFFD. */
export function encodeText(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return encodeUtf8(text);
    ascii[index] = unit;
  }
  return ascii;
}

function encodeUtf8(text: string): Uint8Array {
  const wellFormed = text.replace(
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    "\uFFFD",
  );
  const bytes: number[] = [];
  for (const [token] of encodeURIComponent(wellFormed).matchAll(/%[0-9A-F]{2}|[^%]/g)) {
    bytes.push(token.length === 3 ? parseInt(token.slice(1), 16) : token.charCodeAt(0));
  }
  return Uint8Array.from(bytes);
}

/** Text up to the first NUL of a fixed field, or all of it (`sname`, `file`: RFC 951 §3 pads with NUL). */
export function textField(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}
