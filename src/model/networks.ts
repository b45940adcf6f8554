/** The networks of the computer that the servers run on, as a person chooses among them. */

import { isLoopback } from "../protocol/ipv4";
import type { Fix } from "./events";

/** True when nothing outside this computer can ask. @param addresses IP addresses and names of interfaces. */
export function onlyLoopback(addresses: readonly string[]): boolean {
  return addresses.every((address) => isLoopback(address) || address === "::1");
}

/**
 * True for what can be the name of an interface. Windows has blanks in it ("Ethernet 2"); digits and dots alone are
 * a misspelt address.
 */
export function isInterfaceName(text: string): boolean {
  return /^[^\s/:](?:[^/:\p{Cc}]*[^\s/:])?$/u.test(text) && !/^[\d.]+$/.test(text);
}

export type NetworkKind = "loopback" | "wired" | "wireless" | "virtual" | "other";

/** One interface, with or without an address. */
export interface NetworkInterface {
  /** As the system calls it, and as `--address` takes it: `eth1`, `Ethernet 2`. */
  readonly name: string;
  readonly kind: NetworkKind;
  /** Its IPv4 addresses, dotted, each with its netmask. */
  readonly addresses: readonly { readonly address: string; readonly netmask: string }[];
  /** Whether a cable or an access point is there; undefined: the system does not tell. */
  readonly link?: boolean;
  /** True when this computer reaches other networks through it: what is served there is an office's network. */
  readonly gateway: boolean;
  /** Where it has no address, or only one that it gave itself (169.254/16): the line that gives it one. */
  readonly fix?: Fix;
}

/** `192.168.7.1/24`. */
export function describeAddress({ address, netmask }: NetworkInterface["addresses"][number]): string {
  return `${address}/${prefixLength(netmask)}`;
}

/** The bits that are set in a dotted netmask. */
export function prefixLength(netmask: string): number {
  return netmask
    .split(".")
    .reduce((bits, byte) => bits + Number(byte).toString(2).replaceAll("0", "").length, 0);
}
