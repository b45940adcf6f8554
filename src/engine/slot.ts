/** One of the three servers, as the engine keeps it. */

import type { ServerRow, Trouble } from "../model/events";
import type { Timer } from "./clock";
import type { BootServer } from "./server";

/** One of the three: what was asked for, and what came of it. */
export interface Slot {
  /** Addresses and port that are wanted of it; another key means a change. */
  readonly key: string;
  readonly server: BootServer | undefined;
  readonly row: ServerRow;
  /** Set while a row has gone out within the last second. */
  tellLater?: Timer;
  /** When the last packet came, Unix ms; it may be later than the row's. */
  lastPacketAt?: number;
}

/** The row of a server with what changes between its states; `planTrouble`: why the plan of now is not served. */
export function currentRow({ row, server, lastPacketAt }: Slot, planTrouble: Trouble | undefined): ServerRow {
  const news = [...(server?.news?.() ?? []), ...(planTrouble ? [planTrouble] : [])];
  return {
    ...row,
    ...(lastPacketAt !== undefined && { lastPacketAt }),
    ...(news.length > 0 && { warnings: [...row.warnings, ...news] }),
  };
}
