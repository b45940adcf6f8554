import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { sha256, tftpRead } from "../../support/loopbackBoard";
import { comesTrue } from "../../support/patience";
import { activated, ended, file, fixes, readText, settled, start, stop, write } from "../editor";

const manifest = file("images/copy-files4.rc");
const plan = file(".vscode/boot-plan.json");

const hashOf = async (path: string): Promise<string> =>
  sha256(await vscode.workspace.fs.readFile(file(path)));

/** The manifest's editor, once it is read as one. */
async function open(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  assert.ok(await comesTrue(() => document.languageId === "bootmanifest"));
  return document;
}

describe("a manifest in the editor", () => {
  let api: BootServersApi;
  let document: vscode.TextDocument;
  let original: string;

  before(async () => {
    api = await activated();
    document = await open(manifest);
    original = document.getText();
  });

  afterEach(async () => {
    await write(document, original);
    await document.save();
    await settled(manifest, []);
  });

  it("is one by its name, or because the plan says so; both have the language", async () => {
    const other = file("images/other.bootmanifest");
    await vscode.workspace.fs.writeFile(other, Buffer.from("f: etsw.b3\nno colon\n"));
    await open(other);
    await settled(other, [/^2:1-2:9 error There is no colon in this line/]);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await vscode.workspace.fs.delete(other);
  });

  it("says at its place what a file is not, and each is mended by a quick fix", async () => {
    const [image, hash] = [await hashOf("images/Image"), await hashOf("images/etsw.b3")];
    await write(
      document,
      `a: Etsw.b3\nb: nothing/here : size=3\nc: ../x\nImage\nd: etsw.b3 : size=1 : sha256=${image}\ne: etsw.b3\n`,
    );
    await settled(manifest, [
      '1:4-1:11 error "Etsw.b3" is "etsw.b3" in the served root; write it in the same case',
      '2:4-2:16 warning "nothing/here" is not there yet; it will be served as soon as it is built',
      /^3:4-3:8 error ".*": the name leaves a folder/,
      /^4:1-4:6 error There is no colon/,
      /^5:14-5:20 error "etsw.b3" has \d+ bytes, not 1$/,
      `5:23-5:94 error The SHA-256 of "etsw.b3" is ${hash}`,
      '6:4-6:11 warning "etsw.b3" stands in line 5 already',
    ]);
    for (const [at, title] of [
      ["sha256=", "Write the file's SHA-256"],
      ["Etsw.b3", 'Write "etsw.b3"'],
      ["Image\n", 'Write "Image: Image"'],
    ] as const) {
      const fix = (await fixes(document, at)).get(title);
      assert.ok(fix, title);
      assert.ok(await vscode.workspace.applyEdit(fix.edit!));
    }
    assert.equal(document.lineAt(0).text, "a: etsw.b3");
    assert.equal(document.lineAt(3).text, "Image: Image");
    assert.equal(document.lineAt(4).text, `d: etsw.b3 : size=1 : sha256=${hash}`);
  });

  it("follows its files: one that is built anew has another hash", async () => {
    const built = file("images/built.bin");
    await vscode.workspace.fs.writeFile(built, Buffer.from("one"));
    await write(document, `a: built.bin : sha256=${await hashOf("images/built.bin")}\n`);
    await settled(manifest, []);
    await vscode.workspace.fs.writeFile(built, Buffer.from("other"));
    await settled(manifest, [/^1:16-1:87 error The SHA-256 of "built.bin" is/]);
    await vscode.workspace.fs.delete(built);
    await settled(manifest, [/^1:4-1:13 warning "built.bin" is not there yet/]);
  });

  it("proposes the names in the served root, and nothing that is not served (DESIGN §6)", async () => {
    const hidden = ["images/.env", "images/board.pem", "images/.git/config"].map(file);
    for (const uri of hidden) await vscode.workspace.fs.writeFile(uri, Buffer.from("x"));
    await write(document, "label: \n");
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      manifest,
      new vscode.Position(0, 7),
    );
    const files = list.items.filter(({ kind }) => kind === vscode.CompletionItemKind.File);
    assert.deepEqual(files.map(({ label }) => label).sort(), [
      "Image",
      "SHA256SUMS",
      "bench1.bin",
      "board.dtb",
      "config/first-boot.flag",
      "config/switch.cfg",
      "copy-files4.rc",
      "etsw.b3",
      "fpga/line-card.bit",
      "u-boot.bin",
    ]);
    await vscode.workspace.fs.delete(file("images/.git"), { recursive: true });
    for (const uri of hidden.slice(0, 2)) await vscode.workspace.fs.delete(uri);
  });

  it("links each name to its file", async () => {
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      "vscode.executeLinkProvider",
      manifest,
    );
    const paths = links.map(({ target }) => target && vscode.workspace.asRelativePath(target, false));
    assert.equal(paths[0], "images/etsw.b3");
    assert.ok(paths.includes("images/config/switch.cfg"));
  });

  it("tells where the pointer rests how large a file is, its hash, and who fetched it last", async () => {
    const hover = async (): Promise<string> => {
      const position = document.positionAt(document.getText().indexOf("etsw.b3"));
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        "vscode.executeHoverProvider",
        manifest,
        position,
      );
      return hovers
        .flatMap(({ contents }) => contents)
        .map((content) => (content as vscode.MarkdownString).value)
        .join("\n");
    };
    const before = await hover();
    assert.ok(before.includes(await hashOf("images/etsw.b3")), before);
    assert.match(before, /310554/);
    const { tftp } = await start(api);
    await tftpRead(tftp, "etsw.b3");
    await ended(api, "tftp", "etsw.b3");
    assert.match(await hover(), /fetched[^]*127[^]*TFTP/);
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("offers on its first line what can be done with it", async () => {
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      manifest,
      100,
    );
    assert.deepEqual(
      lenses.map(({ range, command }) => [range.start.line, command?.title]),
      [
        [0, "Verify"],
        [0, "Copy Boot Commands"],
      ],
    );
  });

  it("tells at each line how it fared when it was last verified", async () => {
    const line = original.slice(0, original.indexOf("firmware:")).split("\n").length;
    const step = { id: "1", kind: "ftp", name: "etsw.b3" } as const;
    const at = { file: "images/copy-files4.rc", line, column: 11 };
    api.drops.outcomes.take(
      vscode.workspace.workspaceFolders![0]!.uri.fsPath,
      { boards: [{ name: "any board", steps: [{ ...step, at }] }], whole: false, problems: [], files: [] },
      {
        type: "report",
        ok: true,
        verdict: "",
        notes: [],
        refused: {},
        steps: [
          {
            type: "step",
            ...step,
            client: "any board",
            state: "passed",
            bytes: 310_554,
            compared: true,
            durationMs: 1,
            warnings: [],
          },
        ],
        startedAt: Date.now(),
        durationMs: 1,
      },
    );
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      manifest,
      100,
    );
    const told = lenses.find(({ range }) => range.start.line === line - 1);
    assert.match(told?.command?.title ?? "", /^\$\(pass\) Verified at \d\d:\d\d, 303\.3 KiB$/);
  });

  it("is given the checksums of its files by one command, and freed of them by another", async () => {
    await write(document, "# c\na: etsw.b3 : note\nb: nothing\n");
    assert.equal(await vscode.commands.executeCommand("bootServers.writeChecksums", manifest), 1);
    assert.equal(
      document.getText(),
      `# c\na: etsw.b3 : note : sha256=${await hashOf("images/etsw.b3")} : size=310554\nb: nothing\n`,
    );
    await vscode.commands.executeCommand("bootServers.removeChecksums", manifest);
    assert.equal(document.getText(), "# c\na: etsw.b3 : note\nb: nothing\n");
  });

  it("follows a file that is renamed, and the plan does; one undo takes all of it back", async () => {
    const [from, to] = [file("images/etsw.b3"), file("images/switch/etsw.b4")];
    const planned = await readText(plan);
    const rename = new vscode.WorkspaceEdit();
    rename.renameFile(from, to);
    assert.ok(await vscode.workspace.applyEdit(rename));
    assert.equal(document.getText(), original.replace("etsw.b3", "switch/etsw.b4"));
    const planDocument = await vscode.workspace.openTextDocument(plan);
    assert.equal(planDocument.getText(), planned.replace('"etsw.b3"', '"switch/etsw.b4"'));
    for (const changed of [document, planDocument]) assert.ok(await changed.save());
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("undo");
    assert.equal(document.getText(), original);
    assert.equal(planDocument.getText(), planned);
    assert.ok((await vscode.workspace.fs.stat(from)).size > 0);
    await planDocument.save();
    assert.equal(await readText(plan), planned);
    await settled(plan, []);
  });
});
