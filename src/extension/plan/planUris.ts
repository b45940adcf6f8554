/** Where the two files of a boot plan stand, and what tells a manifest. */

import * as vscode from "vscode";

/** Relative to the workspace folder, as people know them: the plan, and the local one that is laid over it. */
export const planFiles = [".vscode/boot-plan.json", ".vscode/boot-plan.local.json"] as const;

/** Both, for patterns. */
export const planPattern = ".vscode/boot-plan{,.local}.json";

/** The id of the manifests' language. */
export const manifestLanguage = "bootmanifest";

export const planUri = (folder: vscode.WorkspaceFolder): vscode.Uri =>
  vscode.Uri.joinPath(folder.uri, planFiles[0]);
export const localPlanUri = (folder: vscode.WorkspaceFolder): vscode.Uri =>
  vscode.Uri.joinPath(folder.uri, planFiles[1]);

/** True when something stands there. */
export async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
