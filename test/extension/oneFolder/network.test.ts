import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { tftpRead, tftpStore } from "../../support/loopbackBoard";
import { holds } from "../../support/patience";
import { activated, brief, file, start, stop } from "../editor";

const settingsOf = (name: string): unknown => {
  const all = vscode.workspace.getConfiguration("bootServers").inspect(name);
  return [all?.globalValue, all?.workspaceValue, all?.workspaceFolderValue];
};

const exists = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );

describe("what a person decides for this machine", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    const configuration = vscode.workspace.getConfiguration("bootServers");
    for (const name of ["address", "allow", "uploads"]) {
      await configuration.update(name, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("Choose Network keeps the interface for the machine, never in the repository; its name may have blanks", async () => {
    await vscode.commands.executeCommand("bootServers.chooseNetwork", ["Ethernet 2"]);
    assert.deepEqual(settingsOf("address"), [["Ethernet 2"], undefined, undefined]);
    assert.equal(await exists(file(".vscode/settings.json")), false);
    assert.deepEqual([api.store.isServing(), api.childPid()], [false, undefined], "nothing starts by itself");
  });

  it("this computer only is served without a question", async () => {
    await vscode.commands.executeCommand("bootServers.chooseNetwork", ["127.0.0.1"]);
    await start(api);
    assert.deepEqual(api.store.serverRows().map(brief), [
      "bootp running on 127.0.0.1",
      "tftp running on 127.0.0.1",
      "ftp running on 127.0.0.1",
    ]);
  });

  it("a setting that was to narrow who may ask, and cannot be read, starts nothing (DESIGN §6)", async () => {
    const allow = (value: unknown): Thenable<void> =>
      vscode.workspace
        .getConfiguration("bootServers")
        .update("allow", value, vscode.ConfigurationTarget.Global);
    await allow("192.168.7.0/24");
    assert.equal(await vscode.commands.executeCommand("bootServers.start"), false);
    assert.deepEqual([api.store.isWanted(), api.childPid()], [false, undefined]);
    await allow(["127.0.0.0/8"]);
    await start(api);
  });

  it("Allow Uploads is the machine's too, and the running servers follow", async () => {
    const { tftp } = await start(api);
    const bytes = Buffer.from("a crash dump");
    await assert.rejects(tftpStore(tftp, "crash.dump", bytes), /refused/);
    await vscode.commands.executeCommand("bootServers.allowUploads", "new");
    assert.deepEqual(settingsOf("uploads"), ["new", undefined, undefined]);
    assert.equal(await exists(file(".vscode/settings.json")), false);
    // A new name each time: one that came through without its answer is there already.
    let attempt = 0;
    await holds(() => tftpStore(tftp, `crash-${++attempt}.dump`, bytes));
    assert.deepEqual(Buffer.from(await tftpRead(tftp, `crash-${attempt}.dump`)), bytes);
    for (; attempt > 0; attempt -= 1)
      await Promise.resolve(vscode.workspace.fs.delete(file(`images/crash-${attempt}.dump`))).catch(
        () => undefined,
      );
  });
});
