import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import { nextTurn } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import { EngineError } from "../../src/engine/errors";
import type { InterfaceTable } from "../../src/engine/interfaces";
import type { StartServer } from "../../src/engine/server";
import { starters } from "../../src/engine/starting";
import type { Engine } from "../../src/model/api";
import { planNotTaken, type Row, type ServerRow } from "../../src/model/events";
import { anyPorts, defaultWanted, standardPorts, type Wanted } from "../../src/model/settings";
import { rowThat, serverRow as server, statesOf as states } from "../support/engines";
import { VirtualClock } from "../support/virtualClock";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { withinASecondMs } from "../support/pace";

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
    assert.match(server(engine, "tftp").trouble?.message ?? "", /there is no interface nosuch0/);
  });

  it("waits for another interface as soon as that is wanted, and offers the line that gives it an address", async () => {
    const fix = { what: "gives bench1 an address", line: "ip address" };
    let asked = 0;
    engine = createEngine({
      readInterfaces: () => ({}),
      listNetworks: () => {
        asked += 1;
        return Promise.resolve([{ name: "bench1", kind: "wired", addresses: [], gateway: false, fix }]);
      },
    });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    assert.equal(asked, 1, "once for all three");
    await engine.configure({ ...wanted, addresses: ["bench1"] });
    for (const protocol of ["bootp", "tftp", "ftp"]) {
      const { trouble } = server(engine, protocol);
      assert.match(trouble?.message ?? "", /interface bench1 has no address/);
      assert.deepEqual(trouble?.fixes, [fix]);
    }
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

  it("a plan that is not taken is a warning of every server until it is mended", async () => {
    await engine.configure(wanted);
    const { warnings } = server(engine, "tftp");
    const warned = (code: string | undefined) =>
      rowThat(
        engine,
        (row) => row.type === "server" && row.id === "tftp" && row.warnings.at(-1)?.code === code,
      );
    const broken = warned(planNotTaken);
    await folder.write(".vscode/boot-plan.json", badPlan);
    await broken;
    assert.deepEqual(server(engine, "ftp").warnings.at(-1), {
      code: planNotTaken,
      message: "the boot plan has 1 problem; the servers go on with the plan they had",
      remedy: "Mend the plan and save it.",
    });
    const mended = warned(warnings.at(-1)?.code);
    await folder.write(".vscode/boot-plan.json", "{}");
    await mended;
    assert.deepEqual(server(engine, "tftp").warnings, warnings);
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

  it("starts within a second of the address of its interface, stops without it, and comes back", async () => {
    // 127.0.0.2 is no address of an interface, and can be bound on Linux all the same.
    const cable = {
      address: "127.0.0.2",
      netmask: "255.255.255.0",
      family: "IPv4",
      mac: "",
      internal: false,
      cidr: null,
    } as const;
    let table: InterfaceTable = {};
    engine = createEngine({ readInterfaces: () => table });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    assert.deepEqual(states(engine), ["waiting", "waiting", "waiting"]);
    for (const there of [true, false, true]) {
      const state = there ? "running" : "waiting";
      const settled = Promise.all(
        ["bootp", "tftp", "ftp"].map((id) =>
          rowThat(engine, (row) => row.id === id && "state" in row && row.state === state),
        ),
      );
      const at = performance.now();
      table = there ? { bench0: [cable] } : {};
      await settled;
      assert.ok(performance.now() - at < withinASecondMs);
      assert.deepEqual(states(engine), [state, state, state]);
    }
    assert.deepEqual(server(engine, "tftp").addresses, ["127.0.0.2"]);
  });

  it("follows its interface also while the plan on the disk has problems", async () => {
    let table: InterfaceTable = {};
    engine = createEngine({ readInterfaces: () => table });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    const broken = rowThat(engine, (row) => row.type === "log" && row.level === "error");
    await folder.write(".vscode/boot-plan.json", badPlan);
    await broken;
    const errors: Row[] = [];
    engine.onRow((row) => row.type === "log" && errors.push(row));
    const running = rowThat(engine, (row) => row.type === "server" && row.state === "running");
    table = networkInterfaces();
    table = { bench0: table["lo"]?.filter(({ family }) => family === "IPv4") };
    await running;
    assert.deepEqual(errors, [], "a problem that was told is not told again");
  });

  it("serves an address that is listed before it can be bound as soon as it can be (RFC 4862 §5.4)", async () => {
    const six = {
      address: "fe80::1",
      netmask: "ffff:ffff:ffff:ffff::",
      family: "IPv6",
      mac: "",
      internal: false,
      cidr: null,
      scopeid: 1,
    } as const;
    const four = {
      address: "127.0.0.1",
      netmask: "255.0.0.0",
      family: "IPv4",
      mac: "",
      internal: true,
      cidr: null,
    } as const;
    engine = createEngine({ readInterfaces: () => ({ lo: [four, six] }) });
    await engine.configure({ ...wanted, addresses: ["lo"] });
    assert.deepEqual(states(engine), ["running", "running", "running"]);
    assert.deepEqual(server(engine, "tftp").addresses, ["127.0.0.1"]);
  });

  it("starts a server again whose address went between the look and the start, and was back before the next look", async () => {
    let tries = 0;
    const tftp: StartServer = (...start) => {
      tries += 1;
      if (tries > 1) return starters.tftp(...start);
      return Promise.reject(new EngineError({ code: "address.missing", message: "127.0.0.1 has just gone" }));
    };
    engine = createEngine({ starters: { ...starters, tftp } });
    await engine.configure(wanted);
    assert.deepEqual(states(engine), ["running", "failed", "running"]);
    await rowThat(engine, (row) => row.id === "tftp" && "state" in row && row.state === "running");
    assert.deepEqual(states(engine), ["running", "running", "running"]);
  });

  it("does not try a server again while its address is listed and cannot be had", async () => {
    const bench: NetworkInterfaceInfo = {
      address: "192.0.2.1",
      netmask: "255.255.255.0",
      family: "IPv4",
      mac: "52:54:00:12:34:56",
      internal: false,
      cidr: "192.0.2.1/24",
    };
    const clock = new VirtualClock();
    let tries = 0;
    const tftp: StartServer = (...start) => {
      tries += 1;
      return starters.tftp(...start);
    };
    const readInterfaces = (): InterfaceTable => ({ bench0: [bench] });
    engine = createEngine({ clock, readInterfaces, starters: { ...starters, tftp } });
    await engine.configure({ ...wanted, addresses: ["127.0.0.1", "bench0"] });
    assert.deepEqual(states(engine), ["failed", "failed", "failed"]);
    assert.equal(server(engine, "tftp").trouble?.code, "address.missing");
    for (let look = 0; look < 20; look += 1) {
      clock.advance(500);
      await nextTurn();
    }
    // After all that the looks have led to.
    await engine.drain();
    assert.equal(tries, 1);
  });

  it("does not come back after a stop, whatever changes", async () => {
    let table: InterfaceTable = {};
    engine = createEngine({ readInterfaces: () => table });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    const stopped = engine.drain();
    table = networkInterfaces();
    await folder.write(".vscode/boot-plan.json", `{}`);
    await stopped;
    assert.deepEqual(states(engine), ["stopped", "stopped", "stopped"]);
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((kind) => /UDP|TCP/.test(kind)),
      [],
    );
  });

  it("a drain ends what still runs after the time that it was given, and nothing that was started meanwhile", async () => {
    const clock = new VirtualClock();
    const events: string[] = [];
    let started = 0;
    const endless: StartServer = (_, addresses, port) => {
      const name = `server ${(started += 1)}`;
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      return Promise.resolve({
        protocol: "tftp",
        addresses,
        port,
        warnings: [],
        listenOn: () => Promise.resolve(),
        drain: () => ended,
        stopNow: () => {
          events.push(`${name} was cut`);
          end();
          return Promise.resolve();
        },
        cancelTransfer: () => false,
      });
    };
    const endlessly = createEngine({ clock, starters: { ...starters, tftp: endless } });
    const serve = (): Promise<void> => endlessly.configure({ ...wanted, servers: ["tftp"] });
    await serve();
    const drained = endlessly.drain(600).then(() => events.push("drained"));
    await serve();
    clock.advance(599_999);
    await nextTurn();
    assert.deepEqual(events, []);
    clock.advance(1);
    await drained;
    assert.deepEqual(events, ["server 1 was cut", "drained"]);
    await endlessly.stopNow();
  });

  it("tells each warning of the plan once, however often it is read", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "u-boot.bin", "tftp": ["a", "b"] }`);
    const warnings: string[] = [];
    engine.onRow((row) => row.type === "log" && row.level === "warning" && warnings.push(row.message));
    await engine.configure(wanted);
    assert.equal(warnings.length, 2);
    const changed = rowThat(engine, (row) => row.type === "log" && row.level === "info");
    await folder.write(".vscode/boot-plan.json", `{ "boot": "u-boot.bin", "tftp": ["a", "b", "c"] }`);
    await changed;
    assert.equal(warnings.length, 3);
  });

  it("tells a packet at once, then at most one a second, and the last one always", async () => {
    const clock = new VirtualClock();
    let hear: (() => void) | undefined;
    const fake: StartServer = (context, addresses, port) => {
      hear = () => {
        context.heard("tftp");
      };
      const nothing = (): Promise<void> => Promise.resolve();
      return Promise.resolve({
        protocol: "tftp",
        addresses,
        port,
        warnings: [],
        listenOn: nothing,
        drain: nothing,
        stopNow: nothing,
        cancelTransfer: () => false,
      });
    };
    const quiet = createEngine({ clock, starters: { ...starters, tftp: fake } });
    const told: (number | undefined)[] = [];
    await quiet.configure({ ...wanted, servers: ["tftp"] });
    quiet.onRow((row) => row.type === "server" && told.push(row.lastPacketAt));
    const start = clock.wallTime();
    for (let ms = 0; ms < 2_500; ms += 100) {
      hear?.();
      clock.advance(100);
    }
    clock.advance(5_000);
    assert.deepEqual(
      told.map((at) => (at ?? 0) - start),
      [0, 900, 1_900, 2_400],
    );
    hear?.();
    assert.equal(told.length, 5, "after a pause the next one is told at once");
    hear?.();
    clock.advance(10);
    hear?.();
    await quiet.stopNow();
    assert.equal(told.at(-1), clock.wallTime(), "a stop tells the last one");
    assert.equal(clock.next(), undefined, "no timer is left");
  });

  describe("where the standard port needs rights", () => {
    /** Binds high ports only, as a user without rights does. */
    const withoutRights: StartServer = async (context, addresses, port) => {
      if (port < 1024)
        throw new EngineError({ code: "port.permission", message: `no permission for ${port}`, remedy: "x" });
      return starters.tftp(context, addresses, 0).then((server) => ({
        ...server,
        addresses,
        port,
        warnings: [],
        protocol: "tftp",
        listenOn: (all) => server.listenOn(all),
        drain: () => server.drain(),
        stopNow: () => server.stopNow(),
        cancelTransfer: () => false,
      }));
    };
    const tftp = async (changes: Partial<Wanted>): Promise<ServerRow> => {
      engine = createEngine({ starters: { ...starters, tftp: withoutRights } });
      await engine.configure({ ...wanted, servers: ["tftp"], ports: standardPorts, ...changes });
      return server(engine, "tftp");
    };

    it("loopback goes to the high one, and says so", async () => {
      const row = await tftp({ fallBackToHighPorts: true });
      assert.deepEqual([row.state, row.port], ["running", 6969]);
      assert.deepEqual(
        row.warnings.map(({ message }) => message),
        ["port 69 needs rights; it listens on 6969"],
      );
    });

    it("a port that was asked for is not exchanged for another, and neither is one that is not standard", async () => {
      const refused = await tftp({ fallBackToHighPorts: false });
      assert.deepEqual(
        [refused.state, refused.trouble?.code, refused.port],
        ["failed", "port.permission", 69],
      );
      await engine.stopNow();
      const other = await tftp({ fallBackToHighPorts: true, ports: { ...standardPorts, tftp: 70 } });
      assert.deepEqual([other.state, other.port], ["failed", 70]);
    });
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
