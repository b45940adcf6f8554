/** The forms that the value of an option can have (RFC 2132 §2), each from its bytes and back. */

import { concat, decodeText, encodeText, readUint16, readUint32, writeUint16, writeUint32 } from "../bytes";
import { formatIpv4, parseIpv4 } from "../ipv4";

export interface OptionCodec<Value> {
  /** Undefined for a length that no such value has. */
  readonly decode: (bytes: Uint8Array) => Value | undefined;
  readonly encode: (value: Value) => Uint8Array;
}

export const uint8: OptionCodec<number> = {
  decode: (bytes) => (bytes.length === 1 ? bytes[0] : undefined),
  encode: (value) => Uint8Array.of(value),
};

export const uint16: OptionCodec<number> = {
  decode: (bytes) => (bytes.length === 2 ? readUint16(bytes, 0) : undefined),
  encode: (value) => {
    const bytes = new Uint8Array(2);
    writeUint16(bytes, 0, value);
    return bytes;
  },
};

export const uint32: OptionCodec<number> = {
  decode: (bytes) => (bytes.length === 4 ? readUint32(bytes, 0) : undefined),
  encode: (value) => {
    const bytes = new Uint8Array(4);
    writeUint32(bytes, 0, value);
    return bytes;
  },
};

/** Dotted. */
export const address: OptionCodec<string> = {
  decode: (bytes) => (bytes.length === 4 ? formatIpv4(readUint32(bytes, 0)) : undefined),
  encode: (value) => uint32.encode(parseIpv4(value) ?? 0),
};

/** Some clients end a text with NUL, which RFC 2132 §2 lets a receiver trim. */
export const text: OptionCodec<string> = {
  decode: (bytes) => decodeText(bytes).replace(/\0+$/, ""),
  encode: encodeText,
};

export const opaque: OptionCodec<Uint8Array> = {
  decode: (bytes) => bytes,
  encode: (value) => value,
};

/** One or more values of `size` bytes each, one after the other. */
const many = <Value>(one: OptionCodec<Value>, size: number): OptionCodec<readonly Value[]> => ({
  decode: (bytes) => {
    if (bytes.length === 0 || bytes.length % size !== 0) return undefined;
    const values: Value[] = [];
    for (let offset = 0; offset < bytes.length; offset += size) {
      const value = one.decode(bytes.subarray(offset, offset + size));
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  },
  encode: (values) => concat(...values.map((value) => one.encode(value))),
});

export const uint16s = many(uint16, 2);
