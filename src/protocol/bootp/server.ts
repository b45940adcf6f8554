/**
 * The BOOTP and DHCP server without sockets (RFC 951 §7.3, RFC 1542 §5, RFC 2131 §4.3): a datagram and the time go
 * in, replies and what the rows say come out. The plan is read anew at each request.
 */

import type { Endpoint } from "../endpoint";
import { MalformedPacket } from "../errors";
import { traitsOf } from "./choice";
import { ClientTable, identify, viewOf } from "./clients";
import type { BootpSituation, Client, ClientView } from "./clients";
import { Conversation, leaseSeconds, type Reply } from "./conversation";
import { clientOf, lastAsker, leadsTo, RunningTransfers, type TransferNews } from "./departures";
import { answerDhcp, isAnsweredType } from "./dhcp";
import { Leases } from "./leases";
import { AnsweredRelays, mayAsk, type Arrival } from "./networks";
import { getOption, optionTable } from "./options";
import { answerAsProxy } from "./proxy";
import { noNetwork, outside, unlisted, unlistedCode } from "./refusals";
import { BOOTREQUEST, decodePacket, ethernet, unspecified, type BootpPacket } from "./packet";
import { heard, restarted, transferred, transferredNearby, waitsFor, type Cursor } from "./sequence";

/** One datagram as it came. */
export interface Datagram {
  readonly packet: Uint8Array;
  readonly from: Endpoint;
  /** The served address whose socket received it; undefined: the wildcard's. */
  readonly on: string | undefined;
  /** True: it came to the port of PXE boot servers, 4011. */
  readonly toBootServer?: boolean;
}

/** What is to be done after one datagram. */
export interface Reaction {
  readonly replies: readonly Reply[];
  /** The replies are sent so much later. */
  readonly delayMs: number;
  /** The clients whose row changed. */
  readonly clients: readonly ClientView[];
  /** Ids of clients that are remembered no longer. */
  readonly forgotten: readonly string[];
  /** What was asked; absent: it was dropped. */
  readonly request?: BootpPacket;
  /** Why it was dropped without a row; for the log. */
  readonly dropped?: string;
}

const dropped = (reason: string): Reaction => ({
  replies: [],
  delayMs: 0,
  clients: [],
  forgotten: [],
  dropped: reason,
});

export class BootpMachine {
  private readonly table = new ClientTable();
  private readonly transfers = new RunningTransfers();
  /** Their boards load from here as well. */
  readonly relays = new AnsweredRelays();

  constructor(readonly leases: Leases = new Leases()) {}

  /** Answers one datagram, or says why not. Never throws on any bytes. */
  receive(
    { packet, from, on, toBootServer = false }: Datagram,
    situation: BootpSituation,
    now: number,
  ): Reaction {
    let request: BootpPacket;
    try {
      request = decodePacket(packet);
    } catch (error) {
      if (error instanceof MalformedPacket) return dropped(error.message);
      throw error;
    }
    const identity = identify(request);
    const arrival: Arrival = { request, from, on, toBootServer };
    const fault = faultOf(arrival);
    if (identity === undefined || fault !== undefined) return dropped(fault ?? "names no client");
    const traits = traitsOf(identity.mac, request.options);
    const known = this.table.known(identity, situation, now, traits);
    const conversation = new Conversation(arrival, situation, this.table, this.leases, now, {
      ...known,
      lastSeenAt: now,
      refusal: undefined,
      warning: undefined,
      vendorClass: traits.vendorClass ?? known.vendorClass,
    });
    answer(conversation);
    const { client, replies, delayMs } = conversation;
    if (replies.length > 0) this.relays.add(request.giaddr, situation.plan);
    const forgotten = this.table.put(client, situation);
    return { replies, delayMs, clients: [viewOf(client, situation.plan, now)], forgotten, request };
  }

  /** The clients at this address, without verifications that are over. */
  private at(address: string, now: number): readonly Client[] {
    return this.table.at(address).filter((client) => !isOver(client, now));
  }

  /**
   * The client at this address, as its last request tells, with what it said then; of several the one that asked last.
   * Of one that holds a lease from an earlier run its MAC is known.
   */
  clientAt(address: string, now: number): Pick<Client, "id" | "traits"> | undefined {
    const last = lastAsker(this.at(address, now));
    if (last !== undefined) return last;
    const mac = this.leases.macAt(address);
    return mac === undefined ? undefined : { id: mac, traits: traitsOf(mac, undefined) };
  }

