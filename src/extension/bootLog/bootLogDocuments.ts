/**
 * The boot logs as read-only documents of VS Code's editor: searched, saved and compared as any text. An open one
 * follows what comes. What stands in them is loaded when the first is shown.
 */

import * as vscode from "vscode";
import { bootLogScheme } from "../ids";
import type { Change, Store } from "../store";

const bundle = () => import(/* webpackChunkName: "commands" */ "./bootLogText");

/** An open document is written anew no more often than this. */
const renewEveryMs = 250;

export class BootLogDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly renewed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.renewed.event;
  /** The clients whose logs have changed since they were written last. */
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private readonly disposables: { dispose(): void }[];

  constructor(private readonly store: Store) {
    this.disposables = [
      this.renewed,
      store.onChange((change) => {
        this.note(change);
      }),
      vscode.workspace.registerTextDocumentContentProvider(bootLogScheme, this),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  async provideTextDocumentContent({ query: client }: vscode.Uri): Promise<string> {
    const { bootLogText } = await bundle();
    return bootLogText(this.store.bootLogs, client, this.store.now.clients.get(client));
  }

  private note(change: Change): void {
    for (const row of change ?? []) if (row.type === "bootLine") this.changed.add(row.client);
    // Servers that were started anew begin anew.
    if (change === undefined) for (const { uri } of this.open()) this.changed.add(uri.query);
    if (this.changed.size > 0) {
      this.timer ??= setTimeout(() => {
        this.renew();
      }, renewEveryMs);
    }
  }

  private renew(): void {
    this.timer = undefined;
    for (const { uri } of this.open()) if (this.changed.has(uri.query)) this.renewed.fire(uri);
    this.changed.clear();
  }

  private open(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === bootLogScheme);
  }
}
