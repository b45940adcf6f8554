/** Addresses in a plan, of IP and of Ethernet: one address, a pool, a MAC. */

import { formatIpv4, parseIpv4 } from "../protocol/ipv4";
import { isStationMac, parseMac } from "./mac";
import type { Located } from "./places";
import type { PoolRange } from "./plan";
import { listOf, readText, valueFix, type Reader, type Report } from "./planReader";
import { printable } from "./text";
import type { Node } from "jsonc-parser";

const largestPool = 65536;

/** The one way to write an address: `010.0.0.1` is octal to some programs and decimal to others. */
function checkAddress(text: string, node: Node, name: string, report: Report): number | undefined {
  const value = parseIpv4(text);
  if (value === undefined) {
    report.error(node, `"${name}": ${printable(text)} is no IPv4 address; write it like 192.168.7.10`);
  } else if (formatIpv4(value) !== text) {
    const fix = node.value === text ? valueFix(report.at(node), formatIpv4(value)) : undefined;
    report.error(node, `"${name}": write ${formatIpv4(value)} for ${printable(text)}`, fix);
  } else if (value < 2 ** 24 || value >= 224 * 2 ** 24) {
    // 0/8 is "this network"; 224/4 and up are groups, reserved, and the broadcast (RFC 1122 §3.2.1.3).
    report.error(node, `"${name}": ${text} cannot be the address of one host`);
  } else return value;
  return undefined;
}

export const readAddress: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "an IPv4 address, such as 192.168.7.10", report);
  if (text === undefined || checkAddress(text.value, node, name, report) === undefined) return undefined;
  return text;
};

const poolMeaning = 'a range of addresses, such as "192.168.7.100-192.168.7.150", or a list of ranges';
const readRange: Reader<Located<PoolRange>> = (node, name, report) => {
  const text = readText(node, name, poolMeaning, report);
  if (text === undefined) return undefined;
  const ends = text.value.split("-").map((end) => end.trim());
  const [first = "", last = ""] = ends;
  if (ends.length !== 2) {
    report.error(
      node,
      `"${name}": write the first and the last address with - between, such as 192.168.7.100-192.168.7.150`,
    );
    return undefined;
  }
  const [low, high] = [first, last].map((end) => checkAddress(end, node, name, report));
  if (low === undefined || high === undefined) return undefined;
  if (low > high) {
    const turned = `${last}-${first}`;
    report.error(node, `"${name}" ends before it begins; write ${turned}`, valueFix(report.at(node), turned));
  } else if (high - low >= largestPool) {
    report.error(node, `"${name}" holds ${high - low + 1} addresses; ${largestPool} at most`);
  } else return { value: { first, last }, at: text.at };
  return undefined;
};

export const readPool: Reader<Located<PoolRange>[]> = (node, name, report) => {
  if (node.type !== "string") return listOf(readRange, poolMeaning)(node, name, report);
  const range = readRange(node, name, report);
  return range && [range];
};

export const readMac: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "a MAC, such as 52:54:00:12:34:56", report);
  if (text === undefined) return undefined;
  const mac = parseMac(text.value);
  if (mac === undefined) {
    report.error(node, `"${name}": "${printable(text.value)}" is no MAC; write it like 52:54:00:12:34:56`);
  } else if (!isStationMac(mac)) {
    report.error(node, `"${name}": ${mac} cannot be the MAC of one board`);
  } else return { value: mac, at: text.at };
  return undefined;
};
