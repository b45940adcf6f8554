/** A list to choose one thing from, with the cursor on what is chosen now. */

import * as vscode from "vscode";

/** @returns what was chosen; undefined: nothing, by Esc. */
export function pickOne<T extends vscode.QuickPickItem>(
  title: string,
  placeholder: string,
  items: readonly T[],
  current?: T,
): Promise<T | undefined> {
  const list = vscode.window.createQuickPick<T>();
  list.title = title;
  list.placeholder = placeholder;
  list.items = items;
  list.matchOnDescription = true;
  if (current !== undefined) list.activeItems = [current];
  return new Promise((resolve) => {
    list.onDidAccept(() => {
      resolve(list.activeItems[0]);
      list.hide();
    });
    list.onDidHide(() => {
      resolve(undefined);
      list.dispose();
    });
    list.show();
  });
}
