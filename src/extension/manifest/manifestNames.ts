/** Documents that a plan calls manifests are read as such, whatever they are called. */

import * as vscode from "vscode";
import { manifestLanguage } from "../plan/planUris";
import type { FolderPlan } from "../languages/folderPlan";
import { openDocument } from "../plan/planSources";
import { manifestPaths } from "./manifestPlace";

/** @param onPlanRead a folder's plan, each time that it was read. */
export function followManifestNames(onPlanRead: vscode.Event<FolderPlan | undefined>): vscode.Disposable {
  /** Paths of manifests, by workspace folder. */
  const named = new Map<string, readonly string[]>();
  /** What was set once is the user's to change. */
  const set = new Set<string>();
  const look = (document: vscode.TextDocument): void => {
    const { uri, languageId } = document;
    const key = uri.toString();
    if (languageId === manifestLanguage || uri.scheme !== "file" || set.has(key)) return;
    if (![...named.values()].some((paths) => paths.includes(uri.fsPath))) return;
    set.add(key);
    void vscode.languages.setTextDocumentLanguage(document, manifestLanguage);
  };
  return vscode.Disposable.from(
    onPlanRead((read) => {
      const { folder, parsed } = read ?? {};
      if (folder === undefined || parsed?.plan === undefined) return;
      named.set(folder.uri.toString(), manifestPaths(folder, parsed.plan));
      for (const document of vscode.workspace.textDocuments) look(document);
    }),
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      // A change of the language closes a document and opens it again.
      setImmediate(() => {
        if (openDocument(uri) === undefined) set.delete(uri.toString());
      });
    }),
  );
}
