/** Who asks from a network that may not: the trouble of that row, and what would let it in. */

import { formatIpv4, inNetwork, isLoopback, parseIpv4 } from "../protocol/ipv4";
import type { Trouble } from "./events";
import { prefixLength, type NetworkInterface } from "./networks";

/** The code of a row that was refused for the network that it came from; the BOOTP machine writes the same. */
const outsideCode = "access.network";

const bitsOf = (address: string): 32 | 128 => (address.includes(":") ? 128 : 32);

/** Why that address is not answered, by TFTP and FTP. */
export function outsideTrouble(address: string): Trouble & { readonly remedy: string } {
  return {
    code: outsideCode,
    message: `${address} is not in a network that may ask`,
    remedy: `Allow it with --allow ${address}/${bitsOf(address)} or the setting bootServers.allow, or its network.`,
  };
}

/** The address that is to be let in, a board's or its relay agent's: the one that the remedy names. */
export function outsiderOf(trouble: Trouble | undefined): string | undefined {
  if (trouble?.code !== outsideCode) return undefined;
  return /--allow ([\d.]+|[\da-f:.]+)\/(?:32|128)\b/i.exec(trouble.remedy ?? "")?.[1];
}

/** Where nothing tells of the network of an address, it is taken for one of so many bits. */
const usualBits = { 32: 24, 128: 64 } as const;

/** The network with that address in it, as CIDR: 192.168.7.0/24. */
export function cidr(address: string, bits: number): string {
  const value = parseIpv4(address);
  // An IPv6 address stands for its network as well: only the bits before the prefix count.
  if (value === undefined) return `${address.replace(/%.*$/, "")}/${address === "::1" ? 128 : bits}`;
  return `${formatIpv4(value - (value % 2 ** (32 - bits)))}/${bits}`;
}

/** The network of an address: that of an interface of this computer which it is on, else the usual one around it. */
export function networkAround(address: string, networks: readonly NetworkInterface[]): string {
  if (isLoopback(address)) return cidr(address, 8);
  const own = networks
    .flatMap(({ name, addresses }) => addresses.map((one) => ({ ...one, interfaceName: name })))
    .find((network) => inNetwork(network, address));
  return cidr(address, own === undefined ? usualBits[bitsOf(address)] : prefixLength(own.netmask));
}

/**
 * Who may ask once a network more may.
 * @param allow the networks that may ask now; empty: those of the served addresses, which the new list must name.
 */
export function allowAlso(
  network: string,
  allow: readonly string[],
  served: readonly string[],
  networks: readonly NetworkInterface[],
): readonly string[] {
  const before = allow.length > 0 ? allow : served.map((address) => networkAround(address, networks));
  return [...new Set([...before, network])];
}
