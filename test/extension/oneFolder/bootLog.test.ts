import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { askBootp, tftpRead } from "../../support/loopbackBoard";
import { activated, ended, start, stop } from "../editor";

const mac = "02:00:00:00:00:0b";

/** Resolves with the text of the document once it fits, now or when it is written anew. */
function textOf(document: vscode.TextDocument, fits: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const look = (): void => {
      const text = document.getText();
      if (!fits.test(text)) return;
      following.dispose();
      resolve(text);
    };
    const following = vscode.workspace.onDidChangeTextDocument(look);
    look();
  });
}

/** The client whose log stands in the active editor. */
const shown = (): string | undefined => vscode.window.activeTextEditor?.document.uri.query;

describe("Show Boot Log", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("opens a board's boot as a read-only document, which follows what comes", async () => {
    const { bootp, tftp } = await start(api);
    assert.equal((await askBootp(bootp, mac))?.file, "u-boot.bin");
    await vscode.commands.executeCommand("bootServers.showBootLog", mac);
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    assert.equal(document.uri.scheme, "boot-servers-log");
    assert.equal(document.languageId, "log");
    const first = await textOf(
      document,
      /BOOTREQUEST xid [0-9a-f]{8}.* → BOOTREPLY file u-boot\.bin siaddr 127\.0\.0\.1/,
    );
    assert.match(
      first,
      /^Boot log of 02:00:00:00:00:0b.*: 1 boot\n\nBoot 1 · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n {3}\+0\.000 {2}bootp/,
    );
    await tftpRead(tftp, "u-boot.bin");
    await textOf(document, /tftp {3}RRQ u-boot\.bin octet.* → .*\n(.*\n)*.*u-boot\.bin sent: /);
    assert.equal(document.isDirty, false);
  }).timeout(60_000);

  it("opens it from a transfer's row as well, and from the only board there is", async () => {
    const { bootp, tftp } = await start(api);
    await askBootp(bootp, mac);
    await tftpRead(tftp, "u-boot.bin");
    const transfer = await ended(api, "tftp", "u-boot.bin");
    await vscode.commands.executeCommand("bootServers.showBootLog", transfer.id);
    assert.equal(shown(), mac);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("bootServers.showBootLog");
    assert.equal(shown(), mac);
  }).timeout(60_000);
});
