/** The timeline's page in an editor of its own. Loaded when it is first shown, or comes back after a reload. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { timelineViewType } from "../ids";
import { page, type Choice } from "./page";
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
const mostIds = 100;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const isText = (value: unknown): value is string => typeof value === "string";
const idsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter(isText).slice(0, mostIds) : undefined;

/** What the page has kept; what is no choice is none. */
function choiceOf(state: unknown): Choice {
  const { open, compare } = (state ?? {}) as Readonly<Record<string, unknown>>;
  const opened = idsOf(open);
  return { compare: (idsOf(compare) ?? []).slice(-2), ...(opened !== undefined && { open: opened }) };
}

export class Timeline {
  private panel: vscode.WebviewPanel | undefined;
  private choice: Choice = { compare: [] };
  private timer: NodeJS.Timeout | undefined;
  private drawnAt = 0;

  constructor(
    private readonly recorder: BootRecorder,
    private readonly media: vscode.Uri,
    private readonly actions: Actions,
  ) {}

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
    if (latest !== undefined) this.choice = { ...this.choice, open: [latest.id] };
    await this.draw();
  }

  /** Takes back a panel that VS Code kept over a reload. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    this.panel?.dispose();
    this.choice = choiceOf(state);
    this.adopt(panel);
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
    if (type === "choice") this.choice = choiceOf(choice);
    // A page that was hidden is loaded anew when it is seen, and says that it is there.
    if (type === "choice" || type === "ready") void this.draw();
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