  /** A stage of a TFTP or FTP transfer. */
  departed(news: TransferNews, situation: BootpSituation, now: number): readonly ClientView[] {
    const isFile = leadsTo(situation.plan, news.file);
    const id = this.transfers.owner(news, () => {
      return clientOf(this.at(news.address, now), this.table.all(), isFile)?.id;
    });
    const owner = id === undefined ? undefined : this.table.get(id);
    if (owner === undefined) return [];
    const { stage } = news;
    const known = { ...this.table.known(owner, situation, now), lastSeenAt: now };
    const client = stage === "started" ? namedByOther(known) : known;
    if (!client.verification) {
      return [this.moved(client, transferred(client.cursor, stage, isFile, now), situation, now)];
    }
    const others = [...this.table.all()].filter(
      ({ id, verification, addresses, cursor }) =>
        verification && id !== client.id && addresses.includes(news.address) && waitsFor(cursor, isFile),
    );
    return [client, ...others].map((each) => {
      const cursor = transferredNearby(each.cursor, stage, isFile, now, each === client);
      return this.moved(each, cursor, situation, now);
    });
  }

  /**
   * Something else of TFTP or FTP came from this address, so its client is not idle (DESIGN §2.1, `restartSeconds`).
   * Its row says so once a second at most.
   */
  heard(address: string, situation: BootpSituation, now: number): readonly ClientView[] {
    // A verification ends with its run: what comes later from its address must not keep it there (`isOver`).
    const last = lastAsker(this.table.at(address).filter(({ verification }) => !verification));
    if (last === undefined) return [];
    const { lastSeenAt = -Infinity } = last;
    const client = this.table.known(last, situation, now);
    const view = this.moved({ ...client, lastSeenAt: now }, heard(client.cursor, now), situation, now);
    return now - lastSeenAt < 1_000 ? [] : [view];
  }

  private moved(client: Client, cursor: Cursor, situation: BootpSituation, now: number): ClientView {
    const after = { ...client, cursor };
    this.table.update(after);
    return viewOf(after, situation.plan, now);
  }

  /** The client's next request gets the first file. Undefined: no such client. */
  restart(id: string, situation: BootpSituation, now: number): ClientView | undefined {
    const client = this.table.get(id);
    if (client === undefined) return undefined;
    return this.moved({ ...client, parked: new Map() }, restarted(client.cursor), situation, now);
  }

  /** The rows of all clients that the plan lists, or listed before it changed. */
  planChanged(situation: BootpSituation, now: number): readonly ClientView[] {
    const affected = new Map<string, Client>();
    for (const client of this.table.all()) if (client.listed) affected.set(client.id, client);
    for (const { mac } of situation.plan.clients) {
      const identity = { id: mac, mac, leaseKey: `${ethernet}:${mac}`, verification: false };
      affected.set(mac, this.table.get(mac) ?? this.table.known(identity, situation, now));
    }
    return [...affected.values()].map((client) => {
      const current = this.table.known(client, situation, now);
      const answeredNow = current.listed && current.refusal?.notice.code === unlistedCode;
      const after = answeredNow ? { ...current, refusal: undefined } : current;
      this.table.update(after);
      return viewOf(after, situation.plan, now);
    });
  }

  /** The rows whose words have changed by the time alone: a silence that runs down, a sequence that starts again. */
  elapsed(since: number, situation: BootpSituation, now: number): readonly ClientView[] {
    return [...this.table.all()]
      .filter((client) => (viewOf(client, situation.plan, since).changesAt ?? Infinity) <= now)
      .map((client) => viewOf(client, situation.plan, now));
  }

  /** When the next of them will be. */
  nextChange(situation: BootpSituation, now: number): number | undefined {
    let next: number | undefined;
    for (const client of this.table.all()) {
      const { changesAt } = viewOf(client, situation.plan, now);
      if (changesAt !== undefined && (next === undefined || changesAt < next)) next = changesAt;
    }
    return next;
  }
}

/** A client that is left to another server and loads from here: that server has named its file. */
const namedByOther = (client: Client): Client =>
  client.refusal?.servers === undefined
    ? client
    : { ...client, refusal: undefined, cursor: { ...client.cursor, named: true } };

