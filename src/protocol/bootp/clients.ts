/** The clients that were seen or are listed: who one is, what is remembered of it, and how a row shows it. */

import { decodeText, encodeText, equalBytes, toHex } from "../bytes";
import type { Network } from "../ipv4";
import type { Quirks } from "../quirks";
import { choose, listedClient, traitsOf, type ChoicePlan, type Traits } from "./choice";
import type { AddressRange } from "./leases";
import { getOption } from "./options";
import { formatMac, type BootpPacket } from "./packet";
import { profiles } from "./profiles";
import { standing, type BootFiles, type SequenceTimes, type Standing } from "./sequence";
import { currentStages, startStages, type Stages } from "./stages";

/** What BOOTP needs of a plan (`model/plan.ts`). */
export interface BootpPlan extends ChoicePlan {
  readonly server?: string;
  readonly pool: readonly AddressRange[];
  readonly aliases: Readonly<Record<string, string>>;
  /** Whom the plan lets be answered; absent: whomever the machine does. */
  readonly answer?: BootpSituation["answer"] | "proxy";
  readonly silentSeconds: number;
  readonly restartSeconds: number;
}

/** What holds at the moment of a request. */
export interface BootpSituation {
  readonly plan: BootpPlan;
  /** Who is answered beside the plan's clients: nobody, every plain BOOTP request, or every DHCP client as well. */
  readonly answer: "listed" | "boards" | "everyone";
  /** True: the network's own DHCP server gives addresses. PXE clients alone are answered, under `listed` the plan's. */
  readonly proxy: boolean;
  /** Under `everyone`: what keeps DHCP clients that nobody listed from an answer on this served address; undefined: nothing. */
  obstacle(address: string): Notice | undefined;
  readonly networks: readonly Network[];
  /** True when this address may be answered. */
  allows(address: string): boolean;
  /** Nobody said which may ask: relay agents of networks that the plan has addresses for may too (DESIGN §3, `--allow`). */
  readonly allowsPlanned: boolean;
  /** How many clients that nobody listed are remembered. */
  readonly sightings: number;
  /** Broadcasts go to the subnet's broadcast address: sockets of the served addresses cannot be had. */
  readonly directedBroadcast: boolean;
}

