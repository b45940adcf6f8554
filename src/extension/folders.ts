/** The workspace folders of the window. */

import * as vscode from "vscode";
import type { ServedFolder } from "./store";

/** The workspace folder of a path that was served; undefined: it was closed. */
export function folderAt({ path }: ServedFolder): vscode.WorkspaceFolder | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === path);
}
