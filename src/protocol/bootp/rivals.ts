/**
 * Who else answers DHCP on the served networks. Strangers may be given addresses only where nobody else does it
 * (DESIGN §2.1, `everyone`): so it asks before, asks again now and then, and listens to what others are told.
 */

import { inNetwork, isLoopback, type Network } from "../ipv4";
import { getOption, messageTypes } from "./options";
import { BOOTREPLY, BOOTREQUEST, unspecified } from "./packet";
import type { BootpPacket } from "./packet";
import { encodeProbe } from "./probe";

/** A question is asked so often, so far apart (security §4.2). dnsmasq takes three seconds for its first OFFER. */
export const tries = 2;
export const tryMs = 2_000;
/** The next question, where nobody answered; and where somebody did, or a client looks for an address. */
const quietMs = 600_000;
const soonMs = 60_000;
/** A rival of which nothing was seen for so long is gone: nine questions that it did not answer. */
const forgetMs = 600_000;
/** So many are named at most: whoever makes servers up fills no memory. */
const mostRivals = 4;

/** One DISCOVER to broadcast to port 67. */
export interface Probe {
  readonly packet: Uint8Array;
  /** The served address whose socket sends it. */
  readonly via: string;
}

/** Whether strangers may be answered on a network. */
export type Standing =
  | { readonly kind: "clear" }
  /** Nobody has answered yet, and there is still time. */
  | { readonly kind: "asking" }
  | { readonly kind: "rivals"; readonly addresses: readonly string[] };

interface Watched {
  readonly network: Network;
  readonly xid: number;
  /** Tries of the question that is being asked. */
  asked: number;
  /** Questions that were asked to their end. */
  questions: number;
  nextAt: number;
  endedAt: number;
  /** Address of each -> when it was heard last. */
  readonly rivals: Map<string, number>;
}

export interface RivalWatchOptions {
  /** A text that no other watch has. */
  readonly id: string;
  /** A random number of 32 bits, another one each time. */
  readonly xid: () => number;
  /** The hardware address of the interface with this address: a switch may let no other through. */
  readonly chaddrOf: (address: string) => Uint8Array;
}

export class RivalWatch {
  private readonly watched = new Map<string, Watched>();
  /** True: replies to port 68 cannot be heard, so it asks as a relay agent, which is answered at port 67. */
  asRelay = false;

  constructor(private readonly options: RivalWatchOptions) {}

  /** The networks to watch from now on; a new one is asked at once. Loopback has no other host on it. */
  follow(networks: readonly Network[], now: number): void {
    const wanted = networks.filter(({ address }) => !isLoopback(address));
    for (const [key] of this.watched)
      if (!wanted.some((network) => keyOf(network) === key)) this.watched.delete(key);
    for (const network of wanted) {
      if (this.watched.has(keyOf(network))) continue;
      const xid = this.options.xid();
      this.watched.set(keyOf(network), {
        network,
        xid,
        asked: 0,
        questions: 0,
        nextAt: now,
        endedAt: -Infinity,
        rivals: new Map(),
      });
    }
  }

  /** When `timeout` has something to do; undefined: nothing is watched. */
  get wakeAt(): number | undefined {
    const times = [...this.watched.values()].flatMap(({ nextAt, rivals }) => [
      nextAt,
      ...[...rivals.values()].map((seenAt) => seenAt + forgetMs),
    ]);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What is to be asked now. */
  timeout(now: number): readonly Probe[] {
    return [...this.watched.values()].flatMap((each) => {
      for (const [address, seenAt] of each.rivals) if (now - seenAt >= forgetMs) each.rivals.delete(address);
      if (each.nextAt > now) return [];
      if (each.asked === tries) {
        endQuestion(each, now);
        return [];
      }
      each.asked += 1;
      each.nextAt = now + tryMs;
      const { address } = each.network;
      const { id, chaddrOf } = this.options;
      const relay = this.asRelay ? address : undefined;
      return [{ packet: encodeProbe({ id, xid: each.xid, chaddr: chaddrOf(address), relay }), via: address }];
    });
  }

  /** Takes note of a packet that says that another server answers here: its reply, or a client's REQUEST that names it. */
  heard(packet: BootpPacket, now: number): void {
    const type = packet.options && getOption(packet.options, "messageType");
    const server = packet.options && getOption(packet.options, "serverIdentifier");
    const all = [...this.watched.values()];
    // One that came meanwhile may answer this client by unicast, which nobody else hears: it is asked for itself.
    if (packet.op === BOOTREQUEST && type === messageTypes.DISCOVER) {
      for (const each of all)
        if (each.asked === 0) each.nextAt = Math.min(each.nextAt, Math.max(now, each.endedAt + soonMs));
    }
    if (server === undefined || server === unspecified || isLoopback(server)) return;
    if (all.some(({ network }) => network.address === server)) return;
    const isReply = packet.op === BOOTREPLY && (type === messageTypes.OFFER || type === messageTypes.ACK);
    const isChoice = packet.op === BOOTREQUEST && type === messageTypes.REQUEST;
    if (!isReply && !isChoice) return;
    const told = isReply ? all.filter(({ xid }) => xid === packet.xid) : [];
    const near = all.filter(({ network }) =>
      [server, packet.yiaddr, packet.ciaddr, packet.giaddr].some((address) => inNetwork(network, address)),
    );
    // Nothing tells where a broadcast came in: what cannot be placed may be anywhere.
    for (const each of told.length > 0 ? told : near.length > 0 ? near : all) {
      if (each.rivals.has(server) || each.rivals.size < mostRivals) each.rivals.set(server, now);
      if (told.includes(each)) endQuestion(each, now);
      each.nextAt = Math.min(each.nextAt, now + soonMs);
    }
  }

  standing(address: string, now: number): Standing {
    if (isLoopback(address)) return { kind: "clear" };
    const each = [...this.watched.values()].find(({ network }) => network.address === address);
    const addresses = [...(each?.rivals ?? [])].flatMap(([rival, seenAt]) =>
      now - seenAt < forgetMs ? rival : [],
    );
    if (addresses.length > 0) return { kind: "rivals", addresses };
    return { kind: each !== undefined && each.questions > 0 ? "clear" : "asking" };
  }
}

const keyOf = ({ address, netmask, interfaceName }: Network): string =>
  `${interfaceName} ${address} ${netmask}`;

function endQuestion(each: Watched, now: number): void {
  each.questions += 1;
  each.asked = 0;
  each.endedAt = now;
  each.nextAt = now + (each.rivals.size > 0 ? soonMs : quietMs);
}
