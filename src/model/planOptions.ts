/** DHCP options in a plan: by name or code, each value read as what that option holds (RFC 2132). */

import type { OptionForm, Route } from "../protocol/bootp/optionCodecs";
import { addresses, address, routes, text as textCodec } from "../protocol/bootp/optionCodecs";
import { optionTable, type OptionName } from "../protocol/bootp/options";
import { formatIpv4, parseIpv4 } from "../protocol/ipv4";
import { nearestWord } from "./nearestWord";
import type { Located } from "./places";
import { readAddress } from "./planAddresses";
import { isKind, membersOf, readText, valueFix, type Reader, type Report } from "./planReader";
import { printable } from "./text";
import type { Node } from "jsonc-parser";

export interface OptionDraft {
  readonly code: number;
  readonly bytes: Uint8Array;
  /** As the plan writes it. */
  readonly key: Located<string>;
}

/** Options that no plan can say, and why. */
const owned: Readonly<Record<number, string>> = {
  0: "it only fills up a packet",
  50: 'with it the board asks for an address; give the client an "address"',
  51: "the server says how long its leases last",
  52: "the server writes it where the options need more room",
  53: "the server says what kind of message its answer is",
  54: "with it the server names itself",
  55: "with it the board asks for options",
  56: "with it the server says why it refuses",
  57: "with it the board says how much it takes",
  58: "the server says when its leases are renewed",
  59: "the server says when its leases are renewed",
  61: "the board names itself with it, and gets it back as it was",
  82: "the relay agent adds it, and gets it back as it was",
  255: "it only ends a packet",
};

/** The names that a plan may use. */
export const planOptionNames: readonly string[] = Object.entries(optionTable).flatMap(([name, { code }]) =>
  code in owned ? [] : [name],
);

const isName = (name: string): name is OptionName => Object.hasOwn(optionTable, name);

const formOf = (code: number): OptionForm | undefined =>
  Object.values(optionTable).find((option) => option.code === code)?.codec.form;

/** An option that is longer finds no room in any packet. */
const longestOption = 1024;

type Read = (node: Node, name: string, report: Report) => Uint8Array | undefined;

const readNumber =
  (largest: number): Read =>
  (node, name, report) => {
    const wanted = `a whole number from 0 to ${largest}`;
    if (!isKind("number", node, name, wanted, report)) return undefined;
    const value = node.value as number;
    if (!Number.isInteger(value) || value < 0 || value > largest) {
      report.error(node, `"${name}" must be ${wanted}`);
      return undefined;
    }
    const size = largest === 0xff ? 1 : largest === 0xffff ? 2 : 4;
    return address.encode(formatIpv4(value)).subarray(4 - size);
  };

const readOne: Read = (node, name, report) => {
  // A mask is no host's address, and yet one of four numbers.
  const mask =
    node.type === "string" && /^255\./.test(node.value as string) && parseIpv4(node.value as string);
  if (mask !== false && mask !== undefined) return address.encode(formatIpv4(mask));
  const read = readAddress(node, name, report);
  return read && address.encode(read.value);
};

/** One value, or a list of them with one at least. */
const readList =
  <Value>(
    one: (node: Node, name: string, report: Report) => Value | undefined,
    encode: (values: readonly Value[]) => Uint8Array,
    what: string,
  ): Read =>
  (node, name, report) => {
    if (node.type === "string") {
      const value = one(node, name, report);
      return value === undefined ? undefined : encode([value]);
    }
    if (!isKind("array", node, name, what, report)) return undefined;
    const items = node.children ?? [];
    if (items.length === 0) report.error(node, `"${name}" is an empty list; remove the key`);
    const values = items.map((item, index) => one(item, `${name}[${index}]`, report));
    return items.length > 0 && values.every((value) => value !== undefined) ? encode(values) : undefined;
  };

