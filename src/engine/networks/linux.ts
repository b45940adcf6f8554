/** The interfaces of a Linux computer, from what the kernel shows under /proc and /sys; no program is run. */

import { existsSync, readFileSync } from "node:fs";
import { endianness } from "node:os";
import { delimiter, join } from "node:path";
import type { Fix } from "../../model/events";
import type { NetworkInterface, NetworkKind } from "../../model/networks";
import { formatIpv4, inNetwork } from "../../protocol/ipv4";
import { posixWord } from "../pasting";
import { proposed, type ToldInterface } from "./told";

/** The kernel's files; tests give others. */
export interface SystemFiles {
  /** The text of a file; undefined where there is none, or where the kernel refuses (`carrier` of a closed port). */
  read(path: string): string | undefined;
  exists(path: string): boolean;
}

export const systemFiles: SystemFiles = {
  read(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  exists: existsSync,
};

/** A line of /proc/net/route, with dotted addresses. */
interface Route {
  readonly interfaceName: string;
  readonly destination: string;
  readonly gateway: string;
  readonly netmask: string;
}

const nowhere = "0.0.0.0";

/** An address in /proc/net/route: its four bytes as the processor orders them. */
function addressOfHex(hex: string): string {
  const bytes = Buffer.from(hex.padStart(8, "0"), "hex");
  return formatIpv4(endianness() === "LE" ? bytes.readUInt32LE() : bytes.readUInt32BE());
}

function readRoutes(table: string): Route[] {
  const lines = table.split("\n").slice(1);
  return lines.flatMap((line) => {
    const [interfaceName, destination, gateway, , , , , netmask] = line.trim().split(/\s+/);
    if (interfaceName === undefined || !destination || !gateway || !netmask) return [];
    return {
      interfaceName,
      destination: addressOfHex(destination),
      gateway: addressOfHex(gateway),
      netmask: addressOfHex(netmask),
    };
  });
}

/** The addresses of this computer in /proc/net/fib_trie, which names no interface. */
function readOwnAddresses(trie: string): string[] {
  return [...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address = ""]) => address);
}

/** The addresses of an interface, without link as well: those of this computer that lie in a network of it. */
function addressesOf(
  name: string,
  routes: readonly Route[],
  own: readonly string[],
): NetworkInterface["addresses"] {
  const networks = routes.filter(
    ({ interfaceName, destination, gateway }) =>
      interfaceName === name && gateway === nowhere && destination !== nowhere,
  );
  return networks.flatMap(({ destination, netmask }) =>
    [...new Set(own)]
      .filter((address) => inNetwork({ address: destination, netmask, interfaceName: name }, address))
      .map((address) => ({ address, netmask })),
  );
}

/** Kinds of hardware (ARPHRD_…, linux/if_arp.h). */
const ethernet = "1";
const loopback = "772";

function kindOf(folder: string, files: SystemFiles): NetworkKind {
  const type = files.read(join(folder, "type"))?.trim();
  if (type === loopback) return "loopback";
  if (["wireless", "phy80211"].some((entry) => files.exists(join(folder, entry)))) return "wireless";
  if (type !== ethernet) return "other";
  return files.exists(join(folder, "device")) ? "wired" : "virtual";
}

/** True for a port of a bridge or a bond: that one has the address. */
const isPart = (folder: string, files: SystemFiles): boolean =>
  ["brport", "bonding_slave"].some((entry) => files.exists(join(folder, entry)));

/** The line that keeps the address, where NetworkManager rules; it would take one by `ip` away again. */
function withNetworkManager(name: string, link: boolean | undefined): (address: string) => Fix {
  const connection = posixWord(`boot-servers-${name}`);
  return (address) => ({
    what: `gives ${name} the address ${address} for good; "nmcli connection delete ${connection}" takes it back`,
    line: [
      `nmcli connection add type ethernet ifname ${posixWord(name)} con-name ${connection} autoconnect yes`,
      `connection.autoconnect-priority 1 ipv4.method manual ipv4.addresses ${address}/${proposed.prefixLength}`,
      // Without a cable it would fail; it comes up by itself once there is one.
      ...(link === false ? [] : [`&& nmcli connection up ${connection}`]),
    ].join(" "),
  });
}

function untilNextBoot(name: string): (address: string) => Fix {
  const word = posixWord(name);
  return (address) => ({
    what: `gives ${name} the address ${address}; it is gone at the next boot`,
    line: `sudo ip address replace ${address}/${proposed.prefixLength} dev ${word} && sudo ip link set ${word} up`,
  });
}

/** True where NetworkManager runs and can be asked to. */
function hasNetworkManager(files: SystemFiles, path: string): boolean {
  const hasClient = path.split(delimiter).some((folder) => files.exists(join(folder, "nmcli")));
  return hasClient && files.exists("/run/NetworkManager");
}

/** @param path where programs are looked for, as in the environment variable PATH. */
export function linuxInterfaces(files = systemFiles, path = process.env["PATH"] ?? ""): ToldInterface[] {
  const routes = readRoutes(files.read("/proc/net/route") ?? "");
  const own = readOwnAddresses(files.read("/proc/net/fib_trie") ?? "");
  const networkManager = hasNetworkManager(files, path);
  // Of this process's network namespace; /sys may be another one's.
  const table = files.read("/proc/net/dev") ?? "";
  return [...table.matchAll(/^ *([^:|\s]+):/gm)].map(([, name = ""]) => {
    const folder = join("/sys/class/net", name);
    const kind = kindOf(folder, files);
    const carrier = files.read(join(folder, "carrier"))?.trim();
    const link = kind === "loopback" || !carrier ? undefined : carrier === "1";
    const mayHaveOwn = (kind === "wired" || kind === "virtual") && !isPart(folder, files);
    const giveAddress =
      kind === "wired" && networkManager ? withNetworkManager(name, link) : untilNextBoot(name);
    return {
      name,
      kind,
      addresses: addressesOf(name, routes, own),
      ...(link !== undefined && { link }),
      gateway: routes.some(
        ({ interfaceName, destination, netmask }) =>
          interfaceName === name && destination === nowhere && netmask === nowhere,
      ),
      ...(mayHaveOwn && { giveAddress }),
    };
  });
}
