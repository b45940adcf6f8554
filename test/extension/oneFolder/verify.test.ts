import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import type { ReportRow } from "../../../src/model/events";
import { withinASecondMs } from "../../support/pace";
import { activated, file, start, stop } from "../editor";
import { itemIn, listen, placeOf, textOf, treeOf } from "../testRuns";

describe("the Test Explorer", function () {
  this.timeout(60_000);
  let api: BootServersApi;
  let told: ReturnType<typeof listen>;
  const none = new vscode.CancellationTokenSource().token;

  const folder = (): string => vscode.workspace.workspaceFolders![0]!.uri.fsPath;
  /** A board's or a step's test by its id. */
  const item = (id: string): vscode.TestItem => itemIn(api.drops.controller.items, id);

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
    const lines = api.drops.outcomes.ofFile(folder(), "images/copy-files4.rc");
    assert.deepEqual([...lines.keys()], [1, 4, 5, 6, 7, 8, 9]);
    assert.equal(lines.get(4)?.[0]?.step.state, "passed");
  });

  it("a failure says what was expected and what came, and what to do, at the manifest's line; a re-run runs what it needs", async () => {
    const changed = file("images/etsw.b3");
    const original = await vscode.workspace.fs.readFile(changed);
    const other = Uint8Array.from(original);
    other[1000]! ^= 1;
    await vscode.workspace.fs.writeFile(changed, other);
    const tests = await api.drops.tests();
    const failing = "any board/manifest/ftp/etsw.b3";
    try {
      await tests.runFresh(new vscode.TestRunRequest([item("any board")]), none);
      const run = await told.ended(0);
      const failed = [...run.states].filter(([, state]) => state === "failed").map(([id]) => id);
      // In the rounds before, nobody had read the manifest: the file is the workspace's.
      assert.deepEqual(failed, [failing]);
      const [message] = run.messages.get(failing)!;
      assert.match(
        textOf(message!.message),
        /expects another hash\. Write the checksums again if the file is right/,
      );
      assert.match(message!.expectedOutput!, /sha256 208f0e0f/);
      assert.match(message!.actualOutput!, /^310554 bytes\nsha256 /);
      assert.equal(placeOf(message!.location!), "images/copy-files4.rc:4");
      assert.match(run.output, /✗ FTP etsw\.b3/);
    } finally {
      await vscode.workspace.fs.writeFile(changed, original);
    }
    await tests.runFresh(new vscode.TestRunRequest([item(failing)]), none);
    const again = await told.ended(1);
    assert.deepEqual(
      [...again.states],
      [
        [failing, "passed"],
        ["any board/round 1/bootp/round 1", "passed"],
        ["any board/round 1/tftp/u-boot.bin", "passed"],
        ["any board/round 2/bootp/round 2", "passed"],
        ["any board/round 2/tftp/copy-files4.rc", "passed"],
        ["any board/manifest/copy-files4.rc", "passed"],
      ],
    );
  });

  it("what is excluded does not run", async () => {
    const tests = await api.drops.tests();
    const request = new vscode.TestRunRequest([item("bench-1")], [item("bench-1/tftp/Image")]);
    await tests.runFresh(request, none);
    const { states } = await told.ended(0);
    assert.deepEqual(
      [...states.keys()],
      [
        "bench-1/round 1/bootp/round 1",
        "bench-1/round 1/tftp/bench1.bin",
        "bench-1/round 1/ftp/etsw.b3",
        "bench-1/round 2/bootp/round 2",
        "bench-1/tftp/board.dtb",
      ],
    );
  });

  it("cancel ends the run within a second, and what did not run is skipped", async () => {
    const source = new vscode.CancellationTokenSource();
    const running = (await api.drops.tests()).runFresh(new vscode.TestRunRequest(), source.token);
    const silence = "any board/round 3/bootp/silence";
    await told.when(() => told.runs[0]?.states.get(silence) === "started");
    const at = performance.now();
    source.cancel();
    await running;
    const took = performance.now() - at;
    assert.ok(took < withinASecondMs, `${took} ms`);
    const { states } = await told.ended(0);
    assert.equal(states.get(silence), "skipped");
    assert.equal(states.get("bench-1/round 1/bootp/round 1"), "skipped");
    assert.equal(states.get("any board/round 1/tftp/u-boot.bin"), "passed");
  });

  it("a plan that cannot be used is an error at the folder, which says where", async () => {
    const plan = file(".vscode/boot-plan.json");
    const original = await vscode.workspace.fs.readFile(plan);
    await vscode.workspace.fs.writeFile(plan, Buffer.from('{\n  "boot": 7\n}\n'));
    try {
      await (await api.drops.tests()).runFresh(new vscode.TestRunRequest(), none);
      const { states } = await told.ended(0);
      const [root] = [...api.drops.controller.items].map(([, each]) => each);
      assert.deepEqual([...states], [[root!.id, "errored"]]);
      assert.match(textOf(root!.error), /^\.vscode\/boot-plan\.json, line 2: "boot" must be/);
    } finally {
      await vscode.workspace.fs.writeFile(plan, original);
    }
    await (await api.drops.tests()).refresh();
    assert.equal(item("any board").label, "any board");
  });

  it("is offered the servers that run while they run, and passes on them again and again", async () => {
    const { profiles } = await api.drops.tests();
    const label = "The running servers";
    assert.equal(profiles.now().has(label), false);
    await start(api);
    try {
      for (const index of [0, 1]) {
        const request = new vscode.TestRunRequest([item("bench-1")]);
        await profiles.now().get(label)!.runHandler(request, none);
        const run = await told.ended(index);
        assert.deepEqual([run.name, new Set(run.states.values())], [label, new Set(["passed"])]);
      }
    } finally {
      await stop(api);
    }
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    assert.equal(profiles.now().has(label), false);
  });

  it("continuously: a file that is built again is verified again, once for all of a build's changes", async () => {
    const source = new vscode.CancellationTokenSource();
    const step = "any board/tftp/board.dtb";
    const changed = file("images/board.dtb");
    const original = await vscode.workspace.fs.readFile(changed);
    const request = new vscode.TestRunRequest([item(step)], undefined, undefined, true);
    await (await api.drops.tests()).runFresh(request, source.token);
    const verdict = async (run: number): Promise<string | undefined> =>
      (await told.ended(run)).states.get(step);
    try {
      // SHA256SUMS still says what it was.
      // At once, as a build does: the time between two calls of VS Code is anybody's guess.
      for (let byte = 0; byte < 20; byte += 1) writeFileSync(changed.fsPath, Uint8Array.of(byte));
      assert.equal(await verdict(0), "failed");
      await vscode.workspace.fs.writeFile(changed, original);
      // A slow machine may tell of them in two or three parts.
      let last = 1;
      while ((await verdict(last)) === "failed") last += 1;
      assert.equal(await verdict(last), "passed");
    } finally {
      source.cancel();
      await vscode.workspace.fs.writeFile(changed, original);
    }
    assert.ok(told.runs.length < 10, `${told.runs.length} runs for 21 changes`);
  });

  it("Verify Firmware Drop shows a report that can be kept", async () => {
    const report = await vscode.commands.executeCommand<ReportRow>("bootServers.verify");
    assert.equal(report.ok, true, report.verdict);
    const { document } = vscode.window.activeTextEditor!;
    assert.deepEqual([document.languageId, document.isUntitled], ["markdown", true]);
    const text = document.getText();
    assert.match(text, /^# Verification of firmware-drop\n\n✓ \*\*Verified: /);
    assert.match(
      text,
      /\| Image \| TFTP \| ✓ passed \| 655873 \| `[0-9a-f]{64}` \| 127\.0\.0\.1:\d+ \| blksize \d+/,
    );
    assert.match(text, /## What this does not show\n\n- The servers were started for this folder/);
    assert.equal((await told.ended(0)).states.size, 22);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("Verify Firmware Drop on Target asks that host, remembers it, and offers it from then on", async () => {
    const { bootp, tftp, ftp } = await start(api);
    const target = `127.0.0.1 bootp=${bootp} tftp=${tftp} ftp=${ftp}`;
    const setting = (): unknown => vscode.workspace.getConfiguration("bootServers").get("verify.targets");
    try {
      const report = await vscode.commands.executeCommand<ReportRow>(
        "bootServers.verifyOnTarget",
        file("."),
        target,
      );
      assert.equal(report.ok, true, report.verdict);
      assert.deepEqual(setting(), [target]);
      const { profiles } = await api.drops.tests();
      assert.equal(profiles.now().has(target), true);
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    } finally {
      await stop(api);
      await vscode.workspace
        .getConfiguration("bootServers", file("."))
        .update("verify.targets", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
    }
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  it("verifies what was saved in the editor where the user wants it, and not otherwise", async () => {
    const configuration = vscode.workspace.getConfiguration("bootServers", file("."));
    const manifest = file("images/copy-files4.rc");
    const original = await vscode.workspace.fs.readFile(manifest);
    const saveWith = async (text: string): Promise<void> => {
      const document = await vscode.workspace.openTextDocument(manifest);
      const edit = new vscode.WorkspaceEdit();
      edit.insert(manifest, new vscode.Position(0, 0), text);
      assert.ok(await vscode.workspace.applyEdit(edit));
      assert.ok(await document.save());
    };
    await saveWith("# one\n");
    assert.equal(told.runs.length, 0);
    await configuration.update("verify.onSave", true, vscode.ConfigurationTarget.WorkspaceFolder);
    try {
      await saveWith("# two\n");
      const { states } = await told.ended(0);
      assert.equal(states.get("any board/manifest/copy-files4.rc"), "passed");
    } finally {
      await configuration.update("verify.onSave", undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      await vscode.workspace.fs.writeFile(manifest, original);
    }
  });
});
