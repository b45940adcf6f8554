/**
 * The leases as text, for the next run. The file is this program's own, yet it is read as if a stranger had
 * written it: what is not exactly a list of leases is none.
 */

import { formatIpv4, parseIpv4 } from "../protocol/ipv4";

/** A lease with the time of the wall clock, which a restart does not reset. */
export interface StoredLease {
  /** `Lease.key`. */
  readonly key: string;
  readonly address: string;
  /** Unix ms. */
  readonly until: number;
}

const version = 1;

/** Bytes; a larger file is not read, and none is written (security §4.5). */
export const longestLeaseFile = 2 ** 20;

/** The text of the file; of more leases than it can hold, those that last longest. */
export function formatLeases(leases: readonly StoredLease[]): string {
  const lines: string[] = [];
  let left = longestLeaseFile - 100;
  for (const { key, address, until } of [...leases].sort((a, b) => b.until - a.until)) {
    const line = JSON.stringify({ key, address, until: Math.round(until) });
    // Keys and addresses are ASCII: a character is a byte.
    left -= line.length + 2;
    if (left < 0) break;
    lines.push(line);
  }
  return `{"version":${version},"leases":[\n${lines.join(",\n")}\n]}\n`;
}

/** The leases of a text; undefined: it is no list of leases. Never throws. */
export function parseLeases(text: string): readonly StoredLease[] | undefined {
  try {
    const file = JSON.parse(text) as unknown;
    if (!isObject(file) || file["version"] !== version || !Array.isArray(file["leases"])) return undefined;
    const leases = file["leases"].map(leaseOf);
    return leases.every((lease) => lease !== undefined) ? leases : undefined;
  } catch {
    // SyntaxError: no JSON, such as the half of a file.
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function leaseOf(value: unknown): StoredLease | undefined {
  if (!isObject(value)) return undefined;
  const { key, address, until } = value;
  if (typeof key !== "string" || !/^[\x20-\x7e]*$/.test(key)) return undefined;
  const number = typeof address === "string" ? parseIpv4(address) : undefined;
  if (number === undefined || !Number.isSafeInteger(until)) return undefined;
  return { key, address: formatIpv4(number), until: until as number };
}

/** One list of two: several processes may serve one folder, each on a network of its own. Of one address `ours` holds. */
export function mergeLeases(
  theirs: readonly StoredLease[],
  ours: readonly StoredLease[],
): readonly StoredLease[] {
  return [...new Map([...theirs, ...ours].map((lease) => [lease.address, lease])).values()];
}
