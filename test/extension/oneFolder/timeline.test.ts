import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { textOf } from "../../../src/extension/timeline/shape";
import { tftpRead } from "../../support/loopbackBoard";
import { eventually } from "../../support/patience";
import { activated, ended, start, stop } from "../editor";

const viewType = "bootServers.timeline";
const isOurs = (tab: vscode.Tab): boolean =>
  tab.input instanceof vscode.TabInputWebview && tab.input.viewType.includes(viewType);
const tabs = (): vscode.Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs));

describe("the boot timeline", function () {
  this.timeout(60_000);
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    await vscode.window.tabGroups.close(tabs());
    await stop(api);
  });

  /** Polled: the page is drawn when VS Code has loaded it. */
  async function shows(text: RegExp): Promise<string> {
    const timeline = await api.timeline.timeline();
    return eventually(String(text), () => {
      const shown = timeline.shown === undefined ? "" : textOf(timeline.shown);
      return text.test(shown) ? shown : undefined;
    });
  }

  async function boot(): Promise<void> {
    const { tftp } = await start(api);
    await tftpRead(tftp, "Image");
    await ended(api, "tftp", "Image");
  }

  it("opens in an editor, with what a board has just loaded; once more it is the same editor", async () => {
    await boot();
    await vscode.commands.executeCommand("bootServers.showBootTimeline");
    assert.match(await shows(/\bImage\s+TFTP\b/), /Longest: Image/);
    await vscode.commands.executeCommand("bootServers.showBootTimeline");
    assert.equal(tabs().length, 1);
  });

  it("comes back after a reload", async () => {
    await boot();
    const timeline = await api.timeline.timeline();
    const panel = vscode.window.createWebviewPanel(viewType, "Boot Timeline", vscode.ViewColumn.One);
    timeline.restore(panel);
    await shows(/\btoday\b/);
    assert.match(panel.webview.html, /default-src 'none'; style-src [^;"]+; script-src 'nonce-[^']{20,}'"/);
  });
});
