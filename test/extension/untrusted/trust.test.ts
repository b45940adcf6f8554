import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated } from "../editor";

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
});
