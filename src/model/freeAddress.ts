/** An address for a board that has none of its own. */

import { formatIpv4, hostsOf, inNetwork, type Network } from "../protocol/ipv4";

export type { Network } from "../protocol/ipv4";

/** A network's first addresses, which are often taken by hand, by switches and gateways. */
const leftOut = 9;

/**
 * The first address of a network that nobody is known to have; undefined where all are taken.
 * @param taken dotted addresses, of whatever network.
 */
export function freeAddress(network: Network, taken: Iterable<string>): string | undefined {
  const { first, last } = hostsOf(network);
  const used = new Set([...taken, network.address].filter((address) => inNetwork(network, address)));
  const begin = first + leftOut <= last ? first + leftOut : first;
  // Each one taken costs one step: no network is too large to look through.
  for (let host = begin; host <= last; host += 1) {
    const address = formatIpv4(host);
    if (!used.has(address)) return address;
  }
  return undefined;
}
