import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, symlink } from "node:fs/promises";
import { fetchInto, type FetchSettings } from "../../src/engine/verification/fetchInto";
import { standardPorts } from "../../src/model/settings";
import type { ReportRow } from "../../src/model/events";
import { randomBytes } from "../support/random";
import { ScriptedBoard, type Script } from "../support/scriptedBoard";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { EagerClock, inWords } from "../support/verifyRun";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const boot = randomBytes(3000, 1);
const image = randomBytes(1000, 2);
const manifest = new TextEncoder().encode(`switch: images/etsw.b3 : sha256=${sha256(image)}\n`);

const script: Script = {
  answers: ["u-boot.bin", "copy-files4.rc"],
  tftp: { "u-boot.bin": boot, "copy-files4.rc": manifest },
  ftp: { "images/etsw.b3": image },
};

async function fetchScripted(
  folder: TemporaryFolder,
  given: Script,
  settings: Partial<FetchSettings> = {},
  signal = new AbortController().signal,
): Promise<{ report: ReportRow; board: ScriptedBoard }> {
  const board = new ScriptedBoard(given);
  const clock = new EagerClock();
  const report = await fetchInto(
    {
      target: "192.0.2.1",
      into: folder.at("out"),
      ports: standardPorts,
      bootp: "auto",
      options: new Map(),
      ...settings,
    },
    {
      clock,
      io: board,
      createEngine: () => assert.fail("fetch starts no servers"),
      runId: "run",
      signal,
      begin: () => undefined,
      step: () => undefined,
    },
  );
  assert.equal(board.open, 0);
  return { report, board };
}

describe("fetch (DESIGN §3)", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());
  const out = async (): Promise<string[]> =>
    (await readdir(folder.at("out"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();

  it("plays a board without a plan, and keeps what it gets, folders and all", async () => {
    const { report, board } = await fetchScripted(folder, script);
    assert.deepEqual(inWords(report.steps), [
      "passed bootp round 1",
      "passed tftp u-boot.bin",
      "passed bootp round 2",
      "passed tftp copy-files4.rc",
      "passed bootp silence",
      "passed manifest copy-files4.rc",
      "passed ftp images/etsw.b3",
    ]);
    assert.equal(report.ok, true);
    assert.match(report.verdict, /^Fetched: 3 files in 3 transfers/);
    assert.deepEqual(await out(), ["copy-files4.rc", "etsw.b3", "u-boot.bin"]);
    assert.deepEqual(new Uint8Array(await readFile(folder.at("out/images/etsw.b3"))), image);
    // A real board's sequence is asked for as that board would, not as a verification.
    assert.equal(board.asked[0]?.clientIdentifier, undefined);
  });

  it("leaves an existing file alone: another one fails, the same one is fine", async () => {
    await folder.write("out/u-boot.bin", "my own");
    await folder.write("out/images/etsw.b3", image);
    const { report } = await fetchScripted(folder, script);
    assert.deepEqual(
      inWords(report.steps).filter((words) => /failed|etsw/.test(words)),
      ["failed tftp u-boot.bin file.exists", "passed ftp images/etsw.b3"],
    );
    assert.equal(await readFile(folder.at("out/u-boot.bin"), "utf8"), "my own");
    assert.equal(report.ok, false);
  });

  it("fetches twice into one folder: nothing changes, nothing fails", async () => {
    await fetchScripted(folder, script);
    const { report } = await fetchScripted(folder, script);
    assert.equal(report.ok, true, report.verdict);
  });

  it("keeps nothing of a transfer that broke off, and of a file with another hash than the manifest's (X4)", async () => {
    const { report } = await fetchScripted(folder, {
      ...script,
      tftp: {
        "u-boot.bin": { bytes: boot.subarray(0, 700), error: "tftp.timeout" },
        "copy-files4.rc": manifest,
      },
      ftp: { "images/etsw.b3": boot },
    });
    assert.deepEqual(
      inWords(report.steps).filter((words) => words.startsWith("failed")),
      ["failed tftp u-boot.bin tftp.timeout", "failed ftp images/etsw.b3 file.hash"],
    );
    assert.deepEqual(await out(), ["copy-files4.rc"]);
  });

  it("keeps nothing of a file beyond the largest that it takes, be it new or there already", async () => {
    const { report } = await fetchScripted(folder, script, { mostBytes: 2000 });
    assert.ok(
      inWords(report.steps).includes("failed tftp u-boot.bin file.tooLarge"),
      inWords(report.steps).join("; "),
    );
    assert.deepEqual(await out(), ["copy-files4.rc", "etsw.b3"]);
    await fetchScripted(folder, script);
    const again = await fetchScripted(folder, script, { mostBytes: 2000 });
    assert.ok(inWords(again.report.steps).includes("failed tftp u-boot.bin file.tooLarge"));
    assert.deepEqual(await out(), ["copy-files4.rc", "etsw.b3", "u-boot.bin"]);
  });

  it("keeps nothing half-written when it is cancelled in the middle of a file", async () => {
    const controller = new AbortController();
    const { report } = await fetchScripted(
      folder,
      {
        ...script,
        midway: (file) => {
          if (file === "images/etsw.b3") controller.abort(new Error("cancelled"));
        },
      },
      {},
      controller.signal,
    );
    assert.match(report.verdict, /^Cancelled/);
    assert.deepEqual(await out(), ["copy-files4.rc", "u-boot.bin"]);
  });

  it("writes no name that a peer made up: outside, dot files, settings, hooks, devices (S24)", async () => {
    const names = [
      "../evil",
      "/../evil",
      ".bashrc",
      ".vscode/settings.json",
      ".git/hooks/x",
      "CON",
      "a:b",
      "id_rsa",
    ];
    for (const name of names) {
      const { report } = await fetchScripted(folder, { answers: [name], tftp: { [name]: boot } });
      assert.equal(report.steps[1]?.state, "failed", name);
      assert.deepEqual(await out(), [], name);
    }
    assert.equal(existsSync(folder.at("evil")), false);
  });

  it("does not follow a link out of the folder", async () => {
    await folder.write("elsewhere/keep", "");
    await folder.write("out/keep", "");
    await symlink(folder.at("elsewhere"), folder.at("out/link"));
    const { report } = await fetchScripted(folder, { answers: ["link/sub/x"], tftp: { "link/sub/x": boot } });
    assert.equal(report.steps[1]?.state, "failed");
    assert.deepEqual(await readdir(folder.at("elsewhere")), ["keep"]);
  });

  it("takes the plan's files where there is one, and does not judge its answers by it", async () => {
    const plan = await folder.write(
      ".vscode/boot-plan.json",
      JSON.stringify({ boot: ["planned.bin"], tftp: ["Image"], ftp: ["extra.bin"] }),
    );
    const { report } = await fetchScripted(
      folder,
      { answers: ["u-boot.bin"], tftp: { "u-boot.bin": boot, Image: image }, ftp: { "extra.bin": image } },
      { planFile: plan },
    );
    assert.deepEqual(inWords(report.steps), [
      "passed bootp round 1",
      "passed tftp u-boot.bin",
      "passed ftp extra.bin",
      "passed bootp silence",
      "passed tftp Image",
    ]);
    assert.equal(report.ok, true);
  });

  it("is not done where nothing came", async () => {
    const { report } = await fetchScripted(folder, { answers: [{ file: "" }] });
    assert.equal(report.ok, false);
    assert.match(report.verdict, /^Not fetched: no file was named, .* --plan FILE /);
  });
});
