/** What is said of addresses and interfaces that are wanted and not there: which do exist, and how one gets an address. */

import { isIP } from "node:net";
import type { Trouble } from "../model/events";
import type { NetworkInterface } from "../model/networks";

/** One that has a network, or could have one: `eth0 (192.0.2.2)`. */
function describeNetwork({ name, addresses }: NetworkInterface): string {
  const [first] = addresses;
  return first === undefined ? name : `${name} (${first.address})`;
}

/** @param network the interface of that name. */
function describeMissing(name: string, network: NetworkInterface | undefined): string {
  if (isIP(name) !== 0) return `no interface has ${name}`;
  if (network === undefined) return `there is no interface ${name} that can be served`;
  const { addresses, link } = network;
  if (addresses.length > 0) return `interface ${name} ${link === false ? "has no link" : "is not up"}`;
  return `interface ${name} has ${link === false ? "neither link nor address" : "no address"}`;
}

/** What to do, the most likely first. */
function remedyOf(name: string, network: NetworkInterface | undefined, choice: string): string {
  if (isIP(name) !== 0) return `Give an interface that address, or choose one of these: ${choice}.`;
  if (network === undefined) return `Choose one of these: ${choice}.`;
  if (network.addresses.length > 0) return "Plug the cable in.";
  return network.link === true ? "Give it an address." : "Plug the cable in, or give it an address.";
}

/** The lines that give an address to those of the named interfaces that have none. */
export function fixesFor(
  names: readonly string[],
  networks: readonly NetworkInterface[],
): Pick<Trouble, "fixes"> {
  const fixes = networks.flatMap(({ name, fix }) => (names.includes(name) ? (fix ?? []) : []));
  return fixes.length === 0 ? {} : { fixes };
}

/**
 * Message, remedy and lines for what is missing.
 * @param missing IP addresses and interface names, at least one.
 * @param networks the interfaces of this computer.
 */
export function describeAbsence(
  missing: readonly string[],
  networks: readonly NetworkInterface[],
): Omit<Trouble, "code"> {
  const choice = networks.map(describeNetwork).join(", ");
  const all = missing.map((name) => ({ name, network: networks.find((one) => one.name === name) }));
  const remedies = all.map(({ name, network }) => remedyOf(name, network, choice));
  return {
    message: all.map(({ name, network }) => describeMissing(name, network)).join(", "),
    remedy: [...new Set(remedies)].join(" "),
    ...fixesFor(missing, networks),
  };
}
