import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated, file, readText, settled } from "../editor";
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

  it("the languages work: what is wrong with plan and manifest stands at its place (DESIGN §5)", async () => {
    const [plan, manifest] = [file(".vscode/boot-plan.json"), file("images/x.bootmanifest")];
    const before = await readText(plan);
    await vscode.workspace.fs.writeFile(plan, Buffer.from('{ "bot": "u-boot.bin" }'));
    await settled(plan, ['1:3-1:8 error Unknown key "bot"; did you mean "boot"?']);
    await vscode.workspace.fs.writeFile(plan, Buffer.from(before));
    await settled(plan, []);
    await vscode.workspace.fs.writeFile(manifest, Buffer.from("f: ETSW.b3\n"));
    await vscode.workspace.openTextDocument(manifest);
    await settled(manifest, [
      '1:4-1:11 error "ETSW.b3" is "etsw.b3" in the served root; write it in the same case',
    ]);
    await vscode.workspace.fs.delete(manifest);
  });
});