/** A verification leaves no board behind at its address: so long after its last packet it is nobody's again. */
const verificationMs = 60_000;

const isOver = ({ verification, lastSeenAt = 0 }: Client, now: number): boolean =>
  verification && now - lastSeenAt >= verificationMs;

/** Why a packet is dropped without a row: it is no request that anybody could answer. */
function faultOf({ request, from, toBootServer }: Arrival): string | undefined {
  const { op, htype, hlen, hops, options } = request;
  if (op !== BOOTREQUEST) return `op is ${op}, not a request`;
  if (htype === ethernet && hlen !== 6) return `hlen is ${hlen} for Ethernet`;
  // RFC 1542 §4.1.1: a packet that went round in circles.
  if (hops > 16) return `${hops} hops`;
  if (from.port === 0) return "source port 0";
  if (toBootServer && from.address === unspecified) return "asks a boot server without an address";
  const type = options?.get(optionTable.messageType.code);
  // An empty option 53 is no DHCP message, but BOOTP, as dnsmasq reads it (facts, D15).
  if (type === undefined || type.length === 0) return undefined;
  if (type.length !== 1 || !isAnsweredType(type[0] ?? 0)) return `DHCP message type ${type.join(".")}`;
  return undefined;
}

function answer(conversation: Conversation): void {
  const { arrival, situation, listed, client, links } = conversation;
  const type = arrival.request.options && getOption(arrival.request.options, "messageType");
  if (!mayAsk(arrival, situation)) {
    conversation.refuse("refused", outside(arrival));
  } else if (situation.proxy && !(client.verification && type === undefined)) {
    // A verification that speaks plain BOOTP is answered: it wants to know the file, and takes no address.
    answerAsProxy(conversation, type);
  } else if (listed === undefined && !isForStrangers(situation.answer, type !== undefined)) {
    // A plan narrows `everyone`.
    const mayWiden = type !== undefined && (situation.plan.answer ?? "everyone") === "everyone";
    conversation.refuse(
      type === undefined ? "refused" : "seen",
      unlisted(client.mac, type !== undefined, mayWiden),
    );
  } else if (links.length === 0) {
    conversation.refuse("refused", noNetwork);
  } else if (type === undefined) {
    answerBootp(conversation);
  } else if (listed !== undefined) {
    answerDhcp(conversation, type);
  } else {
    answerStranger(conversation, type);
  }
}

const isForStrangers = (answer: BootpSituation["answer"], dhcp: boolean): boolean =>
  answer === "everyone" || (answer === "boards" && !dhcp);

/** A DHCP client that nobody listed is answered where nobody else does it (DESIGN §2.1, `everyone`). */
function answerStranger(conversation: Conversation, type: number): void {
  const { links, situation } = conversation;
  const free = links.filter(({ server }) => situation.obstacle(server.address) === undefined);
  const [link] = links;
  if (free.length > 0) answerDhcp(conversation.on(free), type);
  else if (link !== undefined) {
    conversation.refuse(
      "seen",
      situation.obstacle(link.server.address) ?? unlisted(conversation.client.mac, true),
    );
  }
}

/** Plain BOOTP (RFC 951 §7.3): one reply for each link that the client may be on, or silence after a sequence. */
function answerBootp(conversation: Conversation): void {
  const { arrival, links, listed, now } = conversation;
  const { file, silent } = conversation.askForFile();
  if (silent) return;
  const right = links.filter((link) => conversation.addressOn(link) === listed?.address);
  for (const link of listed?.address !== undefined && right.length > 0 ? right : links) {
    if (!conversation.belongs(link)) {
      conversation.warn({
        code: "client.wrongNetwork",
        message: `its address ${listed?.address ?? ""} is not in the network of ${link.subnet.address}`,
        remedy: "Change its address in the plan, or serve the network of that address.",
      });
    }
    // A client that says its address has one, and keeps it (RFC 951 §7.3): nothing is taken from the pool.
    const fromPool = arrival.request.ciaddr === unspecified ? conversation.addressOn(link) : undefined;
    const yiaddr = listed?.address ?? fromPool ?? unspecified;
    if (yiaddr !== unspecified) {
      conversation.lease((leases, key) => {
        leases.bind(key, yiaddr, leaseSeconds * 1000, now);
      });
    }
    conversation.reply(link, { messageType: undefined, yiaddr, file });
  }
}
