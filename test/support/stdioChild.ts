/** `serve --stdio` as the extension starts it, from source, and a small wait for what it tells. */

import { resolve } from "node:path";
import { Child, type ChildEvents } from "../../src/extension/process/child";
import type { Patience } from "../../src/extension/process/childRun";
import type { Command } from "../../src/extension/process/command";
import type { Row, ServerRow, TransferRow } from "../../src/model/events";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import { asRoot } from "./ours";
import { Store } from "../../src/extension/store";

/** Our program, without the bundle. */
export const fromSource = (...more: string[]): Command => ({
  file: process.execPath,
  args: ["--import", "tsx", resolve("src/cli/main.ts"), "serve", "--stdio", asRoot, ...more],
  env: { ELECTRON_RUN_AS_NODE: "1" },
});

/** A folder on loopback, on free ports. */
export const wantedFor = (folder: string): Wanted => ({ ...defaultWanted, folder, ports: anyPorts });

export interface Tended {
  readonly child: Child;
  readonly store: Store;
  readonly lines: string[];
  /** What was said when it was given up. */
  readonly gaveUp: string[];
  /** How often one that was started told nothing. */
  readonly quiet: number;
  /** How often a process has ended. */
  readonly ends: number;
  /** Resolves as soon as `value` gives something; it is asked again after each thing that happens. */
  readonly until: <T>(value: (store: Store) => T | undefined | false) => Promise<T>;
  readonly server: (id: ServerRow["id"]) => ServerRow;
  /** The latest of this file. */
  readonly transfer: (file: string) => TransferRow | undefined;
}

/** A child that is looked after as the extension does it. */
export function tend(command: () => Command, patience?: Patience): Tended {
  const store = new Store();
  const waiting = new Set<() => void>();
  const happened = (): void => {
    for (const look of [...waiting]) look();
  };
  const tended = { lines: [] as string[], gaveUp: [] as string[], ends: 0, quiet: 0 };
  const events: ChildEvents = {
    row: (row: Row) => {
      store.apply(row);
      happened();
    },
    log: (_, line) => {
      tended.lines.push(line);
      happened();
    },
    quiet: () => {
      tended.quiet += 1;
      store.quiet();
      happened();
    },
    left: () => {
      store.left();
      happened();
    },
    ended: (runs) => {
      tended.ends += 1;
      store.ended(runs);
      happened();
    },
    gaveUp: (message) => {
      tended.gaveUp.push(message);
      happened();
    },
  };
  const child = new Child(command, events, Date.now, patience);
  return Object.assign(tended, {
    child,
    store,
    until: <T>(value: (store: Store) => T | undefined | false) =>
      new Promise<T>((found) => {
        const look = (): void => {
          const got = value(store);
          if (got === undefined || got === false) return;
          waiting.delete(look);
          found(got);
        };
        waiting.add(look);
        look();
      }),
    server: (id: ServerRow["id"]) => {
      const row = store.now.servers.get(id);
      if (row === undefined) throw new Error(`no row of ${id}`);
      return row;
    },
    transfer: (file: string) => [...store.now.transfers.values()].filter((row) => row.file === file).at(-1),
  });
}
