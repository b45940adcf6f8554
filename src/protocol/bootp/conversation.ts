/** One request while it is being answered: what BOOTP and DHCP both need for a reply, collected in one place. */

import type { Endpoint } from "../endpoint";
import { inNetwork, isLoopback } from "../ipv4";
import { choose, listedClient, type Choice, type ListedClient } from "./choice";
import { timesOf, type BootpSituation, type Client, type ClientTable, type Notice } from "./clients";
import type { Leases } from "./leases";
import { destinationOf, linksOf, type Arrival, type Link } from "./networks";
import type { OptionEntry } from "./options";
import { decodePacket, unspecified } from "./packet";
import { aboutBooting } from "./pxe";
import { profiles } from "./profiles";
import { encodeReply, tooLongForFile, type ReplyContent } from "./replies";
import { ask, peek, type SequenceAnswer } from "./sequence";

/** One datagram to send. */
export interface Reply {
  readonly packet: Uint8Array;
  /** The served address whose socket sends it. */
  readonly via: string;
  readonly to: Endpoint;
}

/** Seconds. Longer than `restartSeconds`, so that a renewal does not keep a board's sequence from starting again. */
export const leaseSeconds = 3600;

export class Conversation {
  readonly replies: Reply[] = [];
  /** How the client stands after this request. */
  client: Client;
  readonly listed: ListedClient | undefined;
  /** What the client is to be told. */
  private readonly choice: Choice;
  links: readonly Link[];

  constructor(
    readonly arrival: Arrival,
    readonly situation: BootpSituation,
    private readonly table: ClientTable,
    private readonly leases: Leases,
    readonly now: number,
    client: Client,
  ) {
    const { request, from } = arrival;
    this.listed = listedClient(situation.plan, client.mac);
    this.choice = choose(situation.plan, client.traits);
    this.links = linksOf(arrival, situation.networks);
    const addresses = [request.ciaddr, from.address].filter((address) => address !== unspecified);
    // A relay agent's address is not the client's own; but a verification that relays its own questions fetches from it.
    const own = request.giaddr === unspecified ? addresses[0] : undefined;
    this.client = { ...client, addresses, address: own ?? client.address };
  }

  /** The same, answered on these links alone. */
  on(links: readonly Link[]): this {
    this.links = links;
    return this;
  }

  /**
   * Not answered, and why.
   * @param servers what the network's own DHCP server may name instead.
   */
  refuse(stage: "seen" | "refused", notice: Notice, servers?: readonly string[]): void {
    this.client = { ...this.client, refusal: { stage, notice, servers } };
  }

  /** The address that another server gives it: its transfers come from there. */
  hasAddress(address: string): void {
    this.client = { ...this.client, addresses: [...this.client.addresses, address], address };
  }

  /** False: it knows itself which files it loads. */
  get takesBootFile(): boolean {
    const { profile } = this.choice;
    return profile === undefined || profiles[profile].takesBootFile;
  }

  /** How long its answers wait. A verification is no board whose link has to come up. */
  get delayMs(): number {
    return this.client.verification ? 0 : (this.choice.quirks.answerDelayMs ?? 0);
  }

  /** Answered, but. The first warning stays. */
  warn(notice: Notice): void {
    this.client = { ...this.client, warning: this.client.warning ?? notice };
  }

  /** The client asks for its boot file; this alone moves its sequence. */
  askForFile(): Pick<SequenceAnswer, "file" | "silent"> {
    const { plan, networks } = this.situation;
    const { verification, cursor } = this.client;
    const question = {
      xid: this.arrival.request.xid,
      now: this.now,
      elsewhere: plan.server !== undefined && networks.every(({ address }) => address !== plan.server),
      verification,
    };
    const answer = ask(cursor, this.choice.boot, timesOf(plan), question);
    this.client = { ...this.client, cursor: answer.cursor, file: answer.file };
    if (tooLongForFile(answer.file)) {
      this.warn({
        code: "boot.nameTooLong",
        message:
          "the boot file's name has more than 127 bytes: it goes in option 67, which few boot loaders read",
        remedy: "Serve it under a shorter name, by an alias in the plan.",
      });
    }
    return answer;
  }

