/** The state of everything, as the rows told it. Pure: the views, the command line and the tests share it. */

import type { ClientRow, Row, ServerRow, TransferRow } from "./events";

export interface Snapshot {
  readonly servers: ReadonlyMap<string, ServerRow>;
  readonly clients: ReadonlyMap<string, ClientRow>;
  readonly transfers: ReadonlyMap<string, TransferRow>;
}

export const emptySnapshot: Snapshot = { servers: new Map(), clients: new Map(), transfers: new Map() };

/** The snapshot after one row; log rows are no state. The given snapshot is not changed. */
export function applyRow(snapshot: Snapshot, row: Row): Snapshot {
  switch (row.type) {
    case "server":
      return { ...snapshot, servers: new Map(snapshot.servers).set(row.id, row) };
    case "client": {
      const clients = new Map(snapshot.clients);
      if (row.forgotten === true) clients.delete(row.id);
      else clients.set(row.id, row);
      return { ...snapshot, clients };
    }
    case "transfer":
      return { ...snapshot, transfers: new Map(snapshot.transfers).set(row.id, row) };
    case "log":
      return snapshot;
  }
}
