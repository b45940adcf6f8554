/** Who may ask: the networks of `allow`, or those of the served interfaces (DESIGN §3, `--allow`). */

import { BlockList, isIP, isIPv6, SocketAddress } from "node:net";
import { prefixLength } from "../model/networks";
import { isLoopback, type Network } from "../protocol/ipv4";
import { EngineError } from "./errors";

export interface Access {
  /** True when this address may be answered. */
  allows(address: string): boolean;
}

const family = (address: string): "ipv4" | "ipv6" => (isIPv6(address) ? "ipv6" : "ipv4");

/** `::ffff:192.0.2.1` as 192.0.2.1; every other address as it is (RFC 4291 §2.5.5.2). */
export function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** One text for each address: IPv6 has several (RFC 4291 §2.2). Without the scope, which only its own host knows. */
export function canonical(address: string): string {
  const plain = address.replace(/%.*$/, "");
  // Last: it is the canonical text of a mapped address that has the dots.
  return unmapped(isIPv6(plain) ? new SocketAddress({ address: plain, family: "ipv6" }).address : plain);
}

/** True for 127/8 and ::1: limits per address and rates do not count there. */
export function isLocal(address: string): boolean {
  return address === "::1" || isLoopback(unmapped(address));
}

/** @throws EngineError `allow.invalid` for what is not a CIDR. */
function addCidr(list: BlockList, cidr: string): void {
  const [address = "", prefix, ...rest] = cidr.split("/");
  const bits = isIPv6(address) ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (isIP(address) === 0 || rest.length > 0 || !(length <= bits)) {
    throw new EngineError({
      code: "allow.invalid",
      message: `"${cidr}" in "allow" is not a network`,
      remedy: "Write it as an address and a prefix length, such as 192.168.7.0/24.",
    });
  }
  list.addSubnet(address, length, family(address));
}

/**
 * @param allow networks as CIDR; empty: those of `networks`, and all of loopback when it is among them.
 * @param ipv6 served IPv6 addresses; their /64 may ask (link-local included).
 * @param isRelayed true for who may too as long as `allow` is empty: boards behind relay agents that were answered.
 */
export function accessFor(
  allow: readonly string[],
  networks: readonly Network[],
  ipv6: readonly string[],
  isRelayed: (address: string) => boolean = () => false,
): Access {
  const list = new BlockList();
  for (const cidr of allow) addCidr(list, cidr);
  if (allow.length === 0) {
    for (const network of networks) {
      if (network.address.startsWith("127.")) list.addSubnet("127.0.0.0", 8, "ipv4");
      else list.addSubnet(network.address, prefixLength(network.netmask), "ipv4");
    }
    for (const address of ipv6) {
      if (address === "::1") list.addAddress(address, "ipv6");
      else list.addSubnet(address.replace(/%.*$/, ""), 64, "ipv6");
    }
  }
  return {
    allows: (address) => {
      const plain = unmapped(address).replace(/%.*$/, "");
      return list.check(plain, family(plain)) || (allow.length === 0 && isRelayed(plain));
    },
  };
}
