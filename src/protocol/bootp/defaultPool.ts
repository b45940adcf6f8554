/** Addresses for strangers where the plan has no pool: some of the served network's own. */

import { formatIpv4, parseIpv4, type Network } from "../ipv4";
import type { AddressRange } from "./leases";

/** The last part of the addresses of a usual pool: people and their routers take the first ones, and often the last. */
const first = 100;
const last = 199;

/**
 * x.y.z.100 to .199 around this host's own address; of a network of less than 256 addresses the upper half.
 * Undefined where there is no address but this host's. The leases leave this host's own out.
 */
export function defaultPool({ address, netmask }: Network): AddressRange | undefined {
  const [own = 0, mask = 0] = [address, netmask].map(parseIpv4);
  const begin = (own & mask) >>> 0;
  const size = (~mask >>> 0) + 1;
  if (size < 4) return undefined;
  if (size < 256) return { first: formatIpv4(begin + size / 2), last: formatIpv4(begin + size - 2) };
  const block = (own & 0xffffff00) >>> 0;
  return { first: formatIpv4(block + first), last: formatIpv4(block + last) };
}
