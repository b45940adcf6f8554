/** What a person is told before the first start on a network, and what they agree to (DESIGN §5, §6). */

import type { Protocol } from "../../model/events";
import type { NetworkInterface } from "../../model/networks";
import type { UploadPolicy, Wanted } from "../../model/settings";
import { joined } from "../views/item";
import { addressesOf } from "./networkItems";
import { formatList, quoted } from "../words";

/** What each upload policy means, as a sentence. */
export const uploadSentences: Readonly<Record<UploadPolicy, string>> = {
  deny: "Nobody can write.",
  new: "Boards may upload files under new names; what is there stays as it is.",
  keep: "Boards may upload files; one that is there already is renamed with its date first.",
  overwrite: "Boards may upload files, and replace those that are there.",
};

type Served = Pick<
  Wanted,
  "addresses" | "uploads" | "allow" | "answer" | "servers" | "ports" | "ftpPassword"
>;

/** Two that are equal open the same to the same people: who agreed to one is not asked again. */
export function agreementOf({
  addresses,
  uploads,
  allow,
  answer,
}: Omit<Served, "servers" | "ports">): string {
  const strangers = answer === "everyone" ? [answer] : [];
  return JSON.stringify([[...addresses].sort(), uploads, [...allow].sort(), ...strangers]);
}

const transports: Readonly<Record<Protocol, string>> = { bootp: "UDP", tftp: "UDP", ftp: "TCP" };

/** `eth1 (192.168.7.1/24)`. */
function describeAddress(address: string, networks: readonly NetworkInterface[]): string {
  const network = networks.find(({ name }) => name === address);
  if (network === undefined) return quoted(address);
  const own = addressesOf(network);
  return `${quoted(address)} (${own === "" ? "no address yet" : own})`;
}

/** Who can ask. */
function describeAskers({ addresses, allow }: Served, networks: readonly NetworkInterface[]): string {
  const every = addresses.includes("0.0.0.0");
  const where = every
    ? "every network of this computer"
    : formatList(addresses.map((address) => describeAddress(address, networks)));
  if (allow.length > 0) return `Everyone in ${formatList(allow.map(quoted))} who reaches ${where}`;
  return every ? "Everyone who reaches this computer on any network" : `Everyone on ${where}`;
}

/**
 * @param root the served root by name: `firmware-drop/images`.
 * @param networks as far as they are known.
 */
export function networkNotice(
  wanted: Served,
  root: string,
  networks: readonly NetworkInterface[],
): { readonly message: string; readonly detail: string } {
  const { addresses, servers, ports, uploads, ftpPassword, answer } = wanted;
  const every = addresses.includes("0.0.0.0");
  const on = every ? "every network" : formatList(addresses.map(quoted));
  const over = servers.map(
    (server) =>
      `${server.toUpperCase()} (${transports[server]} port ${ports[server] === 0 ? "any" : ports[server]})`,
  );
  const wide = networks.filter(({ name, gateway }) => gateway && (every || addresses.includes(name)));
  return {
    message: `Serve "${quoted(root)}" on ${on}?`,
    detail: joined(
      "\n\n",
      `${describeAskers(wanted, networks)} can then read the files of "${quoted(root)}" over ${formatList(over)}.`,
      wide.length > 0 &&
        `This computer reaches other networks through ${formatList(wide.map(({ name }) => quoted(name)))}: it may be an office's network, not a bench's.`,
      answer === "everyone" &&
        "Every board and computer that asks by DHCP is given an address, where no other DHCP server answers.",
      joined(
        " ",
        ftpPassword === undefined
          ? "No password is asked."
          : "FTP asks for your password; BOOTP and TFTP know none.",
        uploadSentences[uploads],
      ),
      "Never served: dot files and dot folders, private keys, and what lies outside of that folder.",
      "You are asked once for this folder, these networks and these rights to write.",
    ),
  };
}
