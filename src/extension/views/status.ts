/** The one status bar item, on the left; a click shows what can be done now. */

import * as vscode from "vscode";
import { commandIds } from "../ids";
import { statusText } from "./statusText";
import type { Store } from "../store";

const drawEveryMs = 250;

/** Shown once servers have been started in this window: before that nobody asked for it. */
export function createStatus(store: Store): { dispose(): void } {
  const item = vscode.window.createStatusBarItem("bootServers.status", vscode.StatusBarAlignment.Left, 10);
  item.name = "Boot Servers";
  item.command = commandIds.showMenu;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    timer = undefined;
    const { text, tooltip, spoken, failed, injecting } = statusText(
      store.serverRows(),
      store.runningTransfers(),
      store.folder?.name,
    );
    item.text = text;
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: spoken };
    const background = failed ? "error" : injecting ? "warning" : undefined;
    item.backgroundColor = background && new vscode.ThemeColor(`statusBarItem.${background}Background`);
    if (store.folder !== undefined) item.show();
  };
  const changes = store.onChange(() => {
    timer ??= setTimeout(draw, drawEveryMs);
  });
  return {
    dispose: () => {
      clearTimeout(timer);
      changes.dispose();
      item.dispose();
    },
  };
}
