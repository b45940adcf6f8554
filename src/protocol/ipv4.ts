/** IPv4 addresses and networks. Dotted strings everywhere; numbers only inside this file and the codec. */

/** `a.b.c.d` as an unsigned 32-bit number; undefined when the text is no IPv4 address. */
export function parseIpv4(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** The dotted form of an unsigned 32-bit number. */
export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

/** The address of this host on one served IPv4 network. */
export interface Network {
  /** This host's address there, dotted. */
  readonly address: string;
  /** Dotted netmask. */
  readonly netmask: string;
  /** The interface's name in the operating system, `eth1`. */
  readonly interfaceName: string;
}

/** True when `address` lies in the network. */
export function inNetwork(network: Network, address: string): boolean {
  const [own, mask, other] = [network.address, network.netmask, address].map(parseIpv4);
  if (own === undefined || mask === undefined || other === undefined) return false;
  return ((own ^ other) & mask) === 0;
}

/** The network's directed broadcast address. */
export function broadcastAddress(network: Network): string {
  const [own, mask] = [network.address, network.netmask].map(parseIpv4);
  if (own === undefined || mask === undefined) return "255.255.255.255";
  return formatIpv4((own | ~mask) >>> 0);
}

/** True for 127/8 (RFC 1122 §3.2.1.3). */
export function isLoopback(address: string): boolean {
  return /^127\./.test(address) && parseIpv4(address) !== undefined;
}
