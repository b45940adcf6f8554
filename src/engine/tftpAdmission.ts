/** Who may start a transfer now: the limits of DESIGN §6, and how often a stranger is told anything at all. */

import { isLoopback } from "../protocol/ipv4";
import type { Trouble } from "../model/events";
import { unmapped } from "./access";
import type { Clock } from "./clock";
import type { Situation } from "./server";

/** Addresses that are remembered at a time; spoofed ones must not fill the memory. */
const rememberedAddresses = 4096;

/** A map that forgets what was set longest ago. */
export class Recent<Value> {
  private readonly map = new Map<string, Value>();

  get size(): number {
    return this.map.size;
  }

  get(key: string): Value | undefined {
    return this.map.get(key);
  }

  set(key: string, value: Value): void {
    this.map.delete(key);
    this.map.set(key, value);
    if (this.map.size <= rememberedAddresses) return;
    for (const oldest of this.map.keys()) {
      this.map.delete(oldest);
      return;
    }
  }
}

/** True for 127/8 and ::1: the limits per address and the rate do not count there. */
export function isLocal(address: string): boolean {
  return address === "::1" || isLoopback(unmapped(address));
}

/** Says yes at most once a second for each key: ERROR 5 and refusals must not be a weapon against a third. */
export class OncePerSecond {
  private readonly saidAt = new Recent<number>();

  constructor(private readonly clock: Clock) {}

  allows(key: string): boolean {
    const now = this.clock.now();
    const last = this.saidAt.get(key);
    if (last !== undefined && now - last < 1000) return false;
    this.saidAt.set(key, now);
    return true;
  }
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

export type Verdict =
  | { readonly kind: "yes" }
  /** The peer gets an ERROR, at most once a second where `quiet`. */
  | {
      readonly kind: "no";
      readonly code: "access" | "busy";
      readonly trouble: Trouble;
      readonly quiet: boolean;
    };

const yes: Verdict = { kind: "yes" };

export class Admission {
  private readonly buckets = new Recent<Bucket>();
  private readonly running = new Map<string, number>();
  private total = 0;

  constructor(private readonly clock: Clock) {}

  /** Transfers that run or begin. */
  get transfers(): number {
    return this.total;
  }

  /** Judges one request; a yes must be followed by `began`. */
  judge(address: string, { access, wanted: { limits } }: Situation): Verdict {
    if (!access.allows(address)) {
      return {
        kind: "no",
        code: "access",
        quiet: true,
        trouble: {
          code: "access.denied",
          message: "this address may not ask here",
          remedy: `Allow its network, for instance with --allow ${address}.`,
        },
      };
    }
    const local = isLocal(address);
    if (!local && !this.takeToken(address, limits.requestsPerSecond, limits.requestBurst)) {
      return busy(
        "limit.requestsPerSecond",
        "too many requests that were never acknowledged",
        "requestsPerSecond",
        true,
      );
    }
    if (this.total >= limits.tftpTransfers) {
      return busy(
        "limit.tftpTransfers",
        `${limits.tftpTransfers} transfers are running already`,
        "tftpTransfers",
      );
    }
    if (!local && (this.running.get(address) ?? 0) >= limits.perAddress) {
      return busy(
        "limit.perAddress",
        `${limits.perAddress} transfers of this address are running already`,
        "perAddress",
      );
    }
    return yes;
  }

  began(address: string): void {
    this.total += 1;
    this.running.set(address, (this.running.get(address) ?? 0) + 1);
  }

  ended(address: string): void {
    this.total -= 1;
    const left = (this.running.get(address) ?? 1) - 1;
    if (left > 0) this.running.set(address, left);
    else this.running.delete(address);
  }

  /** The peer acknowledged something, so it is there: its request does not count (DESIGN §6). */
  acknowledged(address: string): void {
    const bucket = this.buckets.get(address);
    if (bucket !== undefined) bucket.tokens += 1;
  }

  private takeToken(address: string, perSecond: number, burst: number): boolean {
    const now = this.clock.now();
    const bucket = this.buckets.get(address) ?? { tokens: burst, filledAt: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond);
    bucket.filledAt = now;
    this.buckets.set(address, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function busy(code: string, message: string, limit: string, quiet = false): Verdict {
  return {
    kind: "no",
    code: "busy",
    quiet,
    trouble: { code, message, remedy: `Try again later, or raise the limit: --limit ${limit}=N.` },
  };
}
