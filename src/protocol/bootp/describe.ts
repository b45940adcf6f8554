/**
 * A BOOTP or DHCP packet in the field's words, for people: `DISCOVER`, then what it says, options by the names that a
 * plan has for them. What a peer chose stands in it as it came.
 */

import { nameOfArchitecture } from "./architectures";
import { traitsOf } from "./choice";
import { getOption, messageTypes, optionTable, type OptionName } from "./options";
import type { Route } from "./optionCodecs";
import { BOOTREQUEST, broadcastFlag, formatMac, unspecified, type BootpPacket } from "./packet";
import { decodeText, toHex } from "../bytes";

export interface Description {
  /** `DISCOVER`; plain BOOTP: `BOOTREQUEST`, `BOOTREPLY`. */
  readonly type: string;
  /** The rest, without the `xid`: of two packets that ask the same it is the same. */
  readonly about: string;
}

/** Characters of one value: a line stays one that can be read. */
const longestValue = 80;

const nameOfType = (code: number): string =>
  Object.entries(messageTypes).find(([, type]) => type === code)?.[0] ?? `type ${code}`;

const optionNames = new Map<number, OptionName>(
  Object.entries(optionTable).map(([name, { code }]) => [code, name as OptionName]),
);

/** Options that stand elsewhere in the line, or say nothing to a person. */
const unsaid = new Set<OptionName>([
  "messageType",
  "parameterRequestList",
  "vendorClassIdentifier",
  "clientArchitecture",
  "userClass",
  "bootFileName",
  "clientMachineIdentifier",
  "maximumMessageSize",
  "overload",
  "relayAgentInformation",
]);

const isText = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);

function valueOf(name: OptionName | undefined, bytes: Uint8Array): string {
  const codec = name && optionTable[name].codec;
  if (codec === undefined || codec.form.kind === "hex")
    return isText(bytes) ? decodeText(bytes) : `0x${toHex(bytes)}`;
  const value = codec.decode(bytes);
  if (value === undefined) return `0x${toHex(bytes)}`;
  if (typeof value !== "object") return String(value);
  const parts: readonly (string | number | Route)[] = [...value];
  return parts
    .map((each) => (typeof each === "object" ? `${each.network}/${each.prefix} ${each.via}` : each))
    .join(",");
}

function cut(text: string): string {
  return text.length > longestValue
    ? `${text.slice(0, longestValue - 1).replace(/[\ud800-\udbff]$/, "")}…`
    : text;
}

/** `hostName bench leaseTime 3600`. */
function describeOptions({ options = new Map<number, Uint8Array>() }: BootpPacket): string[] {
  return [...options].flatMap(([code, bytes]) => {
    const name = optionNames.get(code);
    if (name !== undefined && unsaid.has(name)) return [];
    // Most name their MAC once more.
    if (name === "clientIdentifier" && bytes.length === 7 && bytes[0] === 1) return [];
    const value = cut(valueOf(name, bytes));
    return [`${name ?? `option ${code}`}${value === "" ? "" : ` ${value}`}`];
  });
}

/** The packet in words. Never throws: the packet was decoded. */
export function describePacket(packet: BootpPacket): Description {
  const { op, options, chaddr } = packet;
  const code = options && getOption(options, "messageType");
  const asks = op === BOOTREQUEST;
  const type = code === undefined ? (asks ? "BOOTREQUEST" : "BOOTREPLY") : nameOfType(code);
  return {
    type,
    about: [
      ...(asks ? question(packet, formatMac(chaddr)) : answer(packet)),
      ...describeOptions(packet),
    ].join(" "),
  };
}

function question(packet: BootpPacket, mac: string): string[] {
  const { options, ciaddr, giaddr, flags, file, sname } = packet;
  const { vendorClass, architectures, userClasses } = traitsOf(mac, options);
  const asked = options && getOption(options, "parameterRequestList");
  return [
    ...(vendorClass ? [cut(vendorClass)] : []),
    ...userClasses.map((each) => `userClass ${cut(each)}`),
    ...architectures.map((each) => `arch ${each} (${nameOfArchitecture(each)})`),
    ...(ciaddr === unspecified ? [] : [`ciaddr ${ciaddr}`]),
    ...(giaddr === unspecified ? [] : [`giaddr ${giaddr}`]),
    ...(flags & broadcastFlag ? ["broadcast"] : []),
    ...(sname === "" ? [] : [`sname ${cut(sname)}`]),
    ...(file === "" ? [] : [`file ${cut(file)}`]),
    ...(asked === undefined || asked.length === 0 ? [] : [`asks ${cut([...asked].join(" "))}`]),
  ];
}

/** The file stands once, whether in the header or in option 67. */
export function fileOf({ file, options }: BootpPacket): string {
  return file || (options && getOption(options, "bootFileName")) || "";
}

function answer(packet: BootpPacket): string[] {
  const { yiaddr, siaddr, giaddr, sname } = packet;
  const file = fileOf(packet);
  return [
    ...(yiaddr === unspecified ? [] : [yiaddr]),
    ...(file === "" ? [] : [`file ${cut(file)}`]),
    ...(siaddr === unspecified ? [] : [`siaddr ${siaddr}`]),
    ...(giaddr === unspecified ? [] : [`giaddr ${giaddr}`]),
    ...(sname === "" ? [] : [`sname ${cut(sname)}`]),
  ];
}
