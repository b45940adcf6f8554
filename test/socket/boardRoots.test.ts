import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import { verifyFolder, type VerifySettings } from "../../src/engine/verification/verify";
import type { Engine } from "../../src/model/api";
import type { ReportRow, TransferRow } from "../../src/model/events";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { hurriedClock } from "../support/hurriedClock";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { inWords } from "../support/verifyRun";

const one = "52:54:00:12:34:51";
const two = "52:54:00:12:34:52";
const stranger = "52:54:00:12:34:59";

const files = {
  "images/Image": "everybody's",
  "images/common.bin": "common",
  "images/boards/bench-1/Image": "the first one's",
  "images/boards/bench-1/own.bin": "own",
  "images/boards/bench-2/Image": "the second one's",
};
const plan = {
  root: "images",
  boot: "Image",
  clients: [
    { name: "bench-1", mac: one, root: "boards/bench-1" },
    { name: "bench-2", mac: two, root: "boards/bench-2" },
  ],
};

let runs = 0;

describe("boards with roots of their own", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  const open: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  /** Our servers on loopback for these files. */
  async function serve(
    wantedPlan: object = plan,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Record<"bootp" | "tftp" | "ftp", number>> {
    folder = await temporaryFolder({
      ...files,
      ...more,
      ".vscode/boot-plan.json": JSON.stringify(wantedPlan),
    });
    open.push(() => folder.remove());
    engine = createEngine();
    open.push(() => engine.stopNow());
    await engine.configure({ ...defaultWanted, folder: folder.path, ports: anyPorts });
    const port = (name: string): number => engine.snapshot().servers.get(name)?.port ?? 0;
    return { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") };
  }

  const text = async (bytes: Promise<Uint8Array>): Promise<string> => Buffer.from(await bytes).toString();

  const refused = (file: string): TransferRow | undefined =>
    [...engine.snapshot().transfers.values()].find((row) => row.file === file && row.state === "refused");

  it("see them over TFTP and FTP, by what BOOTP told the board at that address last", async () => {
    const ports = await serve();
    for (const [mac, expected] of [
      [one, "the first one's"],
      [two, "the second one's"],
      [stranger, "everybody's"],
      [one, "the first one's"],
    ] as const) {
      await askBootp(ports.bootp, mac);
      assert.equal(await text(tftpRead(ports.tftp, "Image")), expected);
      assert.equal(await text(tftpRead(ports.tftp, "/Image")), expected);
      assert.equal(await text(ftpRead(ports.ftp, "Image")), expected);
    }
    const roots = [...engine.snapshot().transfers.values()].map(
      ({ protocol, root }) => `${protocol} ${root}`,
    );
    const [first, second] = ["boards/bench-1", "boards/bench-2"];
    assert.deepEqual(
      roots,
      [first, second, undefined, first].flatMap((root) => [`tftp ${root}`, `tftp ${root}`, `ftp ${root}`]),
    );
  });

  it("are known by the address that the plan gives them, without a word of BOOTP", async () => {
    const [first] = plan.clients;
    const ports = await serve({ ...plan, clients: [{ ...first, address: "127.0.0.1" }] });
    assert.equal(await text(tftpRead(ports.tftp, "own.bin")), "own");
  });

  it("get nothing else of the served root: the row says whose it is, and how to change that", async () => {
    const ports = await serve();
    await askBootp(ports.bootp, one);
    for (const name of ["common.bin", "boards/bench-2/Image"]) {
      await assert.rejects(tftpRead(ports.tftp, name), /no such file in this board's own root/);
      const { trouble, state } = refused(name)!;
      assert.deepEqual([state, trouble?.code], ["refused", "root.own"]);
      assert.match(trouble!.remedy!, /gives this board "root": "boards\/bench-1"\. Put the file there/);
    }
    await assert.rejects(ftpRead(ports.ftp, "common.bin"));
    await assert.rejects(tftpRead(ports.tftp, "nowhere.bin"), /no such file in the served root/);
    assert.equal(refused("nowhere.bin")?.trouble?.code, "file.missing");
    await assert.rejects(tftpRead(ports.tftp, "../bench-2/Image"), /leaves a folder/);
  });

  it("may share a file of the served root by a link, and none from outside of it", async function () {
    if (process.platform === "win32") this.skip();
    const ports = await serve(plan, { "secret.txt": "secret" });
    await symlink("../../common.bin", folder.at("images/boards/bench-1/shared.bin"));
    await symlink("../../../secret.txt", folder.at("images/boards/bench-1/secret.bin"));
    await askBootp(ports.bootp, one);
    assert.equal(await text(tftpRead(ports.tftp, "shared.bin")), "common");
    await assert.rejects(tftpRead(ports.tftp, "secret.bin"), /leads out of the served root/);
  });

  it("keep theirs to the end of an FTP session, whoever asks from the same address meanwhile", async () => {
    const ports = await serve();
    await askBootp(ports.bootp, one);
    const session = await networkBoard(systemClock).openFtp({ host: "127.0.0.1", port: ports.ftp });
    await askBootp(ports.bootp, two);
    const read: Uint8Array[] = [];
    await session.fetch("Image", (chunk) => void read.push(chunk.slice()));
    await session.close();
    assert.equal(Buffer.concat(read).toString(), "the first one's");
    assert.equal(await text(ftpRead(ports.ftp, "Image")), "the second one's");
  });

  it("wait for a root that is not built yet, as for a file", async () => {
    const clients = [{ mac: one, root: "later" }];
    const ports = await serve({ ...plan, clients });
    await askBootp(ports.bootp, one);
    await assert.rejects(tftpRead(ports.tftp, "Image"), /the served root is not there/);
    const there = new Promise<void>((resolve) => {
      engine.onRow((row) => {
        if (row.type === "log" && row.message.includes('"later" is there now')) resolve();
      });
    });
    await mkdir(folder.at("images/later"));
    await writeFile(folder.at("images/later/Image"), "at last");
    await there;
    assert.equal(await text(tftpRead(ports.tftp, "Image")), "at last");
  });

  it("ask with folders that are not there, which are left out of the name over TFTP and FTP", async () => {
    const ports = await serve(
      { root: "images", stripPrefix: ["tftpboot", "<serial>"] },
      { "images/0badcafe/only.bin": "only here" },
    );
    for (const name of ["/tftpboot/Image", "tftpboot/boards/bench-1/own.bin", "9ffefdef/Image"]) {
      const expected = name.endsWith("Image") ? "everybody's" : "own";
      assert.equal(await text(tftpRead(ports.tftp, name)), expected);
      assert.equal(await text(ftpRead(ports.ftp, name)), expected);
    }
    assert.equal(await text(tftpRead(ports.tftp, "0badcafe/only.bin")), "only here");
    // A folder that is there is meant as it is written: what another board has is not mixed in.
    await assert.rejects(tftpRead(ports.tftp, "0badcafe/Image"), /no such file/);
    await assert.rejects(tftpRead(ports.tftp, "other/Image"), /no such file/);
    await assert.rejects(tftpRead(ports.tftp, "tftpboot/../secret"), /leaves a folder/);
  });

  const verify = (settings: Partial<VerifySettings> = {}): Promise<ReportRow> =>
    verifyFolder(
      { folder: folder.path, ports: anyPorts, bootp: "auto", options: new Map(), ...settings },
      {
        clock: systemClock,
        io: networkBoard(hurriedClock(1), { tries: 4, tryMs: 250, ports: { client: 0, relay: 0 } }),
        createEngine,
        runId: `roots-${process.pid}-${(runs += 1)}`,
        signal: new AbortController().signal,
        begin: () => undefined,
        step: () => undefined,
      },
    );

  it("are verified one by one against servers of our own, each against its own root", async () => {
    await serve();
    const report = await verify();
    assert.deepEqual(inWords(report.steps.filter(({ state }) => state !== "passed")), []);
    assert.ok(report.ok);
    const fetched = report.steps.filter(({ kind }) => kind === "tftp");
    assert.deepEqual(
      fetched.map(({ client, name, bytes }) => [client, name, bytes]),
      [
        ["any board", "Image", "everybody's".length],
        ["bench-1", "Image", "the first one's".length],
        ["bench-2", "Image", "the second one's".length],
      ],
    );
  });

  it("by a rule are verified too: a board that the rule holds for asks as one", async () => {
    const match = [
      { vendorClass: "AM335x ROM", boot: "own.bin", root: "boards/bench-1" },
      { mac: "52:54:00:*", root: "boards/bench-2" },
    ];
    await serve({ root: "images", boot: "Image", match });
    const report = await verify();
    assert.deepEqual(inWords(report.steps.filter(({ state }) => state !== "passed")), []);
    assert.deepEqual(
      report.steps
        .filter(({ kind }) => kind === "tftp")
        .map(({ client, name, bytes }) => [client, name, bytes]),
      [
        ["any board", "Image", "everybody's".length],
        ["rule 1: its vendor class is AM335x ROM", "own.bin", "own".length],
        ["rule 2: its MAC is 52:54:00:*:*:*", "Image", "the second one's".length],
      ],
    );
  });

  it("are verified against servers that run, and a file that another board has is told as different", async () => {
    const ports = await serve();
    assert.ok((await verify({ target: "127.0.0.1", ports })).ok);
    const asBench1 = await verify({ target: "127.0.0.1", ports, client: "bench-1" });
    assert.deepEqual([asBench1.ok, asBench1.steps[0]?.client], [true, "bench-1"]);
    const unasked = await verify({ target: "127.0.0.1", ports, client: "bench-1", bootp: "skip" });
    assert.ok(unasked.notes.some((note) => /^bench-1: no question told the servers which board/.test(note)));
    // Of a server that does not know the board's root it gets everybody's file.
    const swapped = plan.clients.map(({ name, mac }) => ({ name, mac }));
    await writeFile(folder.at("other-plan.json"), JSON.stringify({ ...plan, clients: swapped }));
    const other = createEngine();
    open.push(() => other.stopNow());
    await other.configure({
      ...defaultWanted,
      folder: folder.path,
      planFile: folder.at("other-plan.json"),
      ports: anyPorts,
    });
    const port = (name: string): number => other.snapshot().servers.get(name)?.port ?? 0;
    const elsewhere = { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") };
    const report = await verify({ target: "127.0.0.1", ports: elsewhere, client: "bench-1" });
    assert.deepEqual(inWords(report.steps.filter(({ state }) => state === "failed")), [
      "failed tftp Image file.differs",
    ]);
  });
});
