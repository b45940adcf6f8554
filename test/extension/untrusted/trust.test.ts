import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated } from "../editor";
import { listen, textOf } from "../testRuns";

describe("in a workspace that is not trusted", () => {
  it("the start command refuses, however it is called, and no process is started (DESIGN §5)", async () => {
    const api = await activated();
    assert.equal(vscode.workspace.isTrusted, false);
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    for (const given of [undefined, folder, folder?.uri]) {
      assert.equal(await vscode.commands.executeCommand("bootServers.start", given), false);
      assert.deepEqual([api.store.serverRows(), api.childPid()], [[], undefined]);
    }
  });

  it("nothing is verified either: the tests say why, and no process is started", async () => {
    const api = await activated();
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const tests = await api.drops.tests();
    await tests.refresh();
    const [item] = [...api.drops.controller.items].map(([, each]) => each);
    const why = "A firmware drop is verified only where you trust the workspace.";
    assert.deepEqual([textOf(item!.error).startsWith(why), item!.children.size], [true, 0]);
    const told = listen(api);
    const { token } = new vscode.CancellationTokenSource();
    await tests.runFresh(new vscode.TestRunRequest(), token);
    assert.deepEqual([...(await told.ended(0)).states], [[folder!.uri.toString(), "errored"]]);
    told.stop();
    assert.equal(await vscode.commands.executeCommand("bootServers.verify"), undefined);
    assert.equal(api.childPid(), undefined);
  });
});