  /** The file as it stands, for a client that renews its lease and does not boot; it was heard all the same. */
  fileAsItStands(): string {
    const { plan } = this.situation;
    const { cursor } = this.client;
    this.client = { ...this.client, cursor: { ...cursor, lastPacketAt: this.now } };
    return peek(cursor, this.choice.boot, timesOf(plan), this.now);
  }

  /** The address that the client has or would get on this link; undefined: none. Nothing is reserved. */
  addressOn(link: Link, wanted?: string): string | undefined {
    const own = this.listed?.address;
    if (own !== undefined) return inNetwork(link.subnet, own) ? own : undefined;
    const { plan, networks } = this.situation;
    const reserved = new Set([
      link.subnet.address,
      ...networks.map(({ address }) => address),
      ...plan.clients.flatMap(({ address }) => address ?? []),
      ...(plan.server === undefined ? [] : [plan.server]),
    ]);
    return this.leases.find({
      key: this.client.leaseKey,
      network: link.subnet,
      pool: plan.pool,
      reserved,
      spare: this.listed === undefined ? this.listedWithoutLease(link) : 0,
      wanted,
      now: this.now,
    });
  }

  /** Listed clients that will need an address of the pool: a stranger does not get the last ones. */
  private listedWithoutLease({ subnet }: Link): number {
    return this.situation.plan.clients.filter(({ mac, address }) => {
      const key = this.table.get(mac)?.leaseKey;
      return address === undefined && !(key !== undefined && this.leases.holds(key, subnet));
    }).length;
  }

  /** Changes of the leases; a verification takes none, and a listed address needs none. */
  lease(change: (leases: Leases, key: string) => void): void {
    if (!this.client.verification && this.listed?.address === undefined)
      change(this.leases, this.client.leaseKey);
  }

  /** True when the listed address belongs here. Loopback stands for every network: a rehearsal is no mistake. */
  belongs(link: Link): boolean {
    const own = this.listed?.address;
    return own === undefined || inNetwork(link.subnet, own) || isLoopback(link.server.address);
  }

  /** A packet has room for as much as the client takes, and for 64 bytes in plain BOOTP. */
  private warnOfLeftOut(options: readonly OptionEntry[], packet: Uint8Array): void {
    // A request without the cookie gets no options at all: that client reads none (RFC 1497).
    if (options.length === 0 || this.arrival.request.options === undefined) return;
    const sent = decodePacket(packet).options;
    const left = options.map(([code]) => code).filter((code) => sent?.has(code) !== true);
    if (left.length === 0) return;
    this.warn({
      code: "options.noRoom",
      message: `no room in its answer for option ${left.join(", ")} of the plan`,
      remedy: "Give it fewer or shorter options.",
    });
  }

  reply(
    link: Link,
    content: Pick<ReplyContent, "messageType" | "yiaddr" | "file" | "leaseSeconds" | "message">,
  ): void {
    const { plan, directedBroadcast, proxy } = this.situation;
    const { request } = this.arrival;
    const { address } = link.server;
    const options = proxy ? aboutBooting(this.choice.options) : this.choice.options;
    const packet = encodeReply({
      ...content,
      request,
      proxy,
      siaddr: plan.server ?? address,
      serverIdentifier: address,
      subnet: link.subnet,
      options,
      profile: this.choice.profile,
    });
    if (content.messageType !== "NAK") this.warnOfLeftOut(options, packet);
    const { alwaysBroadcast } = this.choice.quirks;
    const delivery = {
      nak: content.messageType === "NAK",
      directedBroadcast,
      alwaysBroadcast,
      allows: (client: string) => this.situation.allows(client),
    };
    this.replies.push({ packet, via: address, to: destinationOf(this.arrival, link, delivery) });
    // A verification goes on fetching from its own address: the one that it was told is the real board's.
    if (content.yiaddr === unspecified || this.client.verification) return;
    const addresses = [...this.client.addresses, content.yiaddr];
    this.client = { ...this.client, addresses, address: content.yiaddr };
  }
}
