import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { tftpRead } from "../../support/loopbackBoard";
import { activated, ended, lines, start, stop, until } from "../editor";

const inject = (profile: string): Thenable<unknown> =>
  vscode.commands.executeCommand("bootServers.injectFaults", profile);

describe("faults that are injected into running servers", function () {
  this.timeout(60_000);
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });
  afterEach(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("are said above the servers, and of each transfer, until they are stopped", async () => {
    const { tftp } = await start(api);
    await inject("double data 1; seed=7,loss=0");
    await until(api, () => api.store.injectsFaults());
    await tftpRead(tftp, "Image");
    const row = await ended(api, "tftp", "Image");
    assert.deepEqual(row.injected, ["DATA 1 doubled"]);
    assert.match(lines(api.views.transfers.shown())[0] ?? "", /injected: DATA 1 doubled$/);
    await inject("");
    await until(api, () => !api.store.injectsFaults());
  });

  it("end with the servers, and are in no setting", async () => {
    await start(api);
    await inject("loss=5,seed=7");
    await until(api, () => api.store.injectsFaults());
    await stop(api);
    await start(api);
    assert.equal(api.store.injectsFaults(), false);
    assert.ok(!JSON.stringify(vscode.workspace.getConfiguration("bootServers")).includes("loss"));
  });

  it("are refused with the mistake in the text, and where nothing runs nothing happens", async () => {
    await inject("loss=5");
    assert.equal(api.store.injectsFaults(), false);
    await start(api);
    await assert.rejects(Promise.resolve(inject("lss=5")), /at character 1: there is no rate "lss"/);
    assert.equal(api.store.injectsFaults(), false);
  });
});
