import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated, extension, report } from "../editor";

describe("in a window without a folder", () => {
  it("the start command says to open one, and no process is started", async () => {
    assert.equal(extension().isActive, false);
    const asleep = performance.now();
    const api = await activated();
    report(`activation ${Math.round(performance.now() - asleep)} ms`);
    assert.equal(vscode.workspace.workspaceFolders, undefined);
    assert.equal(await vscode.commands.executeCommand("bootServers.start"), false);
    assert.deepEqual([api.store.serverRows(), api.childPid()], [[], undefined]);
  });
});
