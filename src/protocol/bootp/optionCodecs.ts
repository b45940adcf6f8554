/** The forms that the value of an option can have (RFC 2132 §2), each from its bytes and back. */

import { concat, decodeText, encodeText, readUint16, readUint32, writeUint16, writeUint32 } from "../bytes";
import { formatIpv4, parseIpv4 } from "../ipv4";

/** What a person writes for such a value; `model/planOptions.ts` reads it. */
export type OptionForm =
  | { readonly kind: "number"; readonly largest: number }
  | { readonly kind: "address" | "addresses" | "text" | "routes" | "hex" };

export interface OptionCodec<Value> {
  readonly form: OptionForm;
  /** Undefined for a length that no such value has. */
  readonly decode: (bytes: Uint8Array) => Value | undefined;
  readonly encode: (value: Value) => Uint8Array;
}

export const uint8: OptionCodec<number> = {
  form: { kind: "number", largest: 0xff },
  decode: (bytes) => (bytes.length === 1 ? bytes[0] : undefined),
  encode: (value) => Uint8Array.of(value),
};

export const uint16: OptionCodec<number> = {
  form: { kind: "number", largest: 0xffff },
  decode: (bytes) => (bytes.length === 2 ? readUint16(bytes, 0) : undefined),
  encode: (value) => {
    const bytes = new Uint8Array(2);
    writeUint16(bytes, 0, value);
    return bytes;
  },
};

export const uint32: OptionCodec<number> = {
  form: { kind: "number", largest: 0xffffffff },
  decode: (bytes) => (bytes.length === 4 ? readUint32(bytes, 0) : undefined),
  encode: (value) => {
    const bytes = new Uint8Array(4);
    writeUint32(bytes, 0, value);
    return bytes;
  },
};

/** Dotted. */
export const address: OptionCodec<string> = {
  form: { kind: "address" },
  decode: (bytes) => (bytes.length === 4 ? formatIpv4(readUint32(bytes, 0)) : undefined),
  encode: (value) => uint32.encode(parseIpv4(value) ?? 0),
};

/** Some clients end a text with NUL, which RFC 2132 §2 lets a receiver trim. */
export const text: OptionCodec<string> = {
  form: { kind: "text" },
  decode: (bytes) => decodeText(bytes).replace(/\0+$/, ""),
  encode: encodeText,
};

export const opaque: OptionCodec<Uint8Array> = {
  form: { kind: "hex" },
  decode: (bytes) => bytes,
  encode: (value) => value,
};

/** One or more values of `size` bytes each, one after the other. */
const many = <Value>(
  form: OptionForm,
  one: OptionCodec<Value>,
  size: number,
): OptionCodec<readonly Value[]> => ({
  form,
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

export const uint16s = many({ kind: "hex" }, uint16, 2);
export const addresses = many({ kind: "addresses" }, address, 4);

/** A way to a network (RFC 3442). */
export interface Route {
  /** Dotted. */
  readonly network: string;
  /** Bits of its mask. */
  readonly prefix: number;
  /** The router, dotted. */
  readonly via: string;
}

/** Each route: its prefix, as many bytes of the network as that covers, the router (RFC 3442). */
export const routes: OptionCodec<readonly Route[]> = {
  form: { kind: "routes" },
  decode: (bytes) => {
    const found: Route[] = [];
    for (let offset = 0; offset < bytes.length;) {
      const prefix = bytes[offset] ?? 0;
      const covered = Math.ceil(prefix / 8);
      const end = offset + 1 + covered + 4;
      if (prefix > 32 || end > bytes.length) return undefined;
      const network = new Uint8Array(4);
      network.set(bytes.subarray(offset + 1, offset + 1 + covered));
      const via = formatIpv4(readUint32(bytes, end - 4));
      found.push({ network: formatIpv4(readUint32(network, 0)), prefix, via });
      offset = end;
    }
    return found.length > 0 ? found : undefined;
  },
  encode: (values) =>
    concat(
      ...values.flatMap(({ network, prefix, via }) => [
        Uint8Array.of(prefix),
        address.encode(network).subarray(0, Math.ceil(prefix / 8)),
        address.encode(via),
      ]),
    ),
};
