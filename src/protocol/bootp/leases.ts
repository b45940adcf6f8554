/**
 * Which address of the pool a client gets. Times are monotonic ms; who keeps the leases for the next run converts
 * them. Nothing is given twice: not an address of another client, of this host, or of the network itself.
 */

import { broadcastAddress, formatIpv4, inNetwork, parseIpv4, type Network } from "../ipv4";

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

interface Entry extends Lease {
  /** True once it was acknowledged; an offer that nobody took is not worth keeping. */
  readonly bound: boolean;
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
  private readonly byAddress = new Map<string, Entry>();
  private changes = 0;

  /** @param kept what `kept` gave in an earlier run. */
  constructor(kept: Iterable<Lease> = []) {
    for (const lease of kept) this.byAddress.set(lease.address, { ...lease, bound: true });
  }

  /** What has to survive a restart: every lease that was acknowledged, and every address that was found taken. */
  kept(): Lease[] {
    return [...this.byAddress.values()]
      .filter(({ bound }) => bound)
      .map(({ key, address, heldUntil }) => ({ key, address, heldUntil }));
  }

  /** Another number means that `kept` has something else to give. */
  get revision(): number {
    return this.changes;
  }

  /** The address that this client would get; nothing is reserved. Undefined: none is free. */
  find({ key, network, pool, reserved, spare, wanted, now }: Search): string | undefined {
    const usable = (address: string): boolean =>
      !reserved.has(address) && pool.some((range) => inRange(within(range, network), address));
    for (const lease of this.byAddress.values()) {
      if (lease.key === key && usable(lease.address)) return lease.address;
    }
    const isFree = (address: string): boolean => (this.byAddress.get(address)?.heldUntil ?? 0) <= now;
    let fresh: string | undefined;
    let oldest: Entry | undefined;
    let free = 0;
    for (const address of addressesOf(pool, network)) {
      if (reserved.has(address) || !isFree(address)) continue;
      free += 1;
      const lease = this.byAddress.get(address);
      if (lease === undefined) fresh ??= address;
      else if (oldest === undefined || lease.heldUntil < oldest.heldUntil) oldest = lease;
      if (free > spare && fresh !== undefined) break;
    }
    if (free <= spare) return undefined;
    if (wanted !== undefined && usable(wanted) && isFree(wanted)) return wanted;
    return fresh ?? oldest?.address;
  }

  /** Keeps an offered address for its client. */
  offer(key: string, address: string, now: number): void {
    const lease = this.byAddress.get(address);
    const own = lease?.key === key ? lease : undefined;
    const heldUntil = Math.max(own?.heldUntil ?? 0, now + offerMs);
    this.byAddress.set(address, { key, address, heldUntil, bound: own?.bound ?? false });
  }

  /** Gives the address for `ms`. */
  bind(key: string, address: string, ms: number, now: number): void {
    this.keep({ key, address, heldUntil: now + ms });
  }

  /** Free for others, but still this client's own while nobody needs it (RFC 2131 §4.3.4). */
  release(key: string, address: string, now: number): void {
    const lease = this.byAddress.get(address);
    if (lease?.key !== key) return;
    if (lease.bound) this.keep({ key, address, heldUntil: now });
    else this.byAddress.set(address, { ...lease, heldUntil: now });
  }

  /** The client took another server's offer: what was offered here is free again (RFC 2131 §4.3.2). */
  forgetOffers(key: string, now: number): void {
    for (const lease of [...this.byAddress.values()]) {
      if (lease.key === key) this.release(key, lease.address, now);
    }
  }

  /** Somebody else uses the address: nobody gets it for a while (RFC 2131 §4.3.3). */
  decline(key: string, address: string, now: number): void {
    if (this.byAddress.get(address)?.key !== key) return;
    this.keep({ key: "", address, heldUntil: now + declinedMs });
  }

  private keep(lease: Lease): void {
    this.byAddress.set(lease.address, { ...lease, bound: true });
    this.changes += 1;
  }

  /** True when this client holds a lease in the network. */
  holds(key: string, network: Network): boolean {
    return [...this.byAddress.values()].some(
      (lease) => lease.key === key && inNetwork(network, lease.address),
    );
  }
}

/** The part of a range that lies in the network, without the network's own and its broadcast address. */
function within(range: AddressRange, network: Network): { first: number; last: number } {
  const [own = 0, mask = 0] = [network.address, network.netmask].map(parseIpv4);
  return {
    first: Math.max(((own & mask) >>> 0) + 1, parseIpv4(range.first) ?? Infinity),
    last: Math.min((parseIpv4(broadcastAddress(network)) ?? 0) - 1, parseIpv4(range.last) ?? -1),
  };
}

function inRange({ first, last }: { first: number; last: number }, address: string): boolean {
  const value = parseIpv4(address);
  return value !== undefined && first <= value && value <= last;
}

function* addressesOf(pool: readonly AddressRange[], network: Network): Generator<string> {
  for (const range of pool) {
    const { first, last } = within(range, network);
    for (let value = first; value <= last; value += 1) yield formatIpv4(value);
  }
}
