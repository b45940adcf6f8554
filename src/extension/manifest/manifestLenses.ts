/** Above a manifest: what can be done with it; above each line, how it fared when it was last verified. */

import * as vscode from "vscode";
import { commandIds } from "../ids";
import type { Outcomes } from "../tests/outcomes";
import { manifestLanguage } from "../plan/planUris";
import { outcomeText } from "./outcomeText";

const lens = (line: number, title: string, command: string, ...given: unknown[]): vscode.CodeLens =>
  new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: given });

export function registerManifestLenses(outcomes: Outcomes): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const subscription = outcomes.onChange(() => {
    changed.fire();
  });
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: ({ uri }) => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (folder === undefined || !vscode.workspace.isTrusted) return [];
      const file = vscode.workspace.asRelativePath(uri, false);
      return [
        lens(0, "Verify", commandIds.verify, folder.uri),
        lens(0, "Copy Boot Commands", commandIds.copyBootCommands, uri),
        ...[...outcomes.ofFile(folder.uri.fsPath, file)].flatMap(([line, fared]) => {
          const text = outcomeText(fared);
          return text === undefined ? [] : [lens(line - 1, text, "testing.showMostRecentOutput")];
        }),
      ];
    },
  };
  const selector = { language: manifestLanguage, scheme: "file" };
  return vscode.Disposable.from(
    changed,
    subscription,
    vscode.languages.registerCodeLensProvider(selector, provider),
  );
}
