/** The three views: what each shows of the store. */

import { hostname } from "node:os";
import * as vscode from "vscode";
import { boardName } from "./boardName";
import { clientItems } from "./clientItems";
import { viewIds } from "./ids";
import type { Item } from "./item";
import { serverItems, serversMessage } from "./serverItems";
import type { Store } from "./store";
import { transferItems } from "./transferItems";
import { Tree } from "./tree";
import { count } from "./words";

export interface Views {
  readonly servers: Tree;
  readonly clients: Tree;
  readonly transfers: Tree;
}

/** Shows the store. */
export function createViews(store: Store): Views {
  const where = whichMachine();
  return {
    servers: new Tree(
      viewIds.servers,
      store,
      () => serverItems(store.serverRows(), store.runningSince, Date.now()),
      (view) => {
        const { folder } = store;
        view.description =
          folder !== undefined && store.isServing() ? [folder.name, ...where].join(" · ") : "";
        const message = serversMessage(store.serverRows()) ?? "";
        if (view.message !== message) view.message = message;
      },
    ),
    clients: new Tree(viewIds.clients, store, () =>
      clientItems(store.now.clients.values(), store.now.transfers.values(), Date.now()),
    ),
    transfers: new Tree(viewIds.transfers, store, () => transfersOf(store), showRunning(store)),
  };
}

function transfersOf(store: Store): Item[] {
  const { clients, transfers } = store.now;
  const names = new Map<string, string>();
  const nameOf = (address: string): string => {
    const name = names.get(address) ?? boardName(clients.values(), address);
    names.set(address, name);
    return name;
  };
  return transferItems(transfers.values(), nameOf, Date.now());
}

/** The badge counts what runs: one view of the container has one (facts: badges of a container add up). */
function showRunning(store: Store): (view: vscode.TreeView<unknown>) => void {
  let shown = 0;
  return (view) => {
    const running = store.runningCount();
    if (running === shown) return;
    shown = running;
    view.badge = running === 0 ? undefined : { value: running, tooltip: count(running, "running transfer") };
  };
}

/** Where boards are served from, when that is not the computer in front of the user. */
function whichMachine(): string[] {
  return vscode.env.remoteName === undefined ? [] : [`on ${hostname()}`];
}
