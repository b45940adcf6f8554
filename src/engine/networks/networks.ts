/** The networks of this computer, for who chooses among them: what its system tells, and what Node knows. */

import { networkInterfaces } from "node:os";
import type { NetworkInterface, NetworkKind } from "../../model/networks";
import { inNetwork } from "../../protocol/ipv4";
import type { InterfaceTable } from "../interfaces";
import { isPastable } from "../pasting";
import { linuxInterfaces } from "./linux";
import { macInterfaces } from "./macOs";
import { proposed, type ToldInterface } from "./told";
import { windowsInterfaces } from "./windows";

type Address = NetworkInterface["addresses"][number];

/** What a system tells of its interfaces; whatever it throws means that it tells nothing. */
export type AskSystem = () => readonly ToldInterface[] | Promise<readonly ToldInterface[]>;

const systems: Partial<Record<NodeJS.Platform, AskSystem>> = {
  linux: () => linuxInterfaces(),
  darwin: () => macInterfaces(),
  win32: () => windowsInterfaces(),
};

/** The order in which a person looks for the one with the boards. */
const ranks: Readonly<Record<NetworkKind, number>> = {
  loopback: 0,
  wired: 1,
  wireless: 3,
  other: 4,
  virtual: 5,
};

const rank = ({ kind, link }: NetworkInterface): number =>
  ranks[kind] + (kind === "wired" && link === false ? 1 : 0);

const compare = (a: NetworkInterface, b: NetworkInterface): number =>
  rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true });

/** A computer gives itself one of 169.254/16 where nobody gave it another (RFC 3927): no board is told to use it. */
const isSelfAssigned = ({ address }: Address): boolean => address.startsWith("169.254.");

/** The first of 192.168.7.1, 192.168.8.1 … whose network no interface has; undefined where all are taken. */
function freeAddress(taken: readonly Address[]): string | undefined {
  for (let third = 7; third <= 255; third += 1) {
    const address = `192.168.${third}.1`;
    const network = { address, netmask: proposed.netmask, interfaceName: "" };
    const overlaps = ({ address: other, netmask }: Address): boolean =>
      inNetwork(network, other) || inNetwork({ ...network, address: other, netmask }, address);
    if (!taken.some(overlaps)) return address;
  }
  return undefined;
}

/** The IPv4 addresses that Node knows, by interface. */
const known = (table: InterfaceTable): ReadonlyMap<string, readonly Address[]> =>
  new Map(
    Object.entries(table).map(([name, infos = []]) => [
      name,
      infos.filter(({ family }) => family === "IPv4").map(({ address, netmask }) => ({ address, netmask })),
    ]),
  );

/** What both know of the addresses of one interface. */
const together = (ours: readonly Address[], told: readonly Address[]): readonly Address[] => [
  ...ours,
  ...told.filter(({ address }) => !ours.some((one) => one.address === address)),
];

/** What the system told and what Node knows as one list, loopback first. */
export function arrange(told: readonly ToldInterface[], table: InterfaceTable): readonly NetworkInterface[] {
  const byNode = known(table);
  const onlyNode = [...byNode.keys()].filter((name) => !told.some((one) => one.name === name));
  const all = [
    ...told,
    ...onlyNode.map((name): ToldInterface => {
      const isLoopback = table[name]?.some(({ internal }) => internal) === true;
      return { name, kind: isLoopback ? "loopback" : "other", addresses: [], gateway: false };
    }),
  ].map((one) => ({ ...one, addresses: together(byNode.get(one.name) ?? [], one.addresses) }));
  const free = freeAddress(all.flatMap(({ addresses }) => addresses));
  return all
    .filter(({ kind, addresses }) => kind !== "other" || addresses.length > 0)
    .map(({ giveAddress, ...one }): NetworkInterface => {
      const needsOne = one.addresses.every(isSelfAssigned);
      const fix = needsOne && free !== undefined ? giveAddress?.(free) : undefined;
      return fix === undefined || !isPastable(fix) ? one : { ...one, fix };
    })
    .sort(compare);
}

/** Every interface of this computer that can have an IPv4 address, loopback first. Never rejects. */
export async function listNetworks(
  ask: AskSystem | undefined = systems[process.platform],
  readInterfaces: () => InterfaceTable = networkInterfaces,
): Promise<readonly NetworkInterface[]> {
  const told = await Promise.resolve()
    .then(() => ask?.() ?? [])
    // What Node knows is enough to serve; only kinds, links and lines to paste are missing.
    .catch(() => []);
  return arrange(told, readInterfaces());
}
