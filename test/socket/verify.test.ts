import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import { fetchInto } from "../../src/engine/verification/fetchInto";
import { verifyFolder, type VerifySettings } from "../../src/engine/verification/verify";
import type { Engine } from "../../src/model/api";
import type { ReportRow, StepRow } from "../../src/model/events";
import { anyPorts, defaultWanted, type Ports } from "../../src/model/settings";
import { sha256 } from "../support/files";
import { hurriedClock } from "../support/hurriedClock";
import { lyingFtp, lyingTftp, silentUdp, type Liar } from "../support/liars";
import { randomBytes } from "../support/random";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { inWords } from "../support/verifyRun";
import { withinASecondMs } from "../support/pace";

const sample = resolve("samples/firmware-drop");
let run = 0;

/** On the real network, with a board that waits 3 x 60 ms for BOOTP instead of 3 x 2 s. */
function environment(signal = new AbortController().signal, steps: StepRow[] = []) {
  run += 1;
  return {
    clock: systemClock,
    io: networkBoard(hurriedClock(1), { tries: 3, tryMs: 60, ports: { client: 0, relay: 0 } }),
    createEngine,
    runId: `test-${process.pid}-${run}`,
    signal,
    begin: () => undefined,
    step: (row: StepRow) => {
      steps.push(row);
    },
  };
}

const verify = (settings: Partial<VerifySettings> & { folder: string }): Promise<ReportRow> =>
  verifyFolder({ ports: anyPorts, bootp: "auto", options: new Map(), ...settings }, environment());

/** For runs side by side: long enough for an answer on a machine that has much else to do. */
const patient = { tries: 3, tryMs: 250, ports: { client: 0, relay: 0 } };
const patiently = (settings: Partial<VerifySettings> & { folder: string }): Promise<ReportRow> =>
  verifyFolder(
    { ports: anyPorts, bootp: "auto", options: new Map(), ...settings },
    { ...environment(), io: networkBoard(hurriedClock(1), patient) },
  );

const bad = (report: ReportRow): string[] => inWords(report.steps.filter(({ state }) => state !== "passed"));

