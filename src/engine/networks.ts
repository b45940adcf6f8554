/** The interfaces of this computer, for who chooses among them. */

import { networkInterfaces } from "node:os";
import type { NetworkInterface } from "../model/networks";

/** Every interface that has an IPv4 address, loopback first. */
export function listNetworks(): Promise<readonly NetworkInterface[]> {
  const found = Object.entries(networkInterfaces()).map(([name, infos = []]): NetworkInterface => {
    const addresses = infos.filter(({ family }) => family === "IPv4");
    return {
      name,
      kind: infos.some(({ internal }) => internal) ? "loopback" : "other",
      addresses: addresses.map(({ address, netmask }) => ({ address, netmask })),
      gateway: false,
    };
  });
  const rank = ({ kind }: NetworkInterface): number => (kind === "loopback" ? 0 : 1);
  return Promise.resolve(found.sort((a, b) => rank(a) - rank(b)));
}
