/** The workspace folders of the window. */

import * as vscode from "vscode";
import type { ServedFolder } from "./store";
import { unadorned } from "./words";

/** The workspace folder that was served; undefined: none was, or it was closed. */
export function folderAt(served: ServedFolder | undefined): vscode.WorkspaceFolder | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === served?.path);
}

/** The folder that a caller knows: itself, or the URI of something in it. */
export function folderOf(given: unknown): vscode.WorkspaceFolder | undefined {
  const uri = given instanceof vscode.Uri ? given : (given as { uri?: unknown } | undefined)?.uri;
  return uri instanceof vscode.Uri ? vscode.workspace.getWorkspaceFolder(uri) : undefined;
}

/**
 * Asks the user where there are several.
 * @param served the one that is served, or was last.
 */
export async function chooseFolder(
  placeHolder: string,
  served: ServedFolder | undefined,
): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    void vscode.window.showInformationMessage(
      "Open a folder first: Boot Servers serve the files of a workspace folder.",
    );
  }
  if (folders.length < 2) return folders[0];
  const items = folders.map((folder) => ({
    label: unadorned(folder.name),
    description: unadorned(folder.uri.fsPath),
    ...(folder.uri.fsPath === served?.path && { detail: "served last" }),
    folder,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.folder;
}
