/** The timeline's page in an editor of its own. Loaded when it is first shown, or comes back after a reload. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { timelineViewType } from "../ids";
import { choiceOf, type Choice } from "./choice";
import { page } from "./page";
import type { BootRecorder } from "./recorder";

/** What the page asks for. */
export interface Actions {
  /** Shows the row of a transfer. @returns false where it is not there any more. */
  transfer(id: string): Promise<boolean>;
  /** Shows the boot log of a client, by the id of its row. */
  log(client: string): void;
}

/** A page is drawn anew so often at most. */
const drawEveryMs = 500;
/** What the page shows is kept in the workspace's state: what a page itself keeps, a browser forgets at a reload. */
const choiceKey = "timelineChoice";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export class Timeline {
  private panel: vscode.WebviewPanel | undefined;
  private choice: Choice;
  private readonly media: vscode.Uri;
  private timer: NodeJS.Timeout | undefined;
  private drawnAt = 0;

  constructor(
    private readonly recorder: BootRecorder,
    private readonly context: Pick<vscode.ExtensionContext, "extensionUri" | "workspaceState">,
    private readonly actions: Actions,
  ) {
    this.choice = choiceOf(context.workspaceState.get(choiceKey));
    this.media = vscode.Uri.joinPath(context.extensionUri, "media");
  }

  /** What the page shows, for the tests. */
  shown: ReturnType<typeof page> | undefined;

  /** @param client whose latest boot is to be seen; undefined: the latest of all. */
  async show(client?: string): Promise<void> {
    if (this.panel === undefined) {
      this.adopt(
        vscode.window.createWebviewPanel(timelineViewType, "Boot Timeline", vscode.ViewColumn.Active),
      );
    } else this.panel.reveal();
    const latest = (await this.recorder.all()).find((boot) => boot.client === client);
    await this.choose(latest === undefined ? this.choice : { ...this.choice, open: [latest.id] });
  }

  /** Takes back a panel that VS Code kept over a reload. */
  restore(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.adopt(panel);
  }

  private async choose(choice: Choice): Promise<void> {
    this.choice = choice;
    await Promise.all([this.context.workspaceState.update(choiceKey, choice), this.draw()]);
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    this.shown = undefined;
    const following = this.recorder.onChange(() => {
      this.drawSoon();
    });
    panel.webview.onDidReceiveMessage((message: unknown) => {
      this.heed(message);
    });
    panel.onDidChangeViewState(() => {
      this.drawSoon();
    });
    panel.onDidDispose(() => {
      following.dispose();
      clearTimeout(this.timer);
      this.timer = undefined;
      if (this.panel === panel) this.panel = undefined;
    });
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.media] };
    panel.webview.html = this.html(panel.webview);
  }

  private html(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString("base64");
    const at = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.media, name)).toString();
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${at("timeline.css")}">
<title>Boot Timeline</title>
</head>
<body>
<div id="page"></div>
<script nonce="${nonce}" src="${at("timeline.js")}"></script>
</body>
</html>`;
  }

  /** What came from the page: it is judged as any message, whoever wrote it. */
  private heed(message: unknown): void {
    const { type, id, choice } = message as Readonly<Record<string, unknown>>;
    if (type === "choice") void this.choose(choiceOf(choice));
    // A page that was hidden is loaded anew when it is seen, and says that it is there.
    else if (type === "ready") void this.draw();
    else if (type === "transfer") void this.reveal(textOf(id));
    else if (type === "log") this.actions.log(textOf(id));
  }

  private async reveal(transfer: string): Promise<void> {
    if (await this.actions.transfer(transfer)) return;
    vscode.window.setStatusBarMessage("The row of this transfer is not kept any more.", 5000);
  }

  private drawSoon(): void {
    if (this.panel?.visible !== true || this.timer !== undefined) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        void this.draw();
      },
      Math.max(0, this.drawnAt + drawEveryMs - Date.now()),
    );
  }

  private async draw(): Promise<void> {
    const boots = await this.recorder.all();
    const { panel } = this;
    if (panel?.visible !== true) return;
    this.drawnAt = Date.now();
    const { choice } = this;
    this.shown = page(boots, choice, this.drawnAt);
    await panel.webview.postMessage({ shape: this.shown, choice });
  }
}
