/** A boot as plain data, as it is drawn, compared and kept: what one board asked for and loaded, from its first packet on. */

import type { TransferRow } from "../../model/events";
import type { Measured } from "../../model/measured";

/** A BOOTP or DHCP request, with what became of it. */
export interface Mark {
  /** Since the boot began, in ms. */
  readonly at: number;
  /** From the first time that it came to the last. */
  readonly ms: number;
  readonly text: string;
}

export interface BootFile extends Measured {
  /** Of the transfer's row, in the run of the servers that told of it. */
  readonly id: string;
  readonly protocol: TransferRow["protocol"];
  readonly direction: TransferRow["direction"];
  readonly file: string;
  readonly state: TransferRow["state"];
  /** When it was asked for, since the boot began, and how long it took so far, in ms. */
  readonly at: number;
  readonly ms: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly retransmissions: number;
  readonly options: TransferRow["options"];
  /** Why it failed or was refused. */
  readonly trouble?: string;
}

export interface Boot {
  readonly id: string;
  /** The board's MAC, else its address: the same from boot to boot. */
  readonly client: string;
  /** The id of the client's row; absent: it is of an earlier session. */
  readonly row?: string;
  /** As people know it. */
  readonly name: string;
  /** Unix ms. */
  readonly startedAt: number;
  readonly marks: readonly Mark[];
  readonly files: readonly BootFile[];
  /** What its packets most likely mean. */
  readonly notes: readonly string[];
}

/** So many boots are kept, of each so much. */
export const mostBoots = 50;
export const mostFiles = 200;
export const mostMarks = 100;
export const mostNotes = 10;

/** From the first packet to the last thing that happened, in ms. */
export function durationOf({ marks, files }: Boot): number {
  const ends = [...marks.map(({ at, ms }) => at + ms), ...files.map(({ at, ms }) => at + ms)];
  return Math.max(0, ...ends);
}

export const isRunning = ({ files }: Boot): boolean => files.some(({ state }) => state === "running");

/** True for a transfer that moved bytes, or was to: what was only asked for is no bar. */
export const isLoaded = ({ state }: BootFile): boolean => state !== "refused" && state !== "probe";
