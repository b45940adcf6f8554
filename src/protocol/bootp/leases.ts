/**
 * Which address of the pool a client gets. Times are monotonic ms; who keeps the leases for the next run converts
 * them. Nothing is given twice: not an address of another client, of this host, or of the network itself.
 */

import { formatIpv4, hostsOf, inNetwork, parseIpv4, type Network } from "../ipv4";

/** First and last address, dotted, both in it. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

export interface Lease {
  /** Whose it is; "": nobody's, since another computer was found to use it. */
  readonly key: string;
  readonly address: string;
  /** Until then nobody else gets it; afterwards it is still this client's as long as nobody needs it. */
  readonly heldUntil: number;
}

interface Entry {
  readonly key: string;
  readonly heldUntil: number;
  /** True once it was acknowledged; an offer that nobody took is not worth keeping. */
  readonly bound: boolean;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** How long an OFFER is kept for its client (RFC 2131 §3.1, 2: "SHOULD NOT be offered to another"). */
const offerMs = 60_000;
/** How long an address that a client found taken is left alone (RFC 2131 §4.3.3). */
const declinedMs = 600_000;

/** Where to look for an address on one network. */
export interface Search {
  /** The lease's key: option 61, else htype and chaddr (RFC 2131 §4.2). */
  readonly key: string;
  readonly network: Network;
  readonly pool: readonly AddressRange[];
  /** Addresses that belong to others: this host's own, and those that the plan gives to clients. */
  readonly reserved: ReadonlySet<string>;
  /** Free addresses to leave for others: the listed clients that have none yet. */
  readonly spare: number;
  /** The address that the client would like (option 50). */
  readonly wanted?: string | undefined;
  readonly now: number;
}

export class Leases {
  // A flood must not make the search through a large pool slow: addresses are numbers, and what is asked often is indexed.
  private readonly byAddress = new Map<number, Entry>();
  private readonly byKey = new Map<string, Set<number>>();
  /** First address of a range -> the first one in it that may never have been given, where these are others'. */
  private readonly freshFrom = new Map<number, { readonly from: number; readonly reserved: string }>();
  /** Addresses that were found lapsed, the one that was given up first at the head. */
  private readonly free = new Set<number>();
  /** Of all others none lapses before. */
  private nextLapse = Infinity;
  private changes = 0;

  /** @param kept what `kept` gave in an earlier run. */
  constructor(kept: Iterable<Lease> = []) {
    for (const { key, address, heldUntil } of kept) this.set(address, { key, heldUntil, bound: true });
  }

  /** What has to survive a restart: every lease that was acknowledged, and every address that was found taken. */
  kept(): Lease[] {
    return [...this.byAddress].flatMap(([address, { key, heldUntil, bound }]) =>
      bound ? [{ key, address: formatIpv4(address), heldUntil }] : [],
    );
  }

  /** Another number means that `kept` has something else to give. */
  get revision(): number {
    return this.changes;
  }

  /** The address that this client would get; nothing is reserved. Undefined: none is free. */
  find({ key, network, pool, reserved, spare, wanted, now }: Search): string | undefined {
    const ranges = pool.map((range) => within(range, network));
    const taken = new Set([...reserved].map(parseIpv4));
    const usable = (address: number): boolean =>
      !taken.has(address) && ranges.some(({ first, last }) => first <= address && address <= last);
    const until = (address: number): number => this.byAddress.get(address)?.heldUntil ?? 0;
    // Its current one, else the last that it had (RFC 2131 §4.3.1).
    const had = [...(this.byKey.get(key) ?? [])].filter(usable);
    const [own] = had.sort((one, other) => until(other) - until(one));
    if (own !== undefined) return formatIpv4(own);
    const fresh = this.fresh(ranges, taken, spare + 1);
    const lapsed = fresh.length > spare ? [] : this.lapsed(usable, spare + 1 - fresh.length, now);
    const [first, ...others] = [...fresh, ...lapsed];
    if (first === undefined || others.length < spare) return undefined;
    const asked = wanted === undefined ? undefined : parseIpv4(wanted);
    const isFree = asked !== undefined && usable(asked) && until(asked) <= now;
    return formatIpv4(isFree ? asked : first);
  }

