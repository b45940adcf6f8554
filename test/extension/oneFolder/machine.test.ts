import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import type { Check } from "../../../src/model/checks";
import { tftpRead } from "../../support/loopbackBoard";
import { holds } from "../../support/patience";
import { activated, start, stop, until } from "../editor";

describe("why boards are not heard", () => {
  let api: BootServersApi;
  const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration("bootServers");
  const set = (name: string, value: unknown): Thenable<void> =>
    configuration().update(name, value, vscode.ConfigurationTarget.Global);

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    await stop(api);
    await set("allow", undefined);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("Check This Machine is a document that says which ports are ours, and starts nothing", async () => {
    const before = await vscode.commands.executeCommand<Check[]>("bootServers.checkThisMachine");
    assert.ok(before.some(({ about }) => about === "UDP port 68"));
    assert.equal(api.store.isServing(), false);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await start(api);
    const checks = await vscode.commands.executeCommand<Check[]>("bootServers.checkThisMachine");
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.languageId, "markdown");
    assert.match(document.getText(), /^# This machine\n[^]*UDP port 4011/);
    const ports = api.store.serverRows().map(({ port }) => port);
    const ours = checks.filter(({ code }) => code === "port.ours");
    assert.equal(ours.length, ports.filter((port) => port !== 0).length, JSON.stringify(checks));
  });

  it("Allow This Network lets a refused board's network ask, beside those that may", async () => {
    await set("allow", ["192.0.2.0/24"]);
    const { tftp } = await start(api);
    await assert.rejects(tftpRead(tftp, "u-boot.bin"));
    const row = await until(api, ({ transfers }) =>
      [...transfers.values()].find(({ trouble }) => trouble?.code === "access.network"),
    );
    assert.match(row.trouble?.remedy ?? "", /--allow 127\.0\.0\.1\/32/);
    await vscode.commands.executeCommand("bootServers.allowThisNetwork", row.id, "network");
    assert.deepEqual(configuration().inspect("allow")?.globalValue, ["192.0.2.0/24", "127.0.0.0/8"]);
    await holds(async () => {
      await tftpRead(tftp, "u-boot.bin");
    });
  });
});
