/** The state of everything, as the rows told it. Pure: the views, the command line and the tests share it. */

import type { ClientRow, Row, ServerRow, TransferRow } from "./events";

export interface Snapshot {
  readonly servers: ReadonlyMap<string, ServerRow>;
  readonly clients: ReadonlyMap<string, ClientRow>;
  readonly transfers: ReadonlyMap<string, TransferRow>;
}

/**
 * What a snapshot is taken of. It changes in place: a row comes several times a second for each transfer, and
 * copying all the others each time would cost more than the transfer.
 */
export interface State {
  readonly servers: Map<string, ServerRow>;
  readonly clients: Map<string, ClientRow>;
  readonly transfers: Map<string, TransferRow>;
  /** The ids of the transfers that have ended, the first that ended first. */
  readonly ended: Set<string>;
}

export const newState = (): State => ({
  servers: new Map(),
  clients: new Map(),
  transfers: new Map(),
  ended: new Set(),
});

/**
 * Takes one row in; the same row once more changes nothing. Log rows and boot lines are no state.
 * @param transfersKept of the transfers that have ended the last ones are kept, so many; running ones always are.
 */
export function applyRow(state: State, row: Row, transfersKept: number): void {
  switch (row.type) {
    case "server":
      state.servers.set(row.id, row);
      return;
    case "client":
      if (row.forgotten === true) state.clients.delete(row.id);
      else state.clients.set(row.id, row);
      return;
    case "transfer":
      state.transfers.set(row.id, row);
      if (row.state !== "running") state.ended.add(row.id);
      forgetTransfers(state, transfersKept);
      return;
    case "log":
    case "bootLine":
      return;
  }
}

/** A server that runs for weeks must not grow. */
function forgetTransfers({ transfers, ended }: State, kept: number): void {
  for (const id of ended) {
    if (ended.size <= kept) return;
    ended.delete(id);
    transfers.delete(id);
  }
}

/** The state as it is now: what comes later does not change it. */
export function snapshotOf({ servers, clients, transfers }: State): Snapshot {
  return { servers: new Map(servers), clients: new Map(clients), transfers: new Map(transfers) };
}
