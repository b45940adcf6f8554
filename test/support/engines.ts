/** What an engine in this process tells. */

import assert from "node:assert/strict";
import type { Engine } from "../../src/model/api";
import type { Row, ServerRow } from "../../src/model/events";

/** The row of one server. */
export const serverRow = (engine: Engine, protocol: string): ServerRow => {
  const row = engine.snapshot().servers.get(protocol);
  assert.ok(row, `no row of ${protocol}`);
  return row;
};
/** Of the three servers, in their order. */
export const statesOf = (engine: Engine): string[] =>
  ["bootp", "tftp", "ftp"].map((name) => engine.snapshot().servers.get(name)?.state ?? "none");

/** Resolves with the first row that passes. */
export const rowThat = (engine: Engine, passes: (row: Row) => boolean): Promise<Row> =>
  new Promise((resolve) => {
    const stop = engine.onRow((row) => {
      if (!passes(row)) return;
      stop();
      resolve(row);
    });
  });
