import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated, extension } from "../editor";

// The first file of this window: what is asked here is how things are before anybody did anything.
describe("before the first command", () => {
  it("the extension sleeps; awake it serves nothing by itself (DESIGN §6)", async () => {
    assert.equal(extension().isActive, false);
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
