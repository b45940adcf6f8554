/** The three views: what each shows of the store. */

import { hostname } from "node:os";
import * as vscode from "vscode";
import { boardNames } from "./boardNames";
import { clientItems } from "./clientItems";
import { viewIds } from "../ids";
import type { Item } from "./item";
import { serverItems, serversMessage } from "./serverItems";
import type { Store } from "../store";
import { transferItems } from "./transferItems";
import { Tree } from "./tree";
import { count } from "../words";

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
      () => {
        const { folder } = store;
        const serves = folder !== undefined && store.isServing();
        return {
          description: serves ? [folder.name, ...where].join(" · ") : "",
          message: serversMessage(store.serverRows()),
        };
      },
    ),
    clients: new Tree(viewIds.clients, store, () =>
      clientItems(store.now.clients.values(), store.now.transfers.values(), Date.now()),
    ),
    transfers: new Tree(
      viewIds.transfers,
      store,
      () => transfersOf(store),
      () => ({ badge: badgeOf(store.runningCount()) }),
    ),
  };
}

function transfersOf(store: Store): Item[] {
  const { clients, transfers } = store.now;
  return transferItems(transfers.values(), boardNames(clients.values()), Date.now());
}

/** Counts what runs: one view of the container has a badge (facts: badges of a container add up). */
const badgeOf = (running: number): vscode.ViewBadge | undefined =>
  running === 0 ? undefined : { value: running, tooltip: count(running, "running transfer") };

/** Where boards are served from, when that is not the computer in front of the user. */
function whichMachine(): string[] {
  return vscode.env.remoteName === undefined ? [] : [`on ${hostname()}`];
}