const readRoute = (node: Node, name: string, report: Report): Route | undefined => {
  const form = "a route, such as 10.0.0.0/8 via 192.168.7.1";
  const text = readText(node, name, form, report)?.value;
  if (text === undefined) return undefined;
  const [, network = "", bits = "", via = ""] = /^(\S+)\/(\d{1,2})\s+via\s+(\S+)$/.exec(text) ?? [];
  const [number, router, prefix] = [parseIpv4(network), parseIpv4(via), Number(bits)];
  if (number === undefined || router === undefined || prefix > 32) {
    report.error(node, `"${name}" must be ${form}`);
    return undefined;
  }
  const masked = prefix === 0 ? 0 : (number & (0xffffffff << (32 - prefix))) >>> 0;
  if (masked !== number) {
    const meant = `${formatIpv4(masked)}/${prefix} via ${via}`;
    report.error(
      node,
      `"${name}" has an address behind its /${prefix}; write ${meant}`,
      valueFix(report.at(node), meant),
    );
    return undefined;
  }
  return { network, prefix, via };
};

const readers: Readonly<Record<Exclude<OptionForm["kind"], "number">, Read>> = {
  address: readOne,
  addresses: readList(
    (node, name, report) => readAddress(node, name, report)?.value,
    addresses.encode,
    "an address or a list of addresses",
  ),
  text: (node, name, report) => {
    const text = readText(node, name, "a text", report);
    return text && textCodec.encode(text.value);
  },
  routes: readList(readRoute, routes.encode, "a route or a list of routes"),
  hex: (node, name, report) => {
    // Anything but a text of "0x…", which is read before.
    report.error(node, `"${name}" is written as its bytes, such as "0x0104"`);
    return undefined;
  },
};

/** The bytes of a value; of any option they may be written as "0x…". */
function readValue(code: number, node: Node, name: string, report: Report): Uint8Array | undefined {
  const hex = node.type === "string" ? /^0x(.*)$/is.exec(node.value as string)?.[1] : undefined;
  if (hex !== undefined) {
    if (/^([0-9a-f]{2})+$/i.test(hex)) {
      return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    }
    report.error(node, `"${name}": behind 0x stand pairs of hexadecimal digits, such as "0x0104"`);
    return undefined;
  }
  const form = formOf(code) ?? { kind: "hex" };
  return (form.kind === "number" ? readNumber(form.largest) : readers[form.kind])(node, name, report);
}

/** The code of a key; undefined: it was reported. */
function readCode(key: Located<string>, node: Node, name: string, report: Report): number | undefined {
  const shown = printable(key.value);
  if (/^[1-9]\d{0,2}$|^0$/.test(key.value)) {
    const code = Number(key.value);
    if (code <= 255) return code;
    report.error(node, `"${name}": options have codes from 1 to 254, and not ${shown}`);
    return undefined;
  }
  if (isName(key.value)) return optionTable[key.value].code;
  const near = nearestWord(key.value, planOptionNames);
  const known = `it has a name, such as ${planOptionNames.slice(1, 5).join(", ")}, or its code`;
  report.error(
    node,
    `"${name}": unknown option "${shown}"; ${near === undefined ? known : `did you mean "${near}"?`}`,
    near === undefined ? undefined : valueFix(key.at, near),
  );
  return undefined;
}

/** `{ "router": "192.168.7.1", "43": "0x0104" }`; each option once, whether by its name or its code. */
export const readOptions: Reader<OptionDraft[]> = (node, name, report) => {
  if (!isKind("object", node, name, 'an object, such as { "router": "192.168.7.1" }', report))
    return undefined;
  const drafts = new Map<number, OptionDraft>();
  for (const { key, node: value } of membersOf(node, name, report)) {
    const keyNode = value.parent?.children?.[0] ?? value;
    const code = readCode(key, keyNode, name, report);
    if (code === undefined) continue;
    const reason = owned[code];
    const earlier = drafts.get(code);
    if (reason !== undefined) {
      const shown = /^\d/.test(key.value) ? `option ${code}` : `option ${code} ("${key.value}")`;
      report.error(keyNode, `${shown} is not the plan's: ${reason}`, report.removal(value.parent ?? value));
    } else if (earlier !== undefined) {
      const first = `"${earlier.key.value}" in line ${earlier.key.at.line}`;
      report.error(
        keyNode,
        `"${key.value}" is the same option as ${first}; remove one`,
        report.removal(value.parent ?? value),
      );
    } else {
      const bytes = readValue(code, value, `${name}.${key.value}`, report);
      if (bytes === undefined) continue;
      if (bytes.length <= longestOption) drafts.set(code, { code, bytes, key });
      else
        report.error(
          value,
          `"${name}.${key.value}" has ${bytes.length} bytes; no packet has room for more than ${longestOption}`,
        );
    }
  }
  return [...drafts.values()];
};
