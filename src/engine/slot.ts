/** One of the three servers, as the engine keeps it. */

import type { ServerRow, Trouble } from "../model/events";
import type { Clock, Timer } from "./clock";
import type { BootServer } from "./server";

/** A row about a server that just heard something goes out once in this time. */
const heardEveryMs = 1000;

/** One of the three: what was asked for, and what came of it. */
export interface Slot {
  /** Addresses and port that are wanted of it; another key means a change. */
  readonly key: string;
  readonly server: BootServer | undefined;
  readonly row: ServerRow;
  /** Set while a row has gone out within the last second. */
  tellLater?: Timer | undefined;
  /** When the last packet came, Unix ms; it may be later than the row's. */
  lastPacketAt?: number;
}

/** The row of a server with what changes between its states; `common`: what the rows of all three say. */
export function currentRow({ row, server, lastPacketAt }: Slot, common: readonly Trouble[]): ServerRow {
  const news = [...(server?.news?.() ?? []), ...common];
  return {
    ...row,
    ...(lastPacketAt !== undefined && { lastPacketAt }),
    ...(news.length > 0 && { warnings: [...row.warnings, ...news] }),
  };
}

/** The addresses that it was to listen on, where one of them was listed and not there. */
export const refusedAddresses = ({ row: { addresses, trouble } }: Slot): readonly string[] =>
  trouble?.code === "address.missing" ? addresses : [];

/** It heard something. The first packet is told at once, then at most one a second, and the last one always. */
export function hear(slot: Slot, clock: Clock, tell: (slot: Slot) => void): void {
  slot.lastPacketAt = clock.wallTime();
  if (slot.tellLater === undefined) tellHeard(slot, clock, tell);
}

function tellHeard(slot: Slot, clock: Clock, tell: (slot: Slot) => void): void {
  const at = slot.lastPacketAt;
  tell(slot);
  slot.tellLater = clock.at(clock.now() + heardEveryMs, () => {
    // Not `delete`: each packet looks at the slot, and V8 makes a slow map of what lost a property.
    slot.tellLater = undefined;
    if (slot.lastPacketAt !== at) tellHeard(slot, clock, tell);
  });
}
