import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated, extension } from "../editor";

/** Resolves once VS Code has woken the extension by itself; mocha's limit ends it. */
async function awake(): Promise<void> {
  while (!extension().isActive) await new Promise((resolve) => setImmediate(resolve));
}

// The first file of this window: what is asked here is how things are before anybody did anything.
describe("before the first command", () => {
  it("the extension is awake because the folder has a plan, and serves nothing by itself (DESIGN §6)", async () => {
    await awake();
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
