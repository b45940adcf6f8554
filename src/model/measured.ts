/** What was measured of one file's way to or from a peer, and how it is said to people. */

import type { TransferRow } from "./events";
import { formatDuration, formatSize } from "./text";

/** The peer sent nothing for a while, in the middle of a file. */
export interface Wait {
  /** Since the request, in ms. */
  readonly fromMs: number;
  readonly ms: number;
  /** Packets that were sent again meanwhile; 0: there was nothing to remind it of. */
  readonly sentAgain: number;
}

/** All of it where it is known; nothing is guessed. */
export interface Measured {
  /** From the request to the first byte of the file, in ms. */
  readonly firstByteMs?: number;
  /** From the request to the first acknowledgement of the one who reads, in ms: of the OACK, where it was sent one. */
  readonly firstAckMs?: number;
  /** The smoothed round trip in ms (RFC 6298), of packets that were sent once only (Karn's rule). */
  readonly roundTripMs?: number;
  /** The longest waits for the peer, the first one first. */
  readonly waits?: readonly Wait[];
}

/** `0.05 ms`, `1.2 ms`, `34 ms`, `1.5 s`: a round trip on a cable is less than a millisecond. */
export function formatShort(ms: number): string {
  return ms < 10 ? `${Number(ms.toPrecision(2))} ms` : formatDuration(ms);
}

const waitedMs = (waits: readonly Wait[] = []): number => waits.reduce((sum, { ms }) => sum + ms, 0);

/** The beginning, in the order of its packets: the ACK of an OACK comes before the first byte, that of DATA 1 after it. */
function describeBeginning({ firstByteMs, firstAckMs }: Measured): string[] {
  const first = firstByteMs === undefined ? [] : [`first byte after ${formatShort(firstByteMs)}`];
  if (firstAckMs === undefined) return first;
  const ofOack = firstByteMs === undefined || firstAckMs <= firstByteMs;
  const after = `after ${formatShort(firstAckMs)}`;
  return ofOack ? [`OACK acknowledged ${after}`, ...first] : [...first, `acknowledged ${after}`];
}

/** Everything, a phrase each: `first byte after 3 ms`, `round trip 0.2 ms`. */
export function describeMeasured(measured: Measured): string[] {
  const { roundTripMs, waits = [] } = measured;
  return [
    ...describeBeginning(measured),
    ...(roundTripMs === undefined ? [] : [`round trip ${formatShort(roundTripMs)}`]),
    ...(waits.length === 0
      ? []
      : [
          `waited ${formatDuration(waitedMs(waits))} in ${waits.length === 1 ? "one stretch" : `${waits.length} stretches`}`,
        ]),
  ];
}

type Fact = Pick<TransferRow, "bytes" | "startedAt" | "endedAt" | "retransmissions"> & Measured;

/** What one board loaded, in all: `2 files, 1.2 MiB in 3.4 s (361 KiB/s), 3 packets sent again, round trip up to 0.2 ms`. */
export function describeTotals(transfers: readonly Fact[]): string {
  const sum = (of: (row: Fact) => number): number => transfers.reduce((total, row) => total + of(row), 0);
  const bytes = sum((row) => row.bytes);
  const ms = sum(({ startedAt, endedAt = startedAt }) => endedAt - startedAt);
  const again = sum((row) => row.retransmissions);
  const trips = transfers.flatMap(({ roundTripMs = [] }) => roundTripMs);
  const waited = sum(({ waits }) => waitedMs(waits));
  const rate = ms > 0 ? ` (${formatSize(Math.round((bytes * 1000) / ms))}/s)` : "";
  return [
    `${transfers.length} ${transfers.length === 1 ? "file" : "files"}`,
    `${formatSize(bytes)} in ${formatDuration(ms)}${rate}`,
    ...(again === 0 ? [] : [`${again} ${again === 1 ? "packet" : "packets"} sent again`]),
    ...(trips.length === 0 ? [] : [`round trip up to ${formatShort(Math.max(...trips))}`]),
    ...(waited === 0 ? [] : [`waited ${formatDuration(waited)} for it`]),
  ].join(", ");
}
