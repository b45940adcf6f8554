import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { elementsIn, isRed } from "../support/junit";
import { withinASecondMs } from "../support/pace";
import { lyingFtp, nobodysPort, type Liar } from "../support/liars";
import { Running, runToEnd, type Finished } from "../support/processes";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const program = [process.execPath, "--import", "tsx", resolve("src/cli/main.ts")];

describe("verify --junit on the command line (DESIGN §3)", function () {
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

  const command = (...flags: string[]): string[] => [
    ...program,
    "verify",
    folder.at("drop"),
    "--junit",
    folder.at("out/junit.xml"),
    ...flags,
  ];
  const verify = (...flags: string[]): Promise<Finished> =>
    runToEnd(command(...flags), { timeoutMs: 60_000 });
  const target = (port: number): string[] => [
    ...["--target", "127.0.0.1", "--bootp", "skip", "--tftp-port", "1", "--ftp-port", String(port)],
  ];
  /** The document; nothing else is in its folder. */
  const written = async (): Promise<string> => {
    assert.deepEqual(await readdir(folder.at("out")), ["junit.xml"]);
    return readFile(folder.at("out/junit.xml"), "utf8");
  };

  it("writes it beside the report for people, and beside --json", async () => {
    await folder.write("drop/a.bin", "hello");
    const people = await verify();
    assert.equal(people.code, 0, people.stderr);
    assert.match(people.stdout, /\n✓ Verified: /);
    const xml = await written();
    assert.match(xml, /<testcase classname="drop\.any board" name="ftp a\.bin" time="\d+\.\d{3}">/);
    assert.ok(!isRed(xml));
    const both = await verify("--json");
    assert.equal(both.code, 0);
    const lines = both.stdout.trimEnd().split("\n");
    assert.ok(lines.every((line) => line.startsWith("{")));
    assert.equal(elementsIn(await written(), "testcase"), elementsIn(xml, "testcase"));
  });

  it("writes it where a step failed, with exit code 1, and where nothing was given, with 3", async () => {
    await folder.write("drop/.vscode/boot-plan.json", `{ "ftp": ["a.bin", "b.bin"] }`);
    await folder.write("drop/a.bin", "hello");
    await folder.write("drop/b.bin", "b");
    const liar = opened(await lyingFtp({ "a.bin": Buffer.from("hellO"), "b.bin": Buffer.from("b") }));
    assert.equal((await verify(...target(liar.port))).code, 1);
    const xml = await written();
    assert.match(xml, /^<testsuites .* tests="2" failures="1" errors="0"/m);
    assert.match(
      xml,
      /\nfirst difference: offset 4\nasked for at: \.vscode\/boot-plan\.json:1:11\nto do: Copy the file to the target again/,
    );
    assert.equal((await verify(...target(await nobodysPort()))).code, 3);
    assert.match(await written(), /^<testsuites .* tests="2" failures="2" errors="0"/m);
  });

  it("writes it where the plan is bad, with exit code 2", async () => {
    await folder.write("drop/.vscode/boot-plan.json", `{\n  "boot": 7\n}`);
    assert.equal((await verify()).code, 2);
    assert.match(
      await written(),
      /<error message="\.vscode\/boot-plan\.json:2:\d+ [^"]*" type="plan\.invalid">/,
    );
  });

  it("writes it where the run is cancelled, and such a run is never green", async () => {
    await folder.write("drop/.vscode/boot-plan.json", `{ "ftp": ["a.bin", "mute.bin"] }`);
    await folder.write("drop/a.bin", "hello");
    await folder.write("drop/mute.bin", "mute");
    const liar = opened(await lyingFtp({ "a.bin": Buffer.from("hello"), "mute.bin": null }));
    const running = new Running(command(...target(liar.port), "--json"));
    await running.waitFor(
      "a step that hangs",
      (output) => /"name":"mute.bin","state":"running"/.test(output) || undefined,
    );
    running.signal("SIGTERM");
    assert.equal((await running.endedWithin(withinASecondMs)).code, 130);
    const xml = await written();
    assert.match(xml, /<skipped message="cancelled" type="run\.cancelled">/);
    assert.match(xml, /<error message="Cancelled after 1 step, /);
  });

  it("is wrong use where it cannot be written, and nothing runs", async () => {
    await folder.write("drop/a.bin", "hello");
    await folder.write("out", "a file");
    const { code, stdout, stderr } = await verify();
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^boot-servers: the file ".*junit\.xml" of --junit cannot be written: .*\. Name a file/,
    );
  });
});
