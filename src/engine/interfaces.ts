/** This computer's addresses: what `--address` means now, and word of every change. */

import { isIPv4 } from "node:net";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import type { Network } from "../protocol/ipv4";
import { parseMac } from "../protocol/bootp/packet";
import { isLoopback } from "../protocol/ipv4";
import { isInterfaceName } from "../model/networks";
import type { Clock, Timer } from "./clock";

/** The interfaces with an address, as the operating system lists them. */
export type InterfaceTable = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What the wanted addresses come to at this moment. */
export interface ServedAddresses {
  /** The served IPv4 networks. */
  readonly networks: readonly Network[];
  /** The served IPv6 addresses (TFTP and FTP only), with `%zone` where link-local. */
  readonly ipv6: readonly string[];
  /** Interfaces and addresses that are wanted and are not there now. */
  readonly missing: readonly string[];
}

/** True for the wildcards that stand for every interface. */
export function isEveryInterface(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Loopback addresses beyond 127.0.0.1 work on Linux although no interface lists them. */
const loopbackNetmask = "255.0.0.0";

/**
 * @param wanted IP addresses, interface names, or `0.0.0.0` for every interface.
 * An interface that is named stands for all its addresses: it follows them.
 */
export function servedAddresses(wanted: readonly string[], table: InterfaceTable): ServedAddresses {
  const networks = new Map<string, Network>();
  const ipv6 = new Set<string>();
  const missing: string[] = [];
  const add = (interfaceName: string, info: NetworkInterfaceInfo): void => {
    if (info.family === "IPv4") {
      networks.set(info.address, { address: info.address, netmask: info.netmask, interfaceName });
    } else {
      // A link-local address means nothing without its link (RFC 4007 §11).
      ipv6.add(info.scopeid === 0 ? info.address : `${info.address}%${interfaceName}`);
    }
  };
  const all = Object.entries(table).flatMap(([name, infos]) => (infos ?? []).map((info) => ({ name, info })));
  for (const address of wanted) {
    const found = all.filter(
      ({ name, info }) =>
        isEveryInterface(address) || name === address || info.address === address.replace(/%.*$/, ""),
    );
    for (const { name, info } of found) add(name, info);
    if (found.length > 0) continue;
    if (isIPv4(address) && isLoopback(address)) {
      networks.set(address, { address, netmask: loopbackNetmask, interfaceName: "lo" });
    } else missing.push(address);
  }
  return { networks: [...networks.values()], ipv6: [...ipv6], missing };
}

/**
 * What the servers listen on. An interface of which nothing but link-local IPv6 is left is waited for: the address
 * that boards are told is gone, and servers that run there would look as if they could be reached.
 */
export function listeningAddresses(wanted: readonly string[], table: InterfaceTable): ServedAddresses {
  const served = servedAddresses(wanted, table);
  const { networks, ipv6 } = served;
  const isLeft = networks.length === 0 && ipv6.length > 0 && ipv6.every((address) => /^fe80:/i.test(address));
  // Who names such an address wants just that.
  return isLeft && wanted.every(isInterfaceName) ? { networks, ipv6: [], missing: wanted } : served;
}

const infoOf = (address: string, table: InterfaceTable): NetworkInterfaceInfo | undefined =>
  Object.values(table)
    .flatMap((infos) => infos ?? [])
    .find((info) => info.address === address);

/** Asking takes a descriptor: where none is left Node throws, and nothing is known (EMFILE). */
function tableOf(read: () => InterfaceTable): InterfaceTable | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const ownTable = (): InterfaceTable => tableOf(networkInterfaces) ?? {};

/** True for an address of this computer. */
export const isOwnAddress = (address: string): boolean => infoOf(address, ownTable()) !== undefined;

/** The hardware address of the interface that has this address; zeros where the system does not tell. */
export const hardwareAddress = (address: string): Uint8Array =>
  parseMac(infoOf(address, ownTable())?.mac ?? "") ?? new Uint8Array(6);

/** Node tells nothing about a link that comes or goes; looking twice a second costs less than 0.1 ms. */
const lookEveryMs = 500;

/**
 * Calls back for as long as the addresses of this computer are others than those that were taken: what changed
 * between a look and the taking is not missed. Returns the function that ends it.
 */
export function watchInterfaces(
  clock: Clock,
  read: () => InterfaceTable,
  taken: () => InterfaceTable,
  onChange: () => void,
): () => void {
  let timer: Timer;
  const look = (): void => {
    timer = clock.at(clock.now() + lookEveryMs, look);
    const table = tableOf(read);
    if (table !== undefined && JSON.stringify(table) !== JSON.stringify(taken())) onChange();
  };
  timer = clock.at(clock.now() + lookEveryMs, look);
  return () => {
    timer.cancel();
  };
}
