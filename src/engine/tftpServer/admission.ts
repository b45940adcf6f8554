/** Who may start a transfer now: the limits of DESIGN §6, and how often a stranger is told anything at all. */

import { outsideTrouble } from "../../model/outside";
import type { Trouble } from "../../model/events";
import { raiseLimit, type LimitName } from "../../model/settings";
import { isLocal } from "../access";
import type { Clock } from "../clock";
import { Recent } from "../../protocol/recent";
import type { Situation } from "../server";

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

  /**
   * Judges one request; a yes must be followed by `began`.
   * @param makeRoom ends a transfer whose peer never answered; false: there is none.
   */
  judge(
    address: string,
    { access, wanted: { limits } }: Situation,
    makeRoom: () => boolean = () => false,
  ): Verdict {
    if (!access.allows(address)) {
      return {
        kind: "no",
        code: "access",
        quiet: true,
        trouble: outsideTrouble(address),
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
    if (!local && (this.running.get(address) ?? 0) >= limits.perAddress) {
      return busy(
        "limit.perAddress",
        `${limits.perAddress} transfers of this address are running already`,
        "perAddress",
      );
    }
    // Last: who is refused anyway drives nobody out.
    while (this.total >= limits.tftpTransfers) {
      if (makeRoom()) continue;
      return busy(
        "limit.tftpTransfers",
        `${limits.tftpTransfers} transfers are running already`,
        "tftpTransfers",
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

function busy(code: string, message: string, limit: LimitName, quiet = false): Verdict {
  return {
    kind: "no",
    code: "busy",
    quiet,
    trouble: { code, message, remedy: `Try again later, or ${raiseLimit(limit)}` },
  };
}
