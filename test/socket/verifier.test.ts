import assert from "node:assert/strict";
import { resolve } from "node:path";
import { createEngine } from "../../src/engine/engine";
import { createVerifier } from "../../src/engine/verification/verifier";
import type { Engine } from "../../src/model/api";
import type { ReportRow, StepRow } from "../../src/model/events";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import type { Asked, Outline, Verification } from "../../src/model/verification";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const sample = resolve("samples/firmware-drop");
const own: Asked = { kind: "own" };

const idsOf = ({ boards }: Outline): string[] => boards.flatMap(({ steps }) => steps.map(({ id }) => id));
const ran = ({ steps }: ReportRow): string[] => steps.map(({ id }) => id);
const ignore = (): void => undefined;

describe("the verifier: an outline before anything is asked, and runs of some steps", function () {
  this.timeout(60_000);
  const verifier = createVerifier();
  const open: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function folderWith(files: Readonly<Record<string, string>>): Promise<TemporaryFolder> {
    const folder = await temporaryFolder(files);
    open.push(() => folder.remove());
    return folder;
  }

  async function serve(folder: string): Promise<{ engine: Engine; asked: Asked }> {
    const engine = createEngine();
    open.push(() => engine.stopNow());
    await engine.configure({ ...defaultWanted, folder, ports: anyPorts });
    const port = (name: string): number => engine.snapshot().servers.get(name)?.port ?? 0;
    const ports = { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") };
    return { engine, asked: { kind: "running", host: "127.0.0.1", ports } };
  }

  it("outlines the sample: each board, its steps, and the line that asks for each", async () => {
    const { boards, whole, problems, files } = await verifier.outline({ folder: sample });
    assert.deepEqual([whole, problems], [false, []]);
    const lines = boards.map(({ name, at, steps }) => [
      `${name} ${at?.file ?? ""}:${at?.line ?? 0}`,
      ...steps.map(
        (step) => `${step.id.slice(name.length + 1)} ${step.at?.file ?? ""}:${step.at?.line ?? 0}`,
      ),
    ]);
    const plan = ".vscode/boot-plan.json";
    const manifest = "images/copy-files4.rc";
    const rest = [`tftp/Image ${plan}:10`, `tftp/board.dtb ${plan}:10`];
    const listed = [
      `manifest/ftp/etsw.b3 ${manifest}:4`,
      `manifest/ftp/fpga/line-card.bit ${manifest}:5`,
      `manifest/ftp/config/switch.cfg ${manifest}:6`,
      `manifest/ftp/config/first-boot.flag ${manifest}:7`,
      `manifest/ftp/Image ${manifest}:8`,
      `manifest/ftp/board.dtb ${manifest}:9`,
    ];
    assert.deepEqual(lines, [
      [
        `any board ${plan}:7`,
        `round 1/bootp/round 1 ${plan}:7`,
        `round 1/tftp/u-boot.bin ${plan}:7`,
        `round 1/ftp/etsw.b3 ${plan}:11`,
        `round 2/bootp/round 2 ${plan}:7`,
        `round 2/tftp/copy-files4.rc ${plan}:7`,
        `round 2/ftp/etsw.b3 ${plan}:11`,
        `round 3/bootp/silence ${plan}:7`,
        ...rest,
        `manifest/copy-files4.rc ${manifest}:1`,
        ...listed,
      ],
      [
        `bench-1 ${plan}:19`,
        `round 1/bootp/round 1 ${plan}:19`,
        `round 1/tftp/bench1.bin ${plan}:19`,
        `round 1/ftp/etsw.b3 ${plan}:11`,
        `round 2/bootp/round 2 ${plan}:19`,
        ...rest,
      ],
    ]);
    assert.deepEqual(files.slice(0, 3), [plan, ".vscode/boot-plan.local.json", "images/u-boot.bin"]);
    assert.ok(files.includes("images/fpga/line-card.bit") && files.includes("images/SHA256SUMS"));
  });

  it("every step of a run stands under the id that the outline gave it, whatever the plan is like", async () => {
    const plans: readonly (Readonly<Record<string, string>> | undefined)[] = [
      undefined,
      { "a.bin": "a", "sub/b.bin": "b" },
      { ".vscode/boot-plan.json": `{ "boot": "a.bin", "ftp": ["b.bin"] }`, "a.bin": "a", "b.bin": "b" },
      { ".vscode/boot-plan.json": `{ "tftp": ["a.bin"], "ftp": ["b.bin"] }`, "a.bin": "a", "b.bin": "b" },
      {
        ".vscode/boot-plan.json": `{ "boot": ["a.bin", "a.bin"], "manifest": "m.txt", "aliases": { "x": "a.bin" } }`,
        "m.txt": "one: a.bin\nagain: a.bin\nnonsense\nalias: x\n",
        "a.bin": "a",
      },
      {
        ".vscode/boot-plan.json": `{ "boot": "a.bin" }`,
        "a.bin": "a",
        SHA256SUMS: "nonsense\n",
      },
      { constructor: "a file that is called like what every object has" },
      {
        ".vscode/boot-plan.json": `{ "boot": ["a.bin", "m.rc"] }`,
        "m.rc": "one: toString\n",
        "a.bin": "a",
        toString: "b",
      },
    ];
    for (const files of plans) {
      const folder = files === undefined ? sample : (await folderWith(files)).path;
      const outline = await verifier.outline({ folder });
      const report: ReportRow = await verifier.verify({ folder, asked: own }, ignore).report;
      assert.deepEqual(ran(report), idsOf(outline), JSON.stringify(files));
    }
  });

  it("runs one step alone, with what leads to it: a file of the plan needs nothing on our own servers", async () => {
    const only = ["any board/tftp/Image"];
    const report = await verifier.verify({ folder: sample, asked: own, only }, ignore).report;
    assert.deepEqual(ran(report), only);
    assert.equal(report.ok, true, report.verdict);
    assert.match(report.notes.join("\n"), /left out/);
  });

  it("a line of the manifest needs the manifest, and the rounds that lead to it", async () => {
    const only = ["any board/manifest/ftp/config/switch.cfg"];
    const report = await verifier.verify({ folder: sample, asked: own, only }, ignore).report;
    assert.deepEqual(ran(report), [
      "any board/round 1/bootp/round 1",
      "any board/round 1/tftp/u-boot.bin",
      "any board/round 2/bootp/round 2",
      "any board/round 2/tftp/copy-files4.rc",
      "any board/manifest/copy-files4.rc",
      ...only,
    ]);
    assert.equal(report.ok, true, report.verdict);
  });

  it("one board alone is all of its steps, and no other's", async () => {
    const outline = await verifier.outline({ folder: sample });
    const report = await verifier.verify({ folder: sample, asked: own, only: ["bench-1"] }, ignore).report;
    assert.deepEqual(ran(report), idsOf({ ...outline, boards: outline.boards.slice(1) }));
  });

  it("on another host a file's server is known only by BOOTP: all rounds are walked for it", async () => {
    const { asked } = await serve(sample);
    const only = ["any board/tftp/Image"];
    const target: Asked = asked.kind === "own" ? asked : { ...asked, kind: "target" };
    const report = await verifier.verify({ folder: sample, asked: target, only }, ignore).report;
    assert.deepEqual(
      ran(report).map((id) => id.replace("any board/", "")),
      ["round 1/bootp/round 1", "round 1/tftp/u-boot.bin", "round 2/bootp/round 2", "tftp/Image"],
    );
    assert.equal(report.ok, true, report.verdict);
  });

  it("asks the servers that run again and again, and takes the files from them whatever the plan's server is", async () => {
    const folder = await folderWith({
      ".vscode/boot-plan.json": `{ "boot": ["a.bin", "b.bin"], "server": "192.0.2.7" }`,
      "a.bin": "a",
      "b.bin": "b",
    });
    const { asked } = await serve(folder.path);
    for (let time = 1; time <= 2; time += 1) {
      const report = await verifier.verify({ folder: folder.path, asked }, ignore).report;
      assert.equal(report.ok, true, report.verdict);
      assert.match(report.notes.join("\n"), /192\.0\.2\.7 was not asked/);
    }
  });

  it("a run that is cancelled ends with what it has, and the step that ran is skipped", async () => {
    const { asked } = await serve(sample);
    const rows: StepRow[] = [];
    const verification: Verification = verifier.verify({ folder: sample, asked }, (row) => {
      rows.push(row);
      if (row.name === "silence") verification.cancel();
    });
    const report = await verification.report;
    assert.deepEqual(
      [report.ok, report.steps.at(-1)?.state, report.steps.at(-1)?.name],
      [false, "skipped", "silence"],
    );
    assert.match(report.verdict, /^Cancelled/);
  });
});
