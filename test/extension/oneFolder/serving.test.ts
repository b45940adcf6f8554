import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { ftpRead, sha256, tftpRead } from "../../support/loopbackBoard";
import { activated, ended, lines, report, running, start, stop, until } from "../editor";

const folder = (): string => vscode.workspace.workspaceFolders![0]!.uri.fsPath;
const image = (name: string): Promise<Uint8Array> => readFile(join(folder(), "images", name));

describe("the servers of one folder", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("start by one command, all three on loopback, with nothing to configure", async () => {
    const asked = performance.now();
    const since = (): number => Math.round(performance.now() - asked);
    const told = until(api, () => api.store.isServing()).then(since);
    await start(api);
    report(`first row ${await told} ms, all three running ${since()} ms after the command`);
    assert.deepEqual(lines(api.views.servers.shown()), [
      "BOOTP  127.0.0.1:PORT, nothing received yet",
      "TFTP  127.0.0.1:PORT, nothing received yet",
      "FTP  127.0.0.1:PORT, nothing received yet",
    ]);
    assert.equal(
      lines(api.views.clients.shown())[0],
      "bench-1  not seen yet: always bench1.bin, because it is bench-1",
    );
    assert.equal(api.store.folder?.path, folder());
  });

  it("hand a file to a board over TFTP and FTP, and each transfer is a row with its hash", async () => {
    const ports = await start(api);
    const bytes = await image("Image");
    for (const protocol of ["tftp", "ftp"] as const) {
      const read = protocol === "tftp" ? tftpRead : ftpRead;
      assert.equal(sha256(await read(ports[protocol], "Image")), sha256(bytes));
      const row = await ended(api, protocol, "Image");
      const { state, direction, size, sha256: hash } = row;
      assert.deepEqual(
        { state, direction, size, bytes: row.bytes, hash },
        {
          state: "finished",
          direction: "read",
          size: bytes.length,
          bytes: bytes.length,
          hash: sha256(bytes),
        },
      );
    }
    assert.deepEqual(lines(api.views.transfers.shown()), [
      "Image  → 127.0.0.1 · 640.5 KiB in TIME · RATE",
      "Image  → 127.0.0.1 · 640.5 KiB in TIME · RATE",
    ]);
  });

  it("stop by one command, and nobody listens any more", async () => {
    const { ftp } = await start(api);
    await vscode.commands.executeCommand("bootServers.stop");
    await until(api, () => !api.store.isServing() && api.childPid() === undefined);
    await assert.rejects(ftpRead(ftp, "Image"));
  });

  it("stay stopped when a setting changes before their process has stopped them", async () => {
    const limit = (value?: number): Thenable<void> =>
      vscode.workspace
        .getConfiguration("bootServers")
        .update("limits.sightings", value, vscode.ConfigurationTarget.Global);
    await start(api);
    const pid = api.childPid();
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGSTOP");
    const stopping = vscode.commands.executeCommand("bootServers.stop", "now");
    try {
      await limit(100);
      // What follows a change asks the editor for the password first.
      for (let turn = 0; turn < 10; turn += 1) await vscode.env.clipboard.readText();
      process.kill(pid, "SIGCONT");
      await stopping;
      await until(api, () => api.childPid() === undefined);
    } finally {
      await limit();
    }
  });

  it("come back by themselves when their process was killed", async () => {
    await start(api);
    const killed = api.childPid();
    assert.ok(killed !== undefined);
    process.kill(killed, "SIGKILL");
    const next = await until(api, () => {
      const pid = api.childPid();
      return pid !== killed && pid;
    });
    assert.notEqual(next, killed);
    const { tftp } = await running(api);
    assert.equal(sha256(await tftpRead(tftp, "board.dtb")), sha256(await image("board.dtb")));
  });
});
