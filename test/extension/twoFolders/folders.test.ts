import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { unlikeBytes } from "../../support/files";
import { askBootp, tftpRead } from "../../support/loopbackBoard";
import { comesTrue } from "../../support/patience";
import { blockSize, slowReader } from "../../support/slowPeers";
import { activated, readText, running, settled, start, stop, until } from "../editor";
import { listen, textOf, treeOf } from "../testRuns";

const mac = "02:00:00:00:00:01";
const folder = (name: string): vscode.WorkspaceFolder =>
  vscode.workspace.workspaceFolders!.find((each) => each.name === name)!;

/** What a board gets: the name that BOOTP tells, and the text of that file. */
async function booted(api: BootServersApi, name: string): Promise<string> {
  const ports = await start(api, folder(name).uri);
  const answer = await askBootp(ports.bootp, mac);
  assert.ok(answer, "BOOTP was silent");
  return `${answer.file}: ${Buffer.from(await tftpRead(ports.tftp, answer.file)).toString()}`;
}

describe("with two folders", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });

  afterEach(() => stop(api));

  for (const name of ["bench", "field"]) {
    it(`the folder ${name} is served with its own plan, and the store says which one it is`, async () => {
      assert.equal(await booted(api, name), `${name}.bin: the loader of ${name}`);
      assert.deepEqual(api.store.folder, { name, path: folder(name).uri.fsPath });
    });
  }

  it("a file that is served as boot file changes the plan of its own folder", async () => {
    const [bench, field] = ["bench", "field"].map((name) => ({
      file: vscode.Uri.joinPath(folder(name).uri, `${name}.bin`),
      plan: vscode.Uri.joinPath(folder(name).uri, ".vscode", "boot-plan.json"),
    }));
    const [before, other] = [await readText(field!.plan), await readText(bench!.plan)];
    const copy = vscode.Uri.joinPath(folder("field").uri, "next.bin");
    await vscode.workspace.fs.copy(field!.file, copy);
    assert.equal(await vscode.commands.executeCommand("bootServers.serveAsBootFile", copy), true);
    assert.deepEqual(
      [await readText(field!.plan), await readText(bench!.plan)],
      [before.replace("field.bin", "next.bin"), other],
    );
    await vscode.workspace.fs.writeFile(field!.plan, Buffer.from(before));
    await vscode.workspace.fs.delete(copy);
  });

  it("each folder's plan is judged by itself", async () => {
    const plan = vscode.Uri.joinPath(folder("field").uri, ".vscode", "boot-plan.json");
    const before = await readText(plan);
    await vscode.workspace.fs.writeFile(plan, Buffer.from('{ "boot": "bench.bin" }'));
    await settled(plan, [
      '1:11-1:22 warning "bench.bin" is not there yet; it will be served as soon as it is built',
    ]);
    await vscode.workspace.fs.writeFile(plan, Buffer.from(before));
    await settled(plan, []);
  });

  it("starting the other one while one is served moves the servers to it", async () => {
    await booted(api, "bench");
    assert.equal(await booted(api, "field"), "field.bin: the loader of field");
    const ports = await start(api, folder("field").uri);
    await assert.rejects(tftpRead(ports.tftp, "bench.bin"));
  });

  describe("and the plan of one is broken", () => {
    const plan = vscode.Uri.joinPath(folder("field").uri, ".vscode", "boot-plan.json");
    let before: Uint8Array;

    beforeEach(async () => {
      before = await vscode.workspace.fs.readFile(plan);
      await vscode.workspace.fs.writeFile(plan, Buffer.from('{ "boot": 1 }'));
    });

    afterEach(() => vscode.workspace.fs.writeFile(plan, before));

    it("starting that one leaves the other one served, and the store goes on saying so", async () => {
      await booted(api, "bench");
      const ports = await running(api);
      assert.equal(await vscode.commands.executeCommand("bootServers.start", folder("field").uri), false);
      assert.deepEqual(api.store.folder, { name: "bench", path: folder("bench").uri.fsPath });
      assert.equal(Buffer.from(await tftpRead(ports.tftp, "bench.bin")).toString(), "the loader of bench");
    });

    it("its plan is the one that is opened for who asks for it, not that of the folder that is served", async () => {
      await booted(api, "bench");
      await vscode.commands.executeCommand("bootServers.openBootPlan", folder("field").uri);
      assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), plan.toString());
      await vscode.commands.executeCommand("bootServers.openBootPlan");
      assert.match(vscode.window.activeTextEditor.document.uri.path, /\/bench\//);
    });
  });

  it("each has its drops in the Test Explorer, and is verified alone, also while the other is served", async () => {
    const tests = await api.drops.tests();
    await tests.refresh();
    assert.deepEqual(treeOf(api.drops.controller.items), [
      ...["bench", "field"].flatMap((name) => [
        name,
        `  any board  ${name}/.vscode/boot-plan.json:1`,
        `    BOOTP round 1  ${name}/.vscode/boot-plan.json:1`,
        `    TFTP ${name}.bin  round 1  ${name}/.vscode/boot-plan.json:1`,
        `    BOOTP round 2  ${name}/.vscode/boot-plan.json:1`,
      ]),
    ]);
    await start(api, folder("bench").uri);
    const field = api.drops.controller.items.get(folder("field").uri.toString())!;
    const told = listen(api);
    const { token } = new vscode.CancellationTokenSource();
    await tests.runFresh(new vscode.TestRunRequest([field]), token);
    const running = tests.profiles.now().get("The running servers")!;
    await running.runHandler(new vscode.TestRunRequest([field]), token);
    const [own, served] = [await told.ended(0), await told.ended(1)];
    told.stop();
    assert.deepEqual(
      [...own.states],
      [
        ["any board/round 1/bootp/round 1", "passed"],
        ["any board/round 1/tftp/field.bin", "passed"],
        ["any board/round 2/bootp/round 2", "passed"],
      ],
    );
    assert.equal(served.states.get(field.id), "errored");
    assert.match(
      textOf(served.messages.get(field.id)![0]!.message),
      /^The servers serve another folder, bench\./,
    );
  });

  it("the one that is served is taken out of the workspace: the board that loads has its file, and then nothing is served (X21)", async () => {
    const { uri, name, index } = folder("field");
    const count = (): number => vscode.workspace.workspaceFolders!.length;
    const image = unlikeBytes(3 * blockSize);
    const large = vscode.Uri.joinPath(uri, "large.bin");
    await vscode.workspace.fs.writeFile(large, image);
    const { tftp } = await start(api, uri);
    const board = await slowReader(tftp, "large.bin");
    try {
      // A board that has answered is waited for.
      assert.ok(await board.step());
      await until(api, () => api.store.hasRunning());
      assert.ok(vscode.workspace.updateWorkspaceFolders(index, 1));
      await until(api, ({ servers }) => [...servers.values()].every(({ state }) => state === "stopped"));
      assert.notEqual(api.childPid(), undefined);
      await board.finish();
      assert.deepEqual(Buffer.from(board.bytes), Buffer.from(image));
      await until(api, () => api.childPid() === undefined);
      assert.equal(count(), 1);
    } finally {
      await board.close();
      await vscode.workspace.fs.delete(large);
      vscode.workspace.updateWorkspaceFolders(index, 0, { uri, name });
    }
    assert.ok(await comesTrue(() => count() === 2));
  });
});
