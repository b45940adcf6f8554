import assert from "node:assert/strict";
import * as vscode from "vscode";
import { comesTrue } from "../../support/patience";
import { activated, extension } from "../editor";

// The first file of this window: what is asked here is how things are before anybody did anything.
describe("before the first command", () => {
  it("the extension is awake because the folder has a plan, and serves nothing by itself (DESIGN §6)", async () => {
    // By itself.
    assert.ok(await comesTrue(() => extension().isActive));
    const api = await activated();
    assert.deepEqual([api.store.serverRows(), api.childPid()], [[], undefined]);
  });

  it("every command that package.json names is there", async () => {
    const { contributes } = extension().packageJSON as {
      contributes: { commands: readonly { command: string }[] };
    };
    const wanted = contributes.commands.map(({ command }) => command);
    const there = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      wanted.filter((command) => !there.has(command)),
      [],
    );
  });
});
