import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { askBootp, sha256, tftpRead } from "../../support/loopbackBoard";
import { holds } from "../../support/patience";
import { parsePlan } from "../../../src/model/planParser";
import { activated, file, lines, readText, settled, start, stop, until } from "../editor";

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

/** Asks until BOOTP names the file: the servers follow a saved plan within a second. */
const answered = (port: number, name: string): Promise<void> =>
  holds(async () => {
    assert.equal((await askBootp(port, mac))?.file, name);
  });

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

  it("from the palette it is the file in front, which need not be text", async () => {
    await vscode.commands.executeCommand("vscode.open", file("images/bench1.bin"));
    // What extensions know of the tabs comes by itself.
    await holds(() => {
      assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, "bench1.bin");
      assert.equal(vscode.window.activeTextEditor, undefined);
      return Promise.resolve();
    });
    assert.equal(await vscode.commands.executeCommand("bootServers.serveAsBootFile"), true);
    assert.deepEqual(parsePlan(await planText(), "").plan?.boot, "bench1.bin");
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
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

  it("a file outside of the served root is copied there where that was chosen, and served; never over another", async () => {
    const copy = file("images/README.md");
    const serve = () =>
      vscode.commands.executeCommand("bootServers.serveAsBootFile", file("README.md"), [], "copy");
    assert.equal(await serve(), true);
    assert.match(await planText(), /"boot": "README.md"/);
    assert.equal(await readText(copy), await readText(file("README.md")));
    await setPlan(original);
    await vscode.workspace.fs.writeFile(copy, Buffer.from("mine"));
    assert.equal(await serve(), false);
    assert.equal(await readText(copy), "mine");
    assert.equal(await planText(), original);
    await vscode.workspace.fs.delete(copy);
  });

  it("what the local plan says otherwise is told: nothing is claimed that does not hold", async () => {
    const local = file(".vscode/boot-plan.local.json");
    const serve = () =>
      vscode.commands.executeCommand("bootServers.serveAsBootFile", file("images/bench1.bin"));
    assert.equal(await serve(), true);
    await vscode.workspace.fs.writeFile(local, Buffer.from('{ "boot": "Image" }'));
    assert.equal(await serve(), false);
    await vscode.workspace.fs.delete(local);
    assert.equal(await serve(), true);
  });

  it("a plan with changes of the user's own is changed, and not saved behind their back", async () => {
    const document = await vscode.workspace.openTextDocument(plan);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(plan, new vscode.Position(0, 0), "// mine\n");
    await vscode.workspace.applyEdit(edit);
    await vscode.commands.executeCommand("bootServers.serveAsBootFile", file("images/bench1.bin"));
    assert.equal(document.isDirty, true);
    assert.match(document.getText(), /^\/\/ mine\n[^]*"boot": "bench1.bin"/);
    assert.equal(await readText(plan), original);
    await document.save();
  });

  it("a folder without a plan gets one, which can be undone; Open Boot Plan makes one to write in", async () => {
    const { uri } = await vscode.workspace.openTextDocument(plan);
    await vscode.workspace.fs.delete(uri);
    await vscode.commands.executeCommand("bootServers.serveAsBootFile", file("images/bench1.bin"));
    assert.match(await readText(plan), /"boot": "images\/bench1.bin"/);
    await vscode.workspace.fs.delete(uri);
    await vscode.commands.executeCommand("bootServers.openBootPlan");
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString());
    await settled(plan, []);
    assert.equal(
      await vscode.commands.executeCommand("bootServers.serveAsBootFile", file("README.md")),
      true,
    );
    assert.deepEqual(parsePlan(await readText(plan), "").plan?.boot, "README.md");
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
    await holds(async () => {
      assert.equal(sha256(await tftpRead(tftp, "u-boot.img")), wanted);
    });
  });
});