describe("verification over real sockets (DESIGN §2.3)", function () {
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

  /** Our servers for a folder, as a target. */
  async function target(path: string): Promise<{ engine: Engine; ports: Ports }> {
    const engine = createEngine();
    open.push(() => engine.stopNow());
    await engine.configure({ ...defaultWanted, folder: path, ports: anyPorts });
    const port = (name: string): number => engine.snapshot().servers.get(name)?.port ?? 0;
    return { engine, ports: { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") } };
  }

  const opened = <L extends Liar>(liar: L): L => {
    open.push(() => liar.close());
    return liar;
  };

  it("passes whatever quirks the plan has: they change how a board is served, and not what it gets", async () => {
    const content = randomBytes(20_000, 1);
    await folder.write("fw.bin", content);
    for (const quirks of [
      { maxBlksize: 512, maxWindowsize: 2, noTsize: true, singlePort: true },
      { noOptions: true, duplicatePackets: true, rollover: 1, alwaysBroadcast: true, answerDelayMs: 20 },
    ]) {
      await folder.write(".vscode/boot-plan.json", JSON.stringify({ boot: "fw.bin", quirks }));
      const report = await patiently({ folder: folder.path });
      assert.deepEqual(bad(report), [], report.verdict);
      assert.ok(report.ok);
      const step = report.steps.find(({ kind }) => kind === "tftp");
      assert.deepEqual(step?.options, { blksize: 512, windowsize: quirks.noOptions === true ? 1 : 2 });
    }
  });

  it("verifies the sample drop on servers of its own, twice in a row", async () => {
    for (let time = 1; time <= 2; time += 1) {
      const report = await verify({ folder: sample });
      assert.deepEqual(bad(report), []);
      assert.equal(report.ok, true, report.verdict);
      const compared = report.steps.filter(({ compared }) => compared).map(({ name }) => name);
      for (const name of ["u-boot.bin", "copy-files4.rc", "Image", "board.dtb", "etsw.b3", "bench1.bin"]) {
        assert.ok(compared.includes(name), `${name} was not compared`);
      }
      assert.match(report.notes.join("\n"), /started for this folder/);
    }
  });

  it("verifies one target three times at once, and once more after that", async () => {
    const { ports } = await target(sample);
    const once = (): Promise<ReportRow> => patiently({ folder: sample, target: "127.0.0.1", ports });
    const reports = [...(await Promise.all([once(), once(), once()])), await once()];
    assert.deepEqual(reports.map(bad), [[], [], [], []]);
    assert.deepEqual(
      reports.map(({ ok }) => ok),
      [true, true, true, true],
    );
  });

  it("moves no real board's sequence, and is moved by none: a board boots while a verification runs", async function () {
    if (process.platform === "darwin") this.skip(); // 127.0.0.2 is no address there.
    const { ports } = await target(sample);
    const localAddress = "127.0.0.2";
    const io = networkBoard(hurriedClock(1), patient);
    const who = { way: "auto", target: "127.0.0.1", port: ports.bootp, localAddress } as const;
    const board = io.openBootp({ ...who, mac: "52:54:00:00:00:77", options: new Map(), release: true });
    open.push(() => board.close());
    const load = (file: string): Promise<unknown> =>
      io.fetchTftp({ host: "127.0.0.1", port: ports.tftp, localAddress }, file, () => undefined);
    const once = (): Promise<ReportRow> => patiently({ folder: sample, target: "127.0.0.1", ports });

    assert.equal((await board.ask())?.file, "u-boot.bin");
    assert.deepEqual(bad(await once()), []);
    assert.equal((await board.ask())?.file, "u-boot.bin", "nobody has fetched its file");
    const running = once();
    await load("u-boot.bin");
    assert.equal((await board.ask())?.file, "copy-files4.rc");
    await load("copy-files4.rc");
    assert.equal(await board.ask(), undefined);
    assert.deepEqual(bad(await running), []);
  });

  it("asks from the --address, and says when it is none of this computer", async () => {
    const { engine, ports } = await target(sample);
    const settings = { folder: sample, target: "127.0.0.1", ports, bootp: "skip" as const };
    assert.equal((await verify({ ...settings, address: "127.0.0.1" })).ok, true);
    const peers = [...engine.snapshot().transfers.values()].map(({ address }) => address);
    assert.deepEqual([...new Set(peers)], ["127.0.0.1"]);
    for (const address of ["192.0.2.250", "no-such0"]) {
      await assert.rejects(verify({ ...settings, address }), { code: "address.missing" });
    }
  });

  it("verifies a folder without a plan: empty files, exact blocks, spaces, folders, dot files refused", async () => {
    await folder.write("empty", "");
    await folder.write("exact", randomBytes(1024, 1));
    await folder.write("deep/er/file name.bin", randomBytes(70_000, 2));
    await folder.write(".env", "SECRET");
    const report = await verify({ folder: folder.path });
    assert.deepEqual(bad(report), []);
    assert.equal(report.ok, true, report.verdict);
    assert.equal(report.steps.filter(({ compared }) => compared).length, 6);
    assert.deepEqual(report.refused, { "name.dotFile": 1 });
  });

  it("names file, both hashes and offset of a byte that was changed on the target", async () => {
    await cp(sample, folder.path, { recursive: true });
    const served = await temporaryFolder();
    open.push(() => served.remove());
    await cp(sample, served.path, { recursive: true });
    const image = randomBytes(40_000, 5);
    await folder.write("images/Image", image);
    const wrong = image.map((byte, index) => (index === 33_333 ? byte ^ 0x80 : byte));
    await served.write("images/Image", wrong);
    // The hashes would tell as well: here the bytes have to.
    await folder.write("images/SHA256SUMS", "");
    await served.write("images/SHA256SUMS", "");
    const { ports } = await target(served.path);
    const report = await verify({ folder: folder.path, target: "127.0.0.1", ports });
    assert.equal(report.ok, false);
    const failed = report.steps.filter(({ state }) => state === "failed");
    assert.ok(failed.length > 0);
    for (const step of failed) {
      assert.equal(step.name, "Image");
      assert.equal(step.firstDifference, 33_333);
      assert.ok(step.expected?.includes(sha256(image)) && step.got?.includes(sha256(wrong)));
    }
    // Not an own server: another run's cursor is its own, so that a second run is not met with silence.
    assert.equal((await verify({ folder: served.path, target: "127.0.0.1", ports })).ok, true);
  });

  it("compares the answered siaddr with the plan's server, and takes the files from loopback", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "a.bin", "server": "192.0.2.9" }`);
    await folder.write("a.bin", randomBytes(600, 1));
    const report = await verify({ folder: folder.path });
    assert.equal(report.ok, true, report.verdict);
    assert.match(report.notes.join("\n"), /192\.0\.2\.9 was not asked/);
  });

  it("logs in with a password where there is one", async () => {
    await folder.write("a.bin", randomBytes(600, 1));
    const report = await verify({ folder: folder.path, ftpUser: "boot", ftpPassword: "secret" });
    assert.equal(report.ok, true, report.verdict);
  });

  it("does not believe a 226 after half a file (X30)", async () => {
    const file = randomBytes(5000, 4);
    await folder.write(".vscode/boot-plan.json", `{ "ftp": ["a.bin", "b.bin"] }`);
    await folder.write("a.bin", file);
    await folder.write("b.bin", file);
    const ftp = opened(await lyingFtp({ "a.bin": file.subarray(0, 2500), "b.bin": file }));
    const ports = { bootp: 1, tftp: 1, ftp: ftp.port };
    const report = await verify({ folder: folder.path, target: "127.0.0.1", ports, bootp: "skip" });
    assert.deepEqual(inWords(report.steps), ["failed ftp a.bin file.short", "passed ftp b.bin"]);
    assert.equal(report.steps[0]?.firstDifference, 2500);
  });

  it("does not believe a short last block in the middle of a file", async () => {
    const file = randomBytes(5000, 4);
    await folder.write(".vscode/boot-plan.json", `{ "tftp": ["a.bin", "b.bin", "none.bin"] }`);
    await folder.write("a.bin", file);
    await folder.write("b.bin", file);
    await folder.write("none.bin", file);
    const tftp = opened(await lyingTftp({ "a.bin": file.subarray(0, 700), "b.bin": file }));
    const ports = { bootp: 1, tftp: tftp.port, ftp: 1 };
    const report = await verify({ folder: folder.path, target: "127.0.0.1", ports, bootp: "skip" });
    assert.deepEqual(inWords(report.steps), [
      "failed tftp a.bin file.short",
      "passed tftp b.bin",
      "failed tftp none.bin tftp.refused",
    ]);
  });

  it("is cancelled within a second while a target is silent, in the middle of each protocol", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "tftp": ["a.bin"], "ftp": ["a.bin"] }`);
    await folder.write("a.bin", "x");
    const silent = opened(await silentUdp());
    const mute = opened(await lyingFtp({ "a.bin": null }));
    const given = opened(await lyingTftp({ "a.bin": new Uint8Array([120]) }));
    const settings = { folder: folder.path, target: "127.0.0.1", options: new Map<number, Uint8Array>() };
    for (const [kind, ports, bootp] of [
      ["bootp", { bootp: silent.port, tftp: silent.port, ftp: mute.port }, "auto"],
      ["tftp", { bootp: silent.port, tftp: silent.port, ftp: mute.port }, "skip"],
      ["ftp", { bootp: silent.port, tftp: given.port, ftp: mute.port }, "skip"],
    ] as const) {
      const controller = new AbortController();
      const steps: StepRow[] = [];
      const world = environment(controller.signal, steps);
      const running = verifyFolder(
        { ...settings, ports, bootp },
        {
          ...world,
          // The board waits as long as it does: the run is to be cut off in the middle.
          io: networkBoard(systemClock),
          step: (row) => {
            steps.push(row);
            if (row.kind === kind && row.state === "running")
              setImmediate(() => {
                controller.abort(new Error("cancelled"));
              });
          },
        },
      );
      const aborted = new Promise<number>((done) => {
        controller.signal.addEventListener("abort", () => {
          done(performance.now());
        });
      });
      const report = await running;
      const took = performance.now() - (await aborted);
      assert.ok(took < withinASecondMs, `${kind}: ${took} ms`);
      assert.match(report.verdict, /^Cancelled/);
      assert.equal(steps.at(-1)?.trouble?.code, "run.cancelled");
    }
  });

  it("fetches a drop from a target into a folder, and again without touching a file", async () => {
    const { ports } = await target(sample);
    const settings = {
      target: "127.0.0.1",
      into: folder.at("out"),
      ports,
      bootp: "auto" as const,
      options: new Map<number, Uint8Array>(),
    };
    const report = await fetchInto(settings, environment());
    assert.deepEqual(bad(report), []);
    assert.equal(report.ok, true, report.verdict);
    // What came is what a verification of the sample would have compared.
    await cp(folder.at("out"), folder.at("drop"), { recursive: true });
    const { ok, steps } = await verify({
      folder: folder.at("drop"),
      target: "127.0.0.1",
      ports,
      bootp: "skip",
    });
    assert.equal(ok, true, bad({ ...report, steps }).join());
  });
});
