/** What reads plans while they are written is a bundle of its own: loaded as soon as there is one to read. */

import * as vscode from "vscode";
import { exists, localPlanUri, planPattern, planUri } from "./planUris";

/** Loads it once a workspace folder has a plan. */
export function followLanguages(): vscode.Disposable {
  const disposables: vscode.Disposable[] = [];
  let loading: Promise<unknown> | undefined;
  const load = async (): Promise<void> => {
    const { registerLanguages } = await import(/* webpackChunkName: "languages" */ "./languages/languages");
    disposables.push(registerLanguages());
  };
  const look = async (): Promise<void> => {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const found = await Promise.all(
      folders.flatMap((folder) => [planUri(folder), localPlanUri(folder)].map(exists)),
    );
    if (found.includes(true)) loading ??= load();
  };
  const watcher = vscode.workspace.createFileSystemWatcher(`**/${planPattern}`, false, true, true);
  disposables.push(
    watcher,
    watcher.onDidCreate(() => void look()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void look()),
  );
  void look();
  return vscode.Disposable.from({
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  });
}
