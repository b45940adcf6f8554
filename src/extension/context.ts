/** The context keys that menus and welcome texts ask for. */

import * as vscode from "vscode";
import { contextKeys } from "./ids";
import type { Store } from "./store";

/** Keeps them as the store is; sets only what changed. */
export function followContext(store: Store): { dispose(): void } {
  const told = new Map<string, boolean>();
  const set = (key: string, value: boolean): void => {
    if (told.get(key) === value) return;
    told.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  };
  const update = (): void => {
    set(contextKeys.running, store.isServing());
    set(contextKeys.wanted, store.isWanted());
    set(contextKeys.hasRunningTransfers, store.hasRunning());
    set(contextKeys.hasFinishedTransfers, store.hasFinished());
  };
  update();
  return store.onChange(update);
}