/** What went wrong, as `model/events.ts` has it. */
export interface Notice {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** Option 61 of a verification starts with this text; a random part follows for each run (DESIGN §2.3). */
export const verificationPrefix = "boot-servers-verify-";
const verificationBytes = encodeText(verificationPrefix);

export interface Identity {
  /** The MAC; for a verification its identifier and the MAC; without a hardware address option 61 in hex. */
  readonly id: string;
  readonly mac: string;
  /** Option 61 if there, else htype and chaddr (RFC 2131 §4.2). */
  readonly leaseKey: string;
  readonly verification: boolean;
}

/** Bytes of an identifier that its key holds as they are: strangers are many, and of each its key is remembered. */
const mostInKey = 64;

/** The key of an identifier. Of a long one: its beginning, its length, and sums of all of it. No secret hangs on them. */
function keyOf(identifier: Uint8Array): string {
  if (identifier.length <= mostInKey) return `id:${toHex(identifier)}`;
  // FNV-1a, with two primes.
  let [one, two] = [0x811c9dc5, 0x811c9dc5];
  for (const byte of identifier) {
    one = Math.imul(one ^ byte, 0x01000193);
    two = Math.imul(two ^ byte, 0x85ebca6b);
  }
  const sums = [one, two].map((sum) => (sum >>> 0).toString(16).padStart(8, "0"));
  return `id:${toHex(identifier.subarray(0, mostInKey))}+${identifier.length}:${sums.join("")}`;
}

/** Who sent this; undefined for a packet that names nobody (hlen 0 and no option 61, RFC 4390 §2.1). */
export function identify(request: BootpPacket): Identity | undefined {
  const mac = formatMac(request.chaddr);
  const identifier = request.options && getOption(request.options, "clientIdentifier");
  const hardware = `${request.htype}:${mac}`;
  if (identifier === undefined || identifier.length === 0) {
    return mac === "" ? undefined : { id: mac, mac, leaseKey: hardware, verification: false };
  }
  if (equalBytes(identifier.subarray(0, verificationBytes.length), verificationBytes)) {
    // One run plays several boards. It is answered as that MAC would be, so it looks for that MAC's lease.
    return {
      id: `${decodeText(identifier.subarray(0, mostInKey))} ${mac}`,
      mac,
      leaseKey: hardware,
      verification: true,
    };
  }
  // U-Boot sends no identifier, and its system htype and chaddr as one: they share a lease (RFC 4361 §7, RFC 2132 §9.14).
  const isHardware = equalBytes(identifier, Uint8Array.of(request.htype, ...request.chaddr));
  const leaseKey = isHardware ? hardware : keyOf(identifier);
  return { id: mac === "" ? leaseKey : mac, mac, leaseKey, verification: false };
}

export const timesOf = (plan: BootpPlan): SequenceTimes => ({
  silentMs: plan.silentSeconds * 1000,
  restartMs: plan.restartSeconds * 1000,
});

/** Why a client was not answered. */
export interface Refusal {
  readonly stage: "seen" | "refused";
  readonly notice: Notice;
  /** The network's own DHCP server may name its boot file, on one of these addresses; absent: that is no help. */
  readonly servers?: readonly string[] | undefined;
}

/** What the network's own DHCP server has to say for a board to load its file from here. */
export interface NextServer {
  /** An address of this host; of several, the one that is on the board's network. */
  readonly servers: readonly string[];
  readonly file: string;
}

/** What is remembered of one client. */
export interface Client extends Identity, Stages {
  readonly listed: boolean;
  /** As its last request told them; what it gets goes by these. */
  readonly traits: Traits;
  /** The last one that it told. */
  readonly vendorClass?: string | undefined;
  /** The client's address as a row shows it. */
  readonly address?: string | undefined;
  /** `ciaddr`, source and `yiaddr` of its last request: its TFTP and FTP come from one of them. */
  readonly addresses: readonly string[];
  /** The file of the last answer. */
  readonly file?: string | undefined;
  /** Why it was not answered. */
  readonly refusal?: Refusal | undefined;
  /** It was answered, but. */
  readonly warning?: Notice | undefined;
  /** Monotonic ms. */
  readonly lastSeenAt?: number | undefined;
}

/** What a row says of a client; times are monotonic ms. */
export interface ClientView {
  readonly id: string;
  readonly name?: string | undefined;
  readonly mac?: string | undefined;
  readonly address?: string | undefined;
  readonly vendorClass?: string | undefined;
  readonly stage: Standing["stage"] | "seen" | "refused";
  readonly detail: string;
  readonly file?: string | undefined;
  /** Why it gets other files than everybody: "it is bench-1". */
  readonly why?: string | undefined;
  /** Its own root, below the served root. */
  readonly root?: string | undefined;
  /** What kind of board the plan says it is: "Raspberry Pi". */
  readonly profile?: string | undefined;
  /** What is done otherwise for it; undefined: nothing. */
  readonly quirks?: Quirks | undefined;
  /** One of its stages has a list of boot files. */
  readonly sequence?: true | undefined;
  readonly notice?: Notice | undefined;
  /** What to ask the owner of the network's own DHCP server for. */
  readonly nextServer?: NextServer | undefined;
  readonly lastSeenAt?: number | undefined;
  readonly verification: boolean;
  /** When `detail` will say something else without any packet. */
  readonly changesAt?: number | undefined;
}

export function viewOf(client: Client, plan: BootpPlan, now: number): ClientView {
  const { id, mac, vendorClass, file, refusal, lastSeenAt, verification } = client;
  const listed = listedClient(plan, mac);
  const { boot, why, quirks, root, profile } = choose(plan, client.traits);
  const where = standing(client.cursor, boot, timesOf(plan), now);
  const nextServer = nextServerOf(refusal, boot);
  const hasSequence = boot.sequence || [...client.parked.values()].some((other) => other.boot.sequence);
  return {
    id,
    name: listed?.name,
    mac: mac === "" ? undefined : mac,
    address: client.address ?? listed?.address,
    vendorClass,
    ...(refusal === undefined ? where : { stage: refusal.stage, detail: "not answered" }),
    file,
    why: refusal === undefined ? why : undefined,
    root,
    profile: profile && profiles[profile].title,
    quirks: Object.keys(quirks).length > 0 ? quirks : undefined,
    sequence: hasSequence || undefined,
    notice: refusal === undefined ? client.warning : withRemedy(refusal, nextServer),
    nextServer,
    lastSeenAt,
    verification,
  };
}

/** A server that is set up by hand names one file: of a sequence the first. */
function nextServerOf(refusal: Refusal | undefined, { files: [file] }: BootFiles): NextServer | undefined {
  const { servers } = refusal ?? {};
  return servers === undefined || file === undefined ? undefined : { servers, file };
}

function withRemedy({ notice, servers }: Refusal, nextServer: NextServer | undefined): Notice {
  if (servers === undefined) return notice;
  if (nextServer === undefined) return { ...notice, remedy: "Name its boot file in the plan first." };
  const named = nextServer.servers.join(" or ");
  return { ...notice, remedy: `Ask its owner for: next-server ${named}, filename ${nextServer.file}` };
}

/** All clients, the one that was seen longest ago first. Those that nobody listed are bounded. */
export class ClientTable {
  private readonly byId = new Map<string, Client>();

  get(id: string): Client | undefined {
    return this.byId.get(id);
  }

  all(): Iterable<Client> {
    return this.byId.values();
  }

  /** Those that had this address at their last request. */
  at(address: string): readonly Client[] {
    const there: Client[] = [];
    // No copy of them all: each transfer asks, and strangers are many.
    for (const client of this.byId.values()) if (client.addresses.includes(address)) there.push(client);
    return there;
  }

  /**
   * The client as it is remembered, with its cursor as it stands now; a new one where it was never seen.
   * @param told what its request says of it; absent: as it was told last.
   */
  known(identity: Identity, { plan }: BootpSituation, now: number, told?: Traits): Client {
    const known = this.byId.get(identity.id);
    const traits = told ?? known?.traits ?? traitsOf(identity.mac, undefined);
    const choice = choose(plan, traits);
    const listed = listedClient(plan, identity.mac) !== undefined && !identity.verification;
    if (known === undefined) return { ...identity, ...startStages(choice), listed, traits, addresses: [] };
    const stages = currentStages(known, choice, timesOf(plan), now);
    return { ...known, ...identity, ...stages, listed, traits };
  }

  /** Remembers the client as the latest one; returns the ids that were forgotten for it. */
  put(client: Client, { plan, sightings }: BootpSituation): string[] {
    this.byId.delete(client.id);
    this.byId.set(client.id, client);
    const forgotten: string[] = [];
    for (const { id, listed, cursor } of this.byId.values()) {
      if (this.byId.size <= sightings + plan.clients.length) break;
      if (listed || cursor.running > 0 || id === client.id) continue;
      this.byId.delete(id);
      forgotten.push(id);
    }
    return forgotten;
  }

  /** Replaces what is remembered of a client, without counting it as seen. */
  update(client: Client): void {
    this.byId.set(client.id, client);
  }
}
