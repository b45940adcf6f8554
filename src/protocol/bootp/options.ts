/**
 * BOOTP vendor extensions and DHCP options: RFC 1497, 2132, 4578, and long options by RFC 3396.
 * A map from code to bytes, in the order of the wire; a table says what the bytes of a code mean.
 */

import { concat } from "../bytes";
import { MalformedPacket } from "../errors";
import { address, addresses, opaque, routes, text, uint16, uint16s, uint32, uint8 } from "./optionCodecs";

/** Option code -> its bytes, without code and length, in the order of the wire. PAD and END are never in it. */
export type Options = ReadonlyMap<number, Uint8Array>;

/** RFC 2132 §3.1, §3.2: the two options that have no length. */
const pad = 0;
export const end = 255;

/** The bytes that one option can hold; what is longer goes as several of one code (RFC 3396 §5). */
const longestPart = 255;

/** The options that have a name here, after RFC 2132; a plan names them so as well. */
export const optionTable = {
  subnetMask: { code: 1, codec: address },
  router: { code: 3, codec: addresses },
  timeServer: { code: 4, codec: addresses },
  dns: { code: 6, codec: addresses },
  logServer: { code: 7, codec: addresses },
  hostName: { code: 12, codec: text },
  /** Blocks of 512 bytes. */
  bootFileSize: { code: 13, codec: uint16 },
  domainName: { code: 15, codec: text },
  rootPath: { code: 17, codec: text },
  interfaceMtu: { code: 26, codec: uint16 },
  broadcastAddress: { code: 28, codec: address },
  ntp: { code: 42, codec: addresses },
  /** Options within an option, of whoever option 60 names (RFC 2132 §8.4). */
  vendorSpecific: { code: 43, codec: opaque },
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
  /** RFC 3004 wants a list of texts with their lengths; iPXE sends its name bare. */
  userClass: { code: 77, codec: opaque },
  relayAgentInformation: { code: 82, codec: opaque },
  /** What the client's firmware runs on: 0 is a PC's BIOS, 7 and 9 its UEFI (RFC 4578 §2.1). */
  clientArchitecture: { code: 93, codec: uint16s },
  /** One byte of type and 16 of the client's GUID (RFC 4578 §2.3). */
  clientMachineIdentifier: { code: 97, codec: opaque },
  /** TZ as POSIX and as the database of time zones write it (RFC 4833). */
  posixTimezone: { code: 100, codec: text },
  timezoneName: { code: 101, codec: text },
  sipServers: { code: 120, codec: opaque },
  classlessRoutes: { code: 121, codec: routes },
  vendorIdentifyingClass: { code: 124, codec: opaque },
  vendorIdentifyingSpecific: { code: 125, codec: opaque },
  /** Cisco's, and many a phone's (RFC 5859). */
  tftpServerAddresses: { code: 150, codec: addresses },
  /** PXELINUX's and others' (RFC 5071). */
  pxelinuxMagic: { code: 208, codec: opaque },
  pxelinuxConfigFile: { code: 209, codec: text },
  pxelinuxPathPrefix: { code: 210, codec: text },
  pxelinuxRebootTime: { code: 211, codec: uint32 },
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
export type OptionEntry = readonly [code: number, bytes: Uint8Array];

export function option<Name extends OptionName>(name: Name, value: OptionValue<Name>): OptionEntry {
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
