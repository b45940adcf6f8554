/** The networks of the computer as a person chooses among them: what each line of the list says. */

import type { Fix } from "../../model/events";
import { describeAddress, type NetworkInterface, type NetworkKind } from "../../model/networks";
import { joined } from "../views/item";
import { formatList, unadorned } from "../words";

export interface NetworkItem {
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
  /** True where it is what is chosen now. */
  readonly chosen: boolean;
  /** What the setting `address` holds once it is chosen; absent: the line asks for several. */
  readonly addresses?: readonly string[];
  /** Set where it has no address that boards could ask. */
  readonly lack?: Lack;
}

export interface Lack {
  /** The interface. */
  readonly name: string;
  readonly why: string;
  /** What becomes of it where it is served all the same. */
  readonly then: string;
  /** The line that gives it an address. */
  readonly fix?: Fix;
}

const loopback = "127.0.0.1";
const everyAddress = "0.0.0.0";

const kinds: Readonly<Record<NetworkKind, { readonly icon: string; readonly word?: string }>> = {
  loopback: { icon: "device-desktop" },
  wired: { icon: "plug", word: "wired" },
  wireless: { icon: "radio-tower", word: "wireless" },
  virtual: { icon: "layers", word: "virtual" },
  other: { icon: "circuit-board" },
};

/** `192.168.7.1/24 and 10.0.0.1/8`; empty where it has none. */
export const addressesOf = ({ addresses }: NetworkInterface): string =>
  formatList(addresses.map(describeAddress));

/** True where a chosen interface or one of its addresses is meant. */
const isMeant = ({ name, addresses }: NetworkInterface, chosen: readonly string[]): boolean =>
  chosen.includes(name) || addresses.some(({ address }) => chosen.includes(address));

function loopbackItem(networks: readonly NetworkInterface[], chosen: readonly string[]): NetworkItem {
  const own = networks.filter(({ kind }) => kind === "loopback");
  return {
    label: `$(${kinds.loopback.icon}) This computer only`,
    description: joined(" · ", own[0]?.name, loopback),
    chosen: chosen.includes(loopback) || own.some((network) => isMeant(network, chosen)),
    addresses: [loopback],
  };
}

function interfaceItem(network: NetworkInterface, chosen: readonly string[]): NetworkItem {
  const { name, kind, link, gateway, fix } = network;
  const { icon, word } = kinds[kind];
  const address = addressesOf(network);
  const link_ = link === undefined ? undefined : link ? "link" : "no link";
  const ready = address !== "" && link !== false;
  const detail = !ready
    ? "Boards cannot ask here yet. Chosen, it starts as soon as it has a link and an address."
    : gateway
      ? "This computer reaches other networks through it: everyone there can ask, not a bench alone."
      : undefined;
  return {
    label: `$(${icon}) ${unadorned(name)}`,
    description: joined(" · ", word, address === "" ? "no address" : address, link_),
    ...(detail !== undefined && { detail }),
    chosen: isMeant(network, chosen),
    addresses: [name],
    ...((address === "" || fix !== undefined) && { lack: lackOf(network) }),
  };
}

function lackOf({ name, addresses, fix }: NetworkInterface): Lack {
  const shown = unadorned(name);
  const [why, then] =
    addresses.length === 0
      ? [`${shown} has no address yet.`, "It starts as soon as it has an address."]
      : [`${shown} has no address but one that it gave itself.`, "Few boards will find it there."];
  return { name: shown, why, then, ...(fix !== undefined && { fix }) };
}

/** Something that is chosen and is not there: an adapter that was unplugged, an address that nobody has. */
const absentItem = (address: string): NetworkItem => ({
  label: `$(debug-disconnect) ${unadorned(address)}`,
  description: "not there now",
  detail: "It starts as soon as it is there.",
  chosen: true,
  addresses: [address],
});

/** The interfaces with or without an address, and what is chosen and is not there; loopback is none of them. */
export function interfaceItems(
  networks: readonly NetworkInterface[],
  chosen: readonly string[],
): readonly NetworkItem[] {
  const absent = chosen.filter(
    (address) =>
      address !== loopback &&
      address !== everyAddress &&
      !networks.some((network) => isMeant(network, [address])),
  );
  return [
    ...networks.filter(({ kind }) => kind !== "loopback").map((network) => interfaceItem(network, chosen)),
    ...absent.map(absentItem),
  ];
}

/**
 * All that can be chosen: loopback first, every interface last and loudly (DESIGN §5).
 * @param chosen what the setting `address` holds.
 */
export function networkItems(
  networks: readonly NetworkInterface[],
  chosen: readonly string[],
): readonly NetworkItem[] {
  const interfaces = interfaceItems(networks, chosen);
  const every: NetworkItem = {
    label: "$(warning) Every interface",
    description: "0.0.0.0 · all that are there, and all that ever come",
    detail: "Anyone who reaches this computer on any network can ask.",
    chosen: chosen.includes(everyAddress),
    addresses: [everyAddress],
  };
  const several: NetworkItem = {
    label: "$(checklist) Several networks…",
    description: "",
    chosen: false,
  };
  return [loopbackItem(networks, chosen), ...interfaces, ...(interfaces.length > 1 ? [several] : []), every];
}
