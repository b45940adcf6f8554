/**
 * The way to the languages of plans and manifests, which are a bundle of their own: loaded as soon as there is one
 * to read.
 */

import * as vscode from "vscode";
import type { Languages } from "./languages";
import type { Outcomes } from "../tests/outcomes";
import { exists, localPlanUri, manifestLanguage, planPattern, planUri } from "../plan/planUris";
import type { Store } from "../store";

export class LanguageBundle implements vscode.Disposable {
  private readonly disposables: { dispose(): unknown }[];
  private loading: Promise<Languages> | undefined;

  constructor(
    private readonly store: Store,
    private readonly outcomes: Outcomes,
  ) {
    const lookForPlans = (): void => void this.lookForPlans();
    const lookAt = ({ languageId }: vscode.TextDocument): void => {
      if (languageId === manifestLanguage) void this.load();
    };
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${planPattern}`, false, true, true);
    this.disposables = [
      watcher,
      watcher.onDidCreate(lookForPlans),
      vscode.workspace.onDidChangeWorkspaceFolders(lookForPlans),
      vscode.workspace.onDidOpenTextDocument(lookAt),
    ];
    lookForPlans();
    vscode.workspace.textDocuments.forEach(lookAt);
  }

  load(): Promise<Languages> {
    return (this.loading ??= import(/* webpackChunkName: "languages" */ "./languages").then(
      ({ Languages: Loaded }) => {
        const languages = new Loaded(this.store, this.outcomes);
        this.disposables.push(languages);
        return languages;
      },
    ));
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private async lookForPlans(): Promise<void> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const plans = folders.flatMap((folder) => [planUri(folder), localPlanUri(folder)]);
    if ((await Promise.all(plans.map(exists))).includes(true)) await this.load();
  }
}
