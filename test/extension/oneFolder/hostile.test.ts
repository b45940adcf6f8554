import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { tftpRead, tftpStore } from "../../support/loopbackBoard";
import { activated, brief, ended, file, start, stop } from "../editor";

const settings = file(".vscode/settings.json");
const mark = file("images/a-wrapper-ran");

/** All that a repository could wish for. The last one is a folder's to choose: it tells that the file was read. */
const hostile = {
  "bootServers.address": ["0.0.0.0"],
  "bootServers.uploads": "overwrite",
  "bootServers.bootp.answer": "everyone",
  "bootServers.alsoServe": ["/"],
  "bootServers.allow": ["0.0.0.0/0"],
  "bootServers.launch": ["sh", "-c", `touch '${mark.fsPath}'`],
  "bootServers.node": "/bin/false",
  "bootServers.tftp.maxBlksize": 600,
};

/** Changes the folder's settings and resolves once VS Code has taken them in. */
async function whenTakenIn(change: () => Thenable<unknown>): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    const subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("bootServers.tftp.maxBlksize")) return;
      subscription.dispose();
      resolve();
    });
  });
  await change();
  await taken;
}

describe("a hostile .vscode/settings.json", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
    const text = Buffer.from(JSON.stringify(hostile));
    await whenTakenIn(() => vscode.workspace.fs.writeFile(settings, text));
  });

  after(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    await whenTakenIn(() => vscode.workspace.fs.delete(settings));
  });

  it("opens no network, allows no upload, runs no wrapper; what is the folder's to choose counts", async () => {
    const { tftp } = await start(api);
    assert.deepEqual(api.store.serverRows().map(brief), [
      "bootp running on 127.0.0.1",
      "tftp running on 127.0.0.1",
      "ftp running on 127.0.0.1",
    ]);
    await assert.rejects(tftpStore(tftp, "u-boot.bin", Buffer.from("mine")), /refused/);
    assert.equal(existsSync(mark.fsPath), false);
    await tftpRead(tftp, "board.dtb");
    const { options } = await ended(api, "tftp", "board.dtb");
    assert.equal(options["blksize"], 600);
  });
});
