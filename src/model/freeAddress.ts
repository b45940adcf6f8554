/** An address for a board that has none of its own. */

import { broadcastAddress, formatIpv4, inNetwork, parseIpv4, type Network } from "../protocol/ipv4";

export type { Network } from "../protocol/ipv4";

/** Where boards begin in a network: the first addresses are often taken by hand, by switches and gateways. */
const firstHost = 10;

/**
 * The first address of a network that nobody is known to have; undefined where all are taken.
 * @param taken dotted addresses, of whatever network.
 */
export function freeAddress(network: Network, taken: Iterable<string>): string | undefined {
  const [own, mask] = [network.address, network.netmask].map(parseIpv4);
  if (own === undefined || mask === undefined) return undefined;
  const start = (own & mask) >>> 0;
  const last = parseIpv4(broadcastAddress(network)) ?? start;
  const used = new Set([...taken, network.address].filter((address) => inNetwork(network, address)));
  const begin = start + firstHost < last ? firstHost : 1;
  // Each one taken costs one step: no network is too large to look through.
  for (let host = start + begin; host < last; host += 1) {
    const address = formatIpv4(host);
    if (!used.has(address)) return address;
  }
  return undefined;
}
