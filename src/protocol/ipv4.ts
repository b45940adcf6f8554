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

/** First and last address of a network, as numbers. */
function bounds({ address, netmask }: Network): { readonly begin: number; readonly end: number } {
  const [own = 0, mask = 0] = [address, netmask].map(parseIpv4);
  return { begin: (own & mask) >>> 0, end: (own | ~mask) >>> 0 };
}

/** The network's directed broadcast address; of 31 bits it has none (RFC 3021 §2.1), and the limited one stands for it. */
export function broadcastAddress(network: Network): string {
  const { begin, end } = bounds(network);
  return end - begin < 2 ? "255.255.255.255" : formatIpv4(end);
}

/** The first and the last address that a host can have there, as numbers: of 31 bits both (RFC 3021 §2.1). */
export function hostsOf(network: Network): { readonly first: number; readonly last: number } {
  const { begin, end } = bounds(network);
  return end - begin < 2 ? { first: begin, last: end } : { first: begin + 1, last: end - 1 };
}

/** True for 127/8 (RFC 1122 §3.2.1.3). */
export function isLoopback(address: string): boolean {
  return /^127\./.test(address) && parseIpv4(address) !== undefined;
}
