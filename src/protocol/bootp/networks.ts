/** Which network a request belongs to, and where the reply goes (DESIGN §2.1; RFC 1542 §4.1.2, §5.4; RFC 2131 §4.1). */

import type { Endpoint } from "../endpoint";
import { broadcastAddress, inNetwork, isLoopback, type Network } from "../ipv4";
import { within, type AddressRange } from "./leases";
import { optionTable } from "./options";
import { broadcastFlag, clientPort, serverPort, unspecified, type BootpPacket } from "./packet";

/** A request, and how it came. */
export interface Arrival {
  readonly request: BootpPacket;
  readonly from: Endpoint;
  /** The served address whose socket received it; undefined: the wildcard's, which cannot tell. */
  readonly on: string | undefined;
  /** True: it came to the port of PXE boot servers, 4011. */
  readonly toBootServer: boolean;
}

/** One network that a client may be on. */
export interface Link {
  /** This host's side: the reply's sender, `siaddr` and option 54. */
  readonly server: Network;
  /** Where the client's address must lie; not the server's network when a relay agent stands between them. */
  readonly subnet: Network;
}

/**
 * The mask of a network behind a relay agent is nowhere said, so the addresses that share 24 bits with `giaddr`
 * are taken as its network.
 */
const relayedMask = "255.255.255.0";

const relayedSubnet = (
  address: string,
  { interfaceName }: Pick<Network, "interfaceName"> = { interfaceName: "" },
): Network => ({
  address,
  netmask: relayedMask,
  interfaceName,
});

const isDhcp = ({ options }: BootpPacket): boolean => options?.has(optionTable.messageType.code) === true;

/**
 * The links to answer on: the one that `giaddr`, the receiving socket, `ciaddr` or the source address tells;
 * else every served network, each with a reply of its own (facts: Node cannot tell where a broadcast came in).
 */
export function linksOf({ request, from, on }: Arrival, networks: readonly Network[]): readonly Link[] {
  const { giaddr, ciaddr } = request;
  const served = (address: string): Network | undefined =>
    address === unspecified ? undefined : networks.find((network) => inNetwork(network, address));
  const direct = (server: Network): Link => ({ server, subnet: server });
  const receiver = networks.find(({ address }) => address === on);
  if (giaddr !== unspecified) {
    const near = served(giaddr);
    if (near !== undefined) return [direct(near)];
    const server = receiver ?? served(from.address) ?? networks[0];
    return server === undefined ? [] : [{ server, subnet: relayedSubnet(giaddr, server) }];
  }
  const own = served(ciaddr);
  if (receiver !== undefined && own === undefined && ciaddr !== unspecified && isDhcp(request)) {
    // Who has an address asks past its relay agent, and is trusted to know it (RFC 2131 §4.3.2, RENEWING).
    return [{ server: receiver, subnet: relayedSubnet(ciaddr.replace(/\d+$/, "0"), receiver) }];
  }
  const told = receiver ?? own ?? served(from.address);
  if (told !== undefined) return [direct(told)];
  // A client without an address is never on loopback, unless nothing else is served.
  const real = networks.filter(({ address }) => !isLoopback(address));
  return (real.length > 0 ? real : networks).map(direct);
}

/** The addresses that a plan gives. */
export interface PlannedAddresses {
  readonly clients: readonly { readonly address?: string }[];
  readonly pool: readonly AddressRange[];
}

/** True when the plan has an address for boards behind this relay agent. */
function hasAddressBehind(giaddr: string, { clients, pool }: PlannedAddresses): boolean {
  const behind = relayedSubnet(giaddr);
  if (clients.some(({ address }) => address !== undefined && inNetwork(behind, address))) return true;
  return pool.map((range) => within(range, behind)).some(({ first, last }) => first <= last);
}

/** The networks behind relay agents that were answered since the plan has addresses there: their boards load here too. */
export class AnsweredRelays {
  /** One agent of each network: no more than the plan has networks. */
  private readonly giaddrs = new Set<string>();

  add(giaddr: string, plan: PlannedAddresses): void {
    if (hasAddressBehind(giaddr, plan) && !this.hasBehind(giaddr, plan)) this.giaddrs.add(giaddr);
  }

  /** True for a board behind one of them, as long as the plan has an address there. */
  hasBehind(address: string, plan: PlannedAddresses): boolean {
    for (const giaddr of this.giaddrs)
      if (inNetwork(relayedSubnet(giaddr), address)) return hasAddressBehind(giaddr, plan);
    return false;
  }
}

/** Who may be answered. */
export interface Door {
  allows(address: string): boolean;
  /** Relay agents of networks that the plan has addresses for may ask as well. */
  readonly allowsPlanned: boolean;
  readonly plan: PlannedAddresses;
}

/** True when the sender may ask: its network, or its relay agent's, is allowed or has planned addresses. */
export function mayAsk({ request: { giaddr }, from }: Arrival, door: Door): boolean {
  const where = giaddr === unspecified ? from.address : giaddr;
  // Without an address it can only be on a served link.
  if (where === unspecified || door.allows(where)) return true;
  return door.allowsPlanned && hasAddressBehind(where, door.plan);
}

export interface Delivery {
  /** A NAK is broadcast although `ciaddr` is set: the client must not use that address (RFC 2131 §4.1). */
  readonly nak: boolean;
  /** The socket of the served address cannot be had (macOS without rights): use the subnet's broadcast address. */
  readonly directedBroadcast: boolean;
  /** The client says that it has an address, and does not hear what is sent to it (the quirk). */
  readonly alwaysBroadcast?: boolean | undefined;
  allows(address: string): boolean;
}

/** Where the reply goes, by the first rule of DESIGN §2.1 that holds. */
export function destinationOf(
  { request, from, toBootServer }: Arrival,
  link: Link,
  delivery: Delivery,
): Endpoint {
  // A boot server answers the port that asked, whichever that is (PXE 2.1 §2.2, step 6).
  if (toBootServer) return from;
  if (request.giaddr !== unspecified) return { address: request.giaddr, port: serverPort };
  const otherPort = from.port !== serverPort && from.port !== clientPort && from.address !== unspecified;
  if (isLoopback(from.address) || otherPort) return from;
  // Who asks without an address may write any as its own: nobody outside gets what somebody here has asked for.
  const { ciaddr } = request;
  const isAskers = ciaddr === from.address || delivery.allows(ciaddr);
  const unicast = !delivery.nak && delivery.alwaysBroadcast !== true && isAskers;
  if (ciaddr !== unspecified && unicast) return { address: ciaddr, port: clientPort };
  // Unicast to a `yiaddr` that nobody answers ARP for yet is lost, so the broadcast flag changes nothing.
  const address = delivery.directedBroadcast ? broadcastAddress(link.server) : "255.255.255.255";
  return { address, port: clientPort };
}

/** `flags` of a reply: the reserved bits are zero (RFC 1542 §3.1.1); a relayed NAK is broadcast (RFC 2131 §4.3.2). */
export function replyFlags(request: BootpPacket, nak: boolean): number {
  return nak && request.giaddr !== unspecified ? broadcastFlag : request.flags & broadcastFlag;
}
