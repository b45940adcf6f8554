import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ReportRow, StepRow } from "../../src/model/events";
import { lyingFtp, lyingTftp, nobodysPort, type Liar } from "../support/liars";
import { Running, runToEnd, type Finished } from "../support/processes";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { withinASecondMs } from "../support/pace";

const program = [process.execPath, "--import", "tsx", resolve("src/cli/main.ts")];

const cli = (...args: string[]): Promise<Finished> => runToEnd([...program, ...args], { timeoutMs: 60_000 });
const start = (...args: string[]): Running => new Running([...program, ...args]);

const rows = (stdout: string): (StepRow | ReportRow)[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as StepRow | ReportRow);

const ports = (ftp: number, tftp = 1): string[] => ["--ftp-port", String(ftp), "--tftp-port", String(tftp)];

describe("verify and fetch on the command line (DESIGN §3)", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  const open: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder();
    open.push(() => folder.remove());
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  const opened = <L extends Liar>(liar: L): L => {
    open.push(() => liar.close());
    return liar;
  };

  it("prints each step and a verdict in one line, without colour where it is no terminal, and exits 0", async () => {
    await folder.write("a.bin", "hello");
    const { code, stdout, stderr } = await cli("verify", folder.path);
    assert.equal(stderr, "");
    assert.match(stdout, /✓ tftp {6}a\.bin .* 5 B .* 2cf24dba5fb0a30e$/m);
    assert.match(stdout, /✓ ftp {7}a\.bin .* 5 B .* 2cf24dba5fb0a30e$/m);
    assert.match(stdout, /\n✓ Verified: 1 file in 2 transfers, 10 B, every byte compared, .*\.\n$/);
    assert.doesNotMatch(stdout, /\u001b/);
    assert.equal(code, 0);
  });

  it("says of a folder that cannot be written why not, and what to do", async () => {
    await folder.write("a.bin", "hello");
    const { code, stderr } = await cli("fetch", "127.0.0.1", "--into", folder.at("a.bin/x"));
    assert.match(
      stderr,
      /^boot-servers: "x" of --into cannot be written: a part of its path is a file, not a folder\. Name a folder /,
    );
    assert.equal(code, 2);
  });

  it("prints step rows and last the report with --json", async () => {
    await folder.write("a.bin", "hello");
    const { code, stdout } = await cli("verify", folder.path, "--json");
    const lines = rows(stdout);
    const report = lines.at(-1);
    assert.equal(report?.type, "report");
    assert.equal(report.ok, true);
    assert.ok(lines.slice(0, -1).every(({ type }) => type === "step"));
    const [first] = report.steps.filter(({ kind }) => kind === "tftp");
    assert.equal(first?.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert.equal(code, 0);
  });

  it("exits 1 where a step failed, and the report is printed all the same", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "ftp": ["a.bin"] }`);
    await folder.write("a.bin", "hello");
    const liar = opened(await lyingFtp({ "a.bin": Buffer.from("hello!") }));
    const args = ["verify", folder.path, "--target", "127.0.0.1", "--bootp", "skip", ...ports(liar.port)];
    const { code, stdout } = await cli(...args);
    assert.equal(code, 1);
    assert.match(stdout, /✗ ftp {7}a\.bin/);
    assert.match(stdout, /^ {6}expected {2}5 bytes, sha256 2cf24dba/m);
    assert.match(stdout, /^ {6}got {7}6 bytes, sha256 ce06092f/m);
    assert.match(
      stdout,
      /^ {6}\.vscode\/boot-plan\.json:1:11 it goes on after the 5 bytes of the workspace's file$/m,
    );
    assert.match(stdout, /\n✗ Not verified: 1 of 1 step failed\. .*\n$/);
  });

  it("exits 2 for wrong use, a bad plan, an unknown client and a folder that is not there", async () => {
    await folder.write(".vscode/boot-plan.json", `{\n  "boot": 7\n}`);
    const bad = await cli("verify", folder.path);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /\.vscode\/boot-plan\.json:2:\d+ /);
    assert.equal(bad.stdout, "");
    const results = await Promise.all([
      cli("verify", "--bogus"),
      cli("verify", folder.at("nowhere")),
      cli("verify", resolve("samples/firmware-drop"), "--client", "nobody"),
      cli("fetch", "127.0.0.1"),
      cli("doctor", "--uploads", "keep"),
    ]);
    for (const { code, stderr } of results) {
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^boot-servers: /);
    }
    assert.match(results[1].stderr, /the workspace folder "nowhere" does not exist\. Check its name/);
  });

  it("exits 3 where the target gave nothing, with the report", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "ftp": ["a.bin", "b.bin"] }`);
    await folder.write("a.bin", "a");
    await folder.write("b.bin", "b");
    const nobody = await nobodysPort();
    const args = ["verify", folder.path, "--target", "127.0.0.1", "--bootp", "skip", ...ports(nobody)];
    const { code, stdout } = await cli(...args);
    assert.equal(code, 3);
    assert.match(stdout, /✗ ftp {7}b\.bin.*\n {6}\.vscode\/boot-plan\.json:1:20 not asked: /);
    assert.match(stdout, /gave nothing/);
  });

  for (const command of ["verify", "fetch"] as const) {
    it(`${command} is ended by Ctrl+C within a second: 130, and nothing half-written`, async () => {
      await folder.write("plan.json", `{ "boot": "first.bin", "ftp": ["mute.bin"] }`);
      await folder.write("first.bin", "first");
      await folder.write("mute.bin", "mute");
      const ftp = opened(await lyingFtp({ "mute.bin": null }));
      const tftp = opened(await lyingTftp({ "first.bin": Buffer.from("first") }));
      const what =
        command === "verify"
          ? [folder.path, "--target", "127.0.0.1"]
          : ["127.0.0.1", "--into", folder.at("out")];
      const flags = [
        "--plan",
        folder.at("plan.json"),
        "--bootp",
        "skip",
        ...ports(ftp.port, tftp.port),
        "--json",
      ];
      const running = start(command, ...what, ...flags);
      await running.waitFor(
        "a step that hangs",
        (output) => /"name":"mute.bin","state":"running"/.test(output) || undefined,
      );
      const at = performance.now();
      running.signal("SIGINT");
      const { code, stdout } = await running.endedWithin(withinASecondMs);
      const took = performance.now() - at;
      assert.equal(code, 130);
      assert.ok(took < withinASecondMs, `${took} ms`);
      const report = rows(stdout).at(-1);
      assert.equal(report?.type, "report");
      assert.match(report.verdict, /^Cancelled/);
      if (command === "fetch") {
        assert.deepEqual(await readdir(folder.at("out")), ["first.bin"]);
        assert.equal(await readFile(folder.at("out/first.bin"), "utf8"), "first");
      }
    });
  }

  it("stops its own servers on Ctrl+C", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": ["a.bin"] }`);
    await folder.write("a.bin", "a");
    const running = start("verify", folder.path, "--json");
    // The silence after the sequence is six seconds long.
    await running.waitFor(
      "the silence",
      (output) => /"name":"silence","state":"running"/.test(output) || undefined,
    );
    running.signal("SIGINT");
    const { code, stdout } = await running.endedWithin(withinASecondMs);
    assert.equal(code, 130);
    assert.match(stdout, /"name":"silence","state":"skipped"/, "it was not waited for");
  });

  it("leaves no temporary file", async () => {
    await mkdir(folder.at("tmp"));
    await folder.write("a.bin", "a");
    const command = [...program, "verify", folder.path];
    const { code, stdout } = await runToEnd(command, { env: { TMPDIR: folder.at("tmp") } });
    assert.equal(code, 0, stdout);
    // What runs TypeScript from its source keeps a cache there; the program itself keeps nothing.
    const left = (await readdir(folder.at("tmp"))).filter((name) => !name.startsWith("tsx"));
    assert.deepEqual(left, []);
  });
});
