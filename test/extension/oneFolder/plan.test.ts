import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { askBootp, sha256, tftpRead } from "../../support/loopbackBoard";
import { activated, file, lines, readText, start, stop, until } from "../editor";

const plan = file(".vscode/boot-plan.json");
const mac = "02:00:00:00:00:01";

/** The text of the plan in the editor, and on disk: the same once it was saved. */
async function planText(): Promise<string> {
  const document = await vscode.workspace.openTextDocument(plan);
  assert.equal(document.isDirty, false, "the plan was not saved");
  assert.equal(await readText(plan), document.getText());
  return document.getText();
}

async function setPlan(text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(plan);
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(plan, all, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
  await document.save();
}

/** Asks until BOOTP names the file: the servers follow a saved plan within a second. Mocha's limit ends it. */
async function answered(port: number, name: string): Promise<void> {
  while ((await askBootp(port, mac))?.file !== name);
}

describe("the commands that change the boot plan", () => {
  let api: BootServersApi;
  let original: string;

  before(async () => {
    api = await activated();
    original = await planText();
  });

  afterEach(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    await setPlan(original);
  });

  it("Serve as Boot File is the next BOOTP answer, changes one line, and can be undone", async () => {
    const { bootp } = await start(api);
    await answered(bootp, "u-boot.bin");
    await vscode.commands.executeCommand("bootServers.serveAsBootFile", file("images/bench1.bin"));
    await answered(bootp, "bench1.bin");
    assert.equal(
      await planText(),
      original.replace('"boot": ["u-boot.bin", "copy-files4.rc"]', '"boot": "bench1.bin"'),
    );
    await vscode.window.showTextDocument(plan);
    await vscode.commands.executeCommand("undo");
    const document = await vscode.workspace.openTextDocument(plan);
    assert.equal(document.getText(), original);
    await document.save();
    await answered(bootp, "u-boot.bin");
  });

  it("Add to Boot Sequence appends the file", async () => {
    await vscode.commands.executeCommand("bootServers.addToBootSequence", file("images/board.dtb"));
    const [, boot] = /"boot": (\[[^\]]*\])/.exec(await planText()) ?? [];
    assert.deepEqual(JSON.parse(boot ?? ""), ["u-boot.bin", "copy-files4.rc", "board.dtb"]);
  });

  it("a file outside of the served root is refused, and the plan stays as it was", async () => {
    await vscode.commands.executeCommand("bootServers.serveAsBootFile", file("README.md"));
    assert.equal(await planText(), original);
  });

  it("a missing file is a row with the nearest name, and one command serves a file in its place", async () => {
    const { tftp } = await start(api);
    await assert.rejects(tftpRead(tftp, "u-boot.img"));
    const row = await until(api, ({ transfers }) =>
      [...transfers.values()].find(({ nearest = [] }) => nearest.length > 0),
    );
    assert.deepEqual(lines(api.views.transfers.shown()), [
      "u-boot.img  → 127.0.0.1 · not found · nearest: u-boot.bin",
    ]);
    const wanted = sha256(await vscode.workspace.fs.readFile(file("images/u-boot.bin")));
    await vscode.commands.executeCommand("bootServers.serveFileAs", row.id, file("images/u-boot.bin"));
    assert.match(await planText(), /"u-boot\.img": "u-boot\.bin"/);
    for (;;) {
      const got = await tftpRead(tftp, "u-boot.img").catch(() => undefined);
      if (got !== undefined) {
        assert.equal(sha256(got), wanted);
        break;
      }
    }
  });
});
