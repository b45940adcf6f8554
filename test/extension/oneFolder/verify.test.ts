import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { activated } from "../editor";
import { listen, treeOf } from "../testRuns";

describe("the Test Explorer", function () {
  this.timeout(60_000);
  let api: BootServersApi;
  let told: ReturnType<typeof listen>;
  const none = new vscode.CancellationTokenSource().token;

  before(async () => {
    api = await activated();
  });
  beforeEach(() => {
    told = listen(api);
  });
  afterEach(() => {
    told.stop();
  });

  it("lists the folder, each drop and each step before anything ran, and nothing is served for it", async () => {
    await (await api.drops.tests()).refresh();
    const plan = ".vscode/boot-plan.json";
    const manifest = "images/copy-files4.rc";
    assert.deepEqual(treeOf(api.drops.controller.items), [
      "firmware-drop",
      `  any board  ${plan}:7`,
      `    BOOTP round 1  ${plan}:7`,
      `    TFTP u-boot.bin  round 1  ${plan}:7`,
      `    FTP etsw.b3  round 1  ${plan}:11`,
      `    BOOTP round 2  ${plan}:7`,
      `    TFTP copy-files4.rc  round 2  ${plan}:7`,
      `    FTP etsw.b3  round 2  ${plan}:11`,
      `    BOOTP silence  ${plan}:7`,
      `    TFTP Image  ${plan}:10`,
      `    TFTP board.dtb  ${plan}:10`,
      `    Manifest copy-files4.rc  ${manifest}:1`,
      `    FTP etsw.b3  line 4  ${manifest}:4`,
      `    FTP fpga/line-card.bit  line 5  ${manifest}:5`,
      `    FTP config/switch.cfg  line 6  ${manifest}:6`,
      `    FTP config/first-boot.flag  line 7  ${manifest}:7`,
      `    FTP Image  line 8  ${manifest}:8`,
      `    FTP board.dtb  line 9  ${manifest}:9`,
      `  bench-1  ${plan}:19`,
      `    BOOTP round 1  ${plan}:19`,
      `    TFTP bench1.bin  round 1  ${plan}:19`,
      `    FTP etsw.b3  round 1  ${plan}:11`,
      `    BOOTP round 2  ${plan}:19`,
      `    TFTP Image  ${plan}:10`,
      `    TFTP board.dtb  ${plan}:10`,
    ]);
    assert.equal(api.store.isServing(), false);
  });

  it("verifies every drop on fresh servers: green, with real durations and the flow's log", async () => {
    await (await api.drops.tests()).runFresh(new vscode.TestRunRequest(), none);
    const run = await told.ended(0);
    assert.deepEqual(new Set(run.states.values()), new Set(["passed"]));
    assert.equal(run.states.size, 22);
    assert.ok(run.durations.some((ms) => ms > 0));
    assert.match(run.output, /✓ TFTP u-boot\.bin {2}192\.1 KiB {2}[0-9a-f]{16} .*from 127\.0\.0\.1:\d+\r\n/);
    assert.match(run.output, /Verified: \d+ files in \d+ transfers.*\r\n$/);
    assert.equal(/[^\r]\n/.test(run.output), false);
    assert.equal(api.childPid(), undefined);
  });
});
