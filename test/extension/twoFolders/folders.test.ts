import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { askBootp, tftpRead } from "../../support/loopbackBoard";
import { activated, start, stop } from "../editor";

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

  it("starting the other one while one is served moves the servers to it", async () => {
    await booted(api, "bench");
    assert.equal(await booted(api, "field"), "field.bin: the loader of field");
    const ports = await start(api, folder("field").uri);
    await assert.rejects(tftpRead(ports.tftp, "bench.bin"));
  });
});
