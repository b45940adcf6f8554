/** Continuous runs: a drop is verified again when one of its files, its manifest or the plan has changed. */

import * as vscode from "vscode";
import { Again } from "./again";
import { folderItem } from "./selection";
import type { DropTree } from "./tree";

/**
 * Watches the folders of a request until its token is cancelled.
 * @param run verifies what of the request is in the folder that changed.
 */
export async function runAgainAndAgain(
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  tree: DropTree,
  run: (request: vscode.TestRunRequest) => Promise<unknown>,
): Promise<void> {
  const { include, exclude, profile } = request;
  const stops: vscode.Disposable[] = [];
  token.onCancellationRequested(() => {
    for (const stop of stops) stop.dispose();
  });
  for (const item of tree.folders()) {
    const chosen = include?.filter((each) => folderItem(each) === item) ?? [item];
    const folder = tree.folderOf(item);
    if (chosen.length === 0 || folder === undefined) continue;
    if (tree.outlineOf(item) === undefined) await tree.find(item);
    if (token.isCancellationRequested) return;
    const again = new Again(() => run(new vscode.TestRunRequest(chosen, exclude, profile, true)));
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "**"));
    const look = (uri: vscode.Uri): void => {
      if (tree.concerns(item, uri)) again.ask();
    };
    stops.push(
      watcher,
      watcher.onDidChange(look),
      watcher.onDidCreate(look),
      watcher.onDidDelete(look),
      new vscode.Disposable(() => {
        again.stop();
      }),
    );
  }
}
