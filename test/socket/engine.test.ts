import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import type { Row, ServerRow } from "../../src/model/events";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const server = (engine: Engine, protocol: string): ServerRow => {
  const row = engine.snapshot().servers.get(protocol);
  assert.ok(row, `no row of ${protocol}`);
  return row;
};
const states = (engine: Engine): string[] =>
  ["bootp", "tftp", "ftp"].map((name) => engine.snapshot().servers.get(name)?.state ?? "none");

/** Resolves with the first row that passes. */
const rowThat = (engine: Engine, passes: (row: Row) => boolean): Promise<Row> =>
  new Promise((resolve) => {
    const stop = engine.onRow((row) => {
      if (!passes(row)) return;
      stop();
      resolve(row);
    });
  });

/** The line and column of the 7 in it are in the message. */
const badPlan = `{\n  "boot": 7\n}`;

describe("the engine", () => {
  let folder: TemporaryFolder;
  let engine: Engine;
  let wanted: Wanted;

  beforeEach(async () => {
    folder = await temporaryFolder({
      "u-boot.bin": "boot",
      ".vscode/boot-plan.json": `{ "boot": "u-boot.bin" }`,
    });
    engine = createEngine();
    wanted = { ...defaultWanted, folder: folder.path, ports: anyPorts };
  });

  afterEach(async () => {
    await engine.stopNow();
    await folder.remove();
  });

  it("starts the three servers on loopback, each on a port of its own", async () => {
    await engine.configure(wanted);
    assert.deepEqual(states(engine), ["running", "running", "running"]);
    for (const protocol of ["bootp", "tftp", "ftp"]) {
      assert.deepEqual(server(engine, protocol).addresses, ["127.0.0.1"]);
      assert.ok(server(engine, protocol).port > 0);
      assert.equal(server(engine, protocol).lastPacketAt, undefined);
    }
  });

  it("changes nothing when what is wanted already runs", async () => {
    await engine.configure(wanted);
    const rows: Row[] = [];
    engine.onRow((row) => rows.push(row));
    await engine.configure({ ...wanted });
    assert.deepEqual(
      rows.filter(({ type }) => type === "server"),
      [],
    );
  });

  it("stops what is not wanted any more and leaves the others alone", async () => {
    await engine.configure(wanted);
    const { port } = server(engine, "tftp");
    await engine.configure({ ...wanted, servers: ["tftp"] });
    assert.deepEqual(states(engine), ["stopped", "running", "stopped"]);
    assert.equal(server(engine, "tftp").port, port);
  });

  it("leaves the others running when one cannot start, and says which port and what to do (X12)", async () => {
    const holder = createSocket("udp4").bind(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address();
    try {
      await engine.configure({ ...wanted, ports: { ...anyPorts, tftp: port } });
      assert.deepEqual(states(engine), ["running", "failed", "running"]);
      const { trouble } = server(engine, "tftp");
      assert.equal(trouble?.code, "port.inUse");
      assert.match(trouble.message, new RegExp(`port ${port} of 127.0.0.1`));
      assert.ok(trouble.remedy);
    } finally {
      holder.close();
    }
    await engine.configure({ ...wanted, ports: { ...anyPorts, tftp: port } });
    assert.equal(server(engine, "tftp").state, "running", "a server that failed is tried again");
  });

  it("waits where the wanted interface is not there, and says what for", async () => {
    await engine.configure({ ...wanted, addresses: ["nosuch0"] });
    assert.deepEqual(states(engine), ["waiting", "waiting", "waiting"]);
    assert.match(server(engine, "tftp").trouble?.message ?? "", /interface nosuch0 has no address/);
  });

  it("starts nothing with a plan that has problems, and names line and column", async () => {
    await folder.write(".vscode/boot-plan.json", badPlan);
    await assert.rejects(engine.configure(wanted), /boot-plan\.json:2:11/);
    assert.deepEqual(states(engine), ["none", "none", "none"]);
  });

  it("keeps the plan it had when the new one has problems, and says so", async () => {
    await engine.configure(wanted);
    const told = rowThat(engine, (row) => row.type === "log" && row.level === "error");
    await folder.write(".vscode/boot-plan.json", badPlan);
    const row = await told;
    assert.match(row.type === "log" ? row.message : "", /boot-plan\.json:2:11/);
    assert.deepEqual(states(engine), ["running", "running", "running"]);
  });

  it("frees every port at a stop: the next start can have them", async () => {
    await engine.configure(wanted);
    const ports = {
      bootp: server(engine, "bootp").port,
      tftp: server(engine, "tftp").port,
      ftp: server(engine, "ftp").port,
    };
    await engine.stopNow();
    assert.deepEqual(states(engine), ["stopped", "stopped", "stopped"]);
    await engine.configure({ ...wanted, ports });
    assert.deepEqual(states(engine), ["running", "running", "running"]);
  });

  it("tells when a server heard something", async () => {
    await engine.configure(wanted);
    const told = rowThat(engine, (row) => row.type === "server" && row.lastPacketAt !== undefined);
    const peer = createSocket("udp4");
    peer.send(
      Buffer.from([0, 1, 0x78, 0, 0x6f, 0x63, 0x74, 0x65, 0x74, 0]),
      server(engine, "tftp").port,
      "127.0.0.1",
    );
    const row = await told;
    peer.close();
    assert.equal(row.type === "server" && row.protocol, "tftp");
  });
});