  /** Up to `count` addresses that nobody ever had. */
  private fresh(ranges: readonly Range[], taken: ReadonlySet<number | undefined>, count: number): number[] {
    const found: number[] = [];
    const reserved = [...taken].join();
    for (const { first, last } of ranges) {
      const known = this.freshFrom.get(first);
      let from = known?.reserved === reserved ? known.from : first;
      while (from <= last && (this.byAddress.has(from) || taken.has(from))) from += 1;
      this.freshFrom.set(first, { from, reserved });
      for (let address = from; address <= last && found.length < count; address += 1) {
        if (!this.byAddress.has(address) && !taken.has(address)) found.push(address);
      }
    }
    return found;
  }

  /** Up to `count` addresses that somebody had, the one that was given up first at the head. */
  private lapsed(usable: (address: number) => boolean, count: number, now: number): number[] {
    const known = this.usableOf(usable, count);
    if (known.length === count || now < this.nextLapse) return known;
    this.lapse(now);
    return this.usableOf(usable, count);
  }

  private usableOf(usable: (address: number) => boolean, count: number): number[] {
    const found: number[] = [];
    for (const address of this.free) {
      if (found.length === count) break;
      if (usable(address)) found.push(address);
    }
    return found;
  }

  /** Finds what has lapsed since the last time: it was all given up later than what was found then. */
  private lapse(now: number): void {
    const lapsed: (readonly [number, number])[] = [];
    this.nextLapse = Infinity;
    for (const [address, { heldUntil }] of this.byAddress) {
      if (heldUntil > now) this.nextLapse = Math.min(this.nextLapse, heldUntil);
      else if (!this.free.has(address)) lapsed.push([heldUntil, address]);
    }
    lapsed.sort(([one], [other]) => one - other);
    for (const [, address] of lapsed) this.free.add(address);
  }

  /** Keeps an offered address for its client. */
  offer(key: string, address: string, now: number): void {
    const lease = this.get(address);
    const own = lease?.key === key ? lease : undefined;
    const heldUntil = Math.max(own?.heldUntil ?? 0, now + offerMs);
    this.set(address, { key, heldUntil, bound: own?.bound ?? false });
  }

  /** Gives the address for `ms`. */
  bind(key: string, address: string, ms: number, now: number): void {
    this.keep(address, key, now + ms);
  }

  /** Free for others, but still this client's own while nobody needs it (RFC 2131 §4.3.4). */
  release(key: string, address: string, now: number): void {
    const lease = this.get(address);
    if (lease?.key !== key) return;
    if (lease.bound) this.keep(address, key, now);
    else this.set(address, { ...lease, heldUntil: now });
  }

  /** The client took another server's offer: what was offered here is free again (RFC 2131 §4.3.2). */
  forgetOffers(key: string, now: number): void {
    for (const address of [...(this.byKey.get(key) ?? [])]) this.release(key, formatIpv4(address), now);
  }

  /** Somebody else uses the address: nobody gets it for a while (RFC 2131 §4.3.3). */
  decline(key: string, address: string, now: number): void {
    if (this.get(address)?.key === key) this.keep(address, "", now + declinedMs);
  }

  /** True when this client holds a lease in the network. */
  holds(key: string, network: Network): boolean {
    return [...(this.byKey.get(key) ?? [])].some((address) => inNetwork(network, formatIpv4(address)));
  }

  /** The MAC of the client whose lease this address is, where its key tells one. */
  macAt(address: string): string | undefined {
    return /^1:(.+)$/.exec(this.get(address)?.key ?? "")?.[1];
  }

  private get(address: string): Entry | undefined {
    return this.byAddress.get(parseIpv4(address) ?? -1);
  }

  private set(address: string, entry: Entry): void {
    const number = parseIpv4(address);
    if (number === undefined) return;
    const before = this.byAddress.get(number)?.key;
    this.byAddress.set(number, entry);
    this.free.delete(number);
    this.nextLapse = Math.min(this.nextLapse, entry.heldUntil);
    if (before === entry.key) return;
    if (before !== undefined) this.forget(before, number);
    const own = this.byKey.get(entry.key) ?? new Set();
    this.byKey.set(entry.key, own.add(number));
  }

  private forget(key: string, address: number): void {
    const own = this.byKey.get(key);
    own?.delete(address);
    if (own?.size === 0) this.byKey.delete(key);
  }

  private keep(address: string, key: string, heldUntil: number): void {
    this.set(address, { key, heldUntil, bound: true });
    this.changes += 1;
  }
}

/** The part of a range that hosts of the network can have. */
export function within(range: AddressRange, network: Network): Range {
  const { first, last } = hostsOf(network);
  return {
    first: Math.max(first, parseIpv4(range.first) ?? Infinity),
    last: Math.min(last, parseIpv4(range.last) ?? -1),
  };
}
