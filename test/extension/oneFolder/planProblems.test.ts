import assert from "node:assert/strict";
import * as vscode from "vscode";
import { holds } from "../../support/patience";
import { activated, extension, file, fixes, problemsOf, readText, settled, write } from "../editor";

const plan = file(".vscode/boot-plan.json");
const local = file(".vscode/boot-plan.local.json");

/** Shows a text in the plan's editor, not saved. */
async function type(text: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(plan);
  await vscode.window.showTextDocument(document);
  await write(document, text);
  return document;
}

describe("a plan's problems in the editor", () => {
  let original: string;

  before(async () => {
    await activated();
    original = await readText(plan);
  });

  afterEach(async () => {
    const document = await type(original);
    await document.save();
    await settled(plan, []);
  });

  it("the plan is JSON with comments: its own comments and trailing commas are no problem", async () => {
    const document = await type(original.replace('"tftp": ["Image", "board.dtb"]', '"tftp": ["Image",]'));
    assert.equal(document.languageId, "jsonc");
    await write(document, document.getText().replace('"Image"', '"Imagine"'));
    await settled(plan, [
      '10:12-10:21 warning "Imagine" is not there yet; it will be served as soon as it is built',
    ]);
    // What VS Code's own JSON support says has come before or not; that of the text before is gone at any rate.
    await holds(() => {
      assert.deepEqual(
        vscode.languages.getDiagnostics(plan).filter(({ source }) => source !== "Boot Servers"),
        [],
      );
    });
  });

  it("stand at their tokens while typing, unsaved, and go when they are mended", async () => {
    await type(
      '{ "root": "images",\n  "bot": "u-boot.bin", "silentSeconds": 3,\n  "tftp": ["Image", "../x"] }',
    );
    await settled(plan, [
      '2:3-2:8 error Unknown key "bot"; did you mean "boot"?',
      '2:41-2:42 error "silentSeconds" must be a whole number from 8 to 86400: a board that asks three times must meet silence each time',
      '3:21-3:27 error "tftp[1]": the name leaves a folder by ..; name the file from the served root',
    ]);
    await type('{ "root": "images", "boot": "u-boot.bin" }');
    await settled(plan, []);
    assert.equal(await readText(plan), original, "nothing was saved");
  });

  it("text that is no JSON is told once, by VS Code itself", async () => {
    await type('{ "root": "images" "boot": "u-boot.bin" }');
    // What it said of a text before may go only now.
    await holds(() => {
      const all = vscode.languages.getDiagnostics(plan);
      assert.deepEqual(
        all.map(({ source }) => source),
        ["jsonc"],
      );
    });
  });

  it("a quick fix writes what was meant", async () => {
    const document = await type('{ "root": "images", "bot": "u-boot.bin", "boot": "Image", "bot": "x" }');
    await settled(plan, [
      '1:21-1:26 error Unknown key "bot"; did you mean "boot"?',
      '1:59-1:64 error "bot" stands twice, first in line 1; remove one',
    ]);
    assert.ok((await fixes(document, '"bot": "u')).has('Write "boot"'));
    const removal = (await fixes(document, '"bot": "x')).get("Remove it");
    assert.ok(await vscode.workspace.applyEdit(removal!.edit!));
    assert.equal(document.getText(), '{ "root": "images", "bot": "u-boot.bin", "boot": "Image" }');
  });

  it("a file in another case, or with a letter too many, is mended by the name that is there", async () => {
    const document = await type('{ "root": "images", "boot": "U-Boot.bin" }');
    await settled(plan, [
      '1:29-1:41 warning "U-Boot.bin" is not there yet; it will be served as soon as it is built',
    ]);
    const fix = (await fixes(document, '"U-Boot.bin"')).get('Write "u-boot.bin"');
    assert.equal(fix?.isPreferred, true);
    assert.ok(await vscode.workspace.applyEdit(fix.edit!));
    assert.equal(document.getText(), '{ "root": "images", "boot": "u-boot.bin" }');
  });

  it("a file that is not there yet is a warning until it is built, and again once it was cleaned away", async () => {
    const built = file("images/built/later.bin");
    const warning = [
      '1:29-1:46 warning "built/later.bin" is not there yet; it will be served as soon as it is built',
    ];
    await type('{ "root": "images", "boot": "built/later.bin" }');
    await settled(plan, warning);
    await vscode.workspace.fs.writeFile(built, Buffer.from("x"));
    await settled(plan, []);
    await vscode.workspace.fs.delete(file("images/built"), { recursive: true });
    await settled(plan, warning);
  });

  it("the local plan is judged with the other one, each problem in its own file; deleted, it says nothing", async () => {
    await type('{ "root": "images", "answer": "listed" }');
    await settled(plan, [
      '1:31-1:39 error "answer" is "listed" and "clients" lists nobody; list a client, or answer "boards"',
    ]);
    await vscode.workspace.fs.writeFile(
      local,
      Buffer.from('{ "clients": [{ "mac": "5254.0000.0001" }], "x": 1 }'),
    );
    await settled(plan, []);
    await settled(local, [/^1:45-1:48 error Unknown key "x"/]);
    await vscode.workspace.fs.delete(local);
    await settled(local, []);
    assert.equal(problemsOf(plan).length, 1);
  });

  it("package.json wakes the extension where there is a plan, and nowhere else", () => {
    const { activationEvents } = extension().packageJSON as { activationEvents: string[] };
    assert.deepEqual(
      activationEvents.filter((event) => !event.startsWith("on")),
      ["workspaceContains:.vscode/boot-plan.json", "workspaceContains:.vscode/boot-plan.local.json"],
    );
  });
});
