/**
 * BOOTP vendor extensions and DHCP options: RFC 1497, 2132, 4578, and long options by RFC 3396.
 * A map from code to bytes, in the order of the wire; a table says what the bytes of a code mean.
 */

import { concat, decodeText, encodeText, readUint16, readUint32, writeUint16, writeUint32 } from "../bytes";
import { MalformedPacket } from "../errors";
import { formatIpv4, parseIpv4 } from "../ipv4";

/** Option code -> its bytes, without code and length, in the order of the wire. PAD and END are never in it. */
export type Options = ReadonlyMap<number, Uint8Array>;

/** RFC 2132 §3.1, §3.2: the two options that have no length. */
const pad = 0;
export const end = 255;

/** The bytes that one option can hold; what is longer goes as several of one code (RFC 3396 §5). */
const longestPart = 255;

const codec = <Value>(
  decode: (bytes: Uint8Array) => Value | undefined,
  encode: (value: Value) => Uint8Array,
): { decode: typeof decode; encode: typeof encode } => ({ decode, encode });

const uint8 = codec(
  (bytes) => (bytes.length === 1 ? bytes[0] : undefined),
  (value: number) => Uint8Array.of(value),
);
const uint16 = codec(
  (bytes) => (bytes.length === 2 ? readUint16(bytes, 0) : undefined),
  (value: number) => {
    const bytes = new Uint8Array(2);
    writeUint16(bytes, 0, value);
    return bytes;
  },
);
const uint32 = codec(
  (bytes) => (bytes.length === 4 ? readUint32(bytes, 0) : undefined),
  (value: number) => {
    const bytes = new Uint8Array(4);
    writeUint32(bytes, 0, value);
    return bytes;
  },
);
const address = codec(
  (bytes) => (bytes.length === 4 ? formatIpv4(readUint32(bytes, 0)) : undefined),
  (value: string) => uint32.encode(parseIpv4(value) ?? 0),
);
/** Some clients end a text with NUL, which RFC 2132 §2 lets a receiver trim. */
const text = codec(
  (bytes) => decodeText(bytes).replace(/\0+$/, ""),
  (value: string) => encodeText(value),
);
const opaque = codec(
  (bytes) => bytes,
  (value: Uint8Array) => value,
);

/** The options that Boot Servers reads or writes, by their IANA names. */
export const optionTable = {
  subnetMask: { code: 1, codec: address },
  hostName: { code: 12, codec: text },
  broadcastAddress: { code: 28, codec: address },
  requestedAddress: { code: 50, codec: address },
  /** Seconds. */
  leaseTime: { code: 51, codec: uint32 },
  /** 1: `file` holds options, 2: `sname` does, 3: both (RFC 2132 §9.3). */
  overload: { code: 52, codec: uint8 },
  messageType: { code: 53, codec: uint8 },
  serverIdentifier: { code: 54, codec: address },
  parameterRequestList: { code: 55, codec: opaque },
  message: { code: 56, codec: text },
  /** Bytes of the longest IP datagram that the client takes. */
  maximumMessageSize: { code: 57, codec: uint16 },
  /** T1, seconds. */
  renewalTime: { code: 58, codec: uint32 },
  /** T2, seconds. */
  rebindingTime: { code: 59, codec: uint32 },
  vendorClassIdentifier: { code: 60, codec: text },
  clientIdentifier: { code: 61, codec: opaque },
  tftpServerName: { code: 66, codec: text },
  bootFileName: { code: 67, codec: text },
  relayAgentInformation: { code: 82, codec: opaque },
} as const;

export type OptionName = keyof typeof optionTable;
export type OptionValue<Name extends OptionName> = Parameters<
  (typeof optionTable)[Name]["codec"]["encode"]
>[0];

/** DHCP message types, option 53 (RFC 2132 §9.6). */
export const messageTypes = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

/** The option's value; undefined when it is absent, or has a length that no such value has. */
export function getOption<Name extends OptionName>(
  options: Options,
  name: Name,
): OptionValue<Name> | undefined {
  const bytes = options.get(optionTable[name].code);
  return bytes && optionTable[name].codec.decode(bytes);
}

/** One entry of a map of options. */
export function option<Name extends OptionName>(
  name: Name,
  value: OptionValue<Name>,
): readonly [code: number, bytes: Uint8Array] {
  const { code, codec } = optionTable[name];
  return [code, (codec.encode as (value: OptionValue<Name>) => Uint8Array)(value)];
}

/**
 * Reads one area of options into `into`; a code that is there already is continued (RFC 3396 §7).
 * Nothing after END is read; a missing END is tolerated.
 * @throws MalformedPacket when a length runs past the area.
 */
export function decodeOptions(area: Uint8Array, into: Map<number, Uint8Array>): void {
  for (let offset = 0; offset < area.length;) {
    const code = area[offset];
    if (code === undefined || code === end) return;
    offset += 1;
    if (code === pad) continue;
    const length = area[offset];
    if (length === undefined || offset + 1 + length > area.length) {
      throw new MalformedPacket(`option ${code} runs past the end`);
    }
    const bytes = area.slice(offset + 1, offset + 1 + length);
    const earlier = into.get(code);
    into.set(code, earlier === undefined ? bytes : concat(earlier, bytes));
    offset += 1 + length;
  }
}

/** The option as it goes on the wire: code, length and bytes, repeated where it is longer than 255 bytes. */
export function optionParts(code: number, bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  do {
    const part = bytes.subarray(offset, offset + longestPart);
    parts.push(concat(Uint8Array.of(code, part.length), part));
    offset += longestPart;
  } while (offset < bytes.length);
  return parts;
}
