/** What the rows add up to that come through a pipe. */

import type { Engine } from "../../src/model/api";
import { applyRow, newState, snapshotOf, type Snapshot } from "../../src/model/snapshot";

/** Listens from now on. @returns the snapshot of what has come so far. */
export function rowsOf(remote: Pick<Engine, "onRow">): () => Snapshot {
  const state = newState();
  remote.onRow((row) => {
    applyRow(state, row, 1000);
  });
  return () => snapshotOf(state);
}
