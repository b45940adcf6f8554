import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { resolve } from "node:path";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { sha256, unlikeBytes } from "../../support/files";
import { doUntil } from "../../support/patience";
import { runToEnd } from "../../support/processes";
import { activated, file, report, start, stop } from "../editor";

const boards = 64;
const image = unlikeBytes(4 * 2 ** 20);

describe("64 boards that load at once", function () {
  this.timeout(120_000);
  let api: BootServersApi;

  before(async () => {
    api = await activated();
    await vscode.workspace.fs.writeFile(file("images/crowd.img"), image);
  });

  after(async () => {
    await stop(api);
    await vscode.workspace.fs.delete(file("images/crowd.img"));
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("have their file, with five draws of the view a second at most; how late the editor's loop is, is told", async () => {
    const { transfers } = api.views;
    await doUntil(
      "show the transfers",
      async () => vscode.commands.executeCommand("bootServers.transfers.focus"),
      () => Promise.resolve(transfers.view.visible),
    );
    const { tftp } = await start(api);
    let draws = 0;
    const drawn = transfers.onDidChangeTreeData(() => (draws += 1));
    const resolution = 5;
    const lag = monitorEventLoopDelay({ resolution });
    const began = performance.now();
    lag.enable();
    const program = resolve(__dirname, "../../support/crowdProgram.ts");
    const command = [process.execPath, "--import", "tsx", program, `${tftp}`, "crowd.img", `${boards}`];
    const { code, stdout, stderr } = await runToEnd(command, {
      cwd: resolve(__dirname, "../../.."),
      timeoutMs: 100_000,
    });
    lag.disable();
    const seconds = (performance.now() - began) / 1000;
    drawn.dispose();
    const ms = (nanoseconds: number): string => (nanoseconds / 1e6 - resolution).toFixed(1);
    report(
      `64 boards for ${seconds.toFixed(1)} s: the loop was late by ${ms(lag.percentile(50))} ms (median), ${ms(lag.percentile(99))} ms (99 %), ${ms(lag.max)} ms (at most); ${draws} draws`,
    );
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.deepEqual(stdout.trim().split("\n"), Array<string>(boards).fill(sha256(image)));
    assert.ok(draws > 0 && draws <= 5 * seconds + 1, `${draws} draws in ${seconds.toFixed(1)} s`);
  });
});
