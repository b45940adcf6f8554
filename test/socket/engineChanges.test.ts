import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdir, readFile, rename } from "node:fs/promises";
import { connect } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { createInterface } from "node:readline";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { nextTurn, systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import type { InterfaceTable } from "../../src/engine/interfaces";
import type { Engine } from "../../src/model/api";
import { parseLeases } from "../../src/model/leaseFile";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import { decodePacket, encodePacket } from "../../src/protocol/bootp/packet";
import { aRequest } from "../support/bootp";
import { rowThat, serverRow as server, statesOf as states } from "../support/engines";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("the engine, where addresses or the folder change", () => {
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

  it("boards of another folder have neither the leases nor the rows of the one before, and its lease file is left alone", async () => {
    const plan = `{ "boot": "u-boot.bin", "pool": "127.0.0.100-127.0.0.110" }`;
    await folder.write(".vscode/boot-plan.json", plan);
    const other = await temporaryFolder({ "u-boot.bin": "boot", ".vscode/boot-plan.json": plan });
    const state = await temporaryFolder();
    const board = createSocket("udp4").bind(0, "127.0.0.1");
    try {
      await once(board, "listening");
      /** The address that the board with this MAC is given. */
      const ask = async (mac: string): Promise<string> => {
        const answered = once(board, "message") as Promise<[Buffer]>;
        board.send(encodePacket(aRequest({ mac })), server(engine, "bootp").port, "127.0.0.1");
        return decodePacket((await answered)[0]).yiaddr;
      };
      /** Each file of leases, with the addresses in it. */
      const leases = async (): Promise<string[]> => {
        const names = (await readdir(state.path)).sort();
        const texts = await Promise.all(names.map((name) => readFile(state.at(name), "utf8")));
        return texts
          .map((text) =>
            (parseLeases(text) ?? [])
              .map(({ key }) => key.slice(-2))
              .sort()
              .join(),
          )
          .sort();
      };
      const first = { ...wanted, servers: ["bootp"], stateFolder: state.path } as const;
      await engine.configure(first);
      assert.equal(await ask("02:00:00:00:00:0a"), "127.0.0.100");
      assert.equal(await ask("02:00:00:00:00:0b"), "127.0.0.101");
      await engine.configure({ ...first, folder: other.path });
      assert.deepEqual([...engine.snapshot().clients], [], "no row is left");
      assert.equal(await ask("02:00:00:00:00:0b"), "127.0.0.100", "nothing was given here before");
      await engine.configure(first);
      assert.equal(await ask("02:00:00:00:00:0b"), "127.0.0.101", "as it had it here");
      await engine.stopNow();
      assert.deepEqual(await leases(), ["0a,0b", "0b"]);
    } finally {
      board.close();
      await engine.stopNow();
      await Promise.all([other.remove(), state.remove()]);
    }
  });

  it("boards of another folder have their own roots there, at servers that go on as well", async () => {
    const mac = "52:54:00:12:34:56";
    const own = { name: "bench-1", mac, root: "own" };
    const other = await temporaryFolder({
      "u-boot.bin": "boot",
      "own/mine.bin": "of bench-1",
      ".vscode/boot-plan.json": JSON.stringify({ boot: "u-boot.bin", clients: [own] }),
    });
    const board = createSocket("udp4").bind(0, "127.0.0.1");
    try {
      await once(board, "listening");
      await engine.configure(wanted);
      const { port } = server(engine, "tftp");
      await engine.configure({ ...wanted, folder: other.path });
      assert.equal(server(engine, "tftp").port, port);
      const answered = once(board, "message");
      const request = encodePacket(aRequest({ mac, ciaddr: "127.0.0.1" }));
      board.send(request, server(engine, "bootp").port, "127.0.0.1");
      await answered;
      const chunks: Uint8Array[] = [];
      await fetchTftp(systemClock, { host: "127.0.0.1", port }, "mine.bin", (chunk) => {
        chunks.push(chunk.slice());
      });
      assert.equal(Buffer.concat(chunks).toString(), "of bench-1");
    } finally {
      board.close();
      await engine.stopNow();
      await other.remove();
    }
  });

  it("a BOOTP server that is not wanted for another folder is stopped, and its row says so", async () => {
    await engine.configure(wanted);
    const other = await temporaryFolder({ "u-boot.bin": "boot" });
    try {
      await engine.configure({ ...wanted, folder: other.path, servers: ["tftp", "ftp"] });
      assert.deepEqual(states(engine), ["stopped", "running", "running"]);
    } finally {
      await engine.stopNow();
      await other.remove();
    }
  });

  it("addresses that cannot be followed, for the folder is away, are told once and tried until it is back", async () => {
    const infosOf = (address: string): InterfaceTable => ({
      bench0: [{ address, netmask: "255.0.0.0", family: "IPv4", mac: "", internal: true, cidr: null }],
    });
    let table = infosOf("127.0.0.1");
    let looks = 0;
    engine = createEngine({
      readInterfaces: () => {
        looks += 1;
        return table;
      },
    });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    const errors: string[] = [];
    engine.onRow((row) => {
      if (row.type === "log" && row.level === "error") errors.push(row.message);
    });
    await rename(folder.path, `${folder.path}-away`);
    table = infosOf("127.0.0.2");
    const until = looks + 5;
    while (looks < until) await nextTurn();
    await rename(`${folder.path}-away`, folder.path);
    await rowThat(
      engine,
      (row) => row.id === "ftp" && "addresses" in row && row.addresses[0] === "127.0.0.2",
    );
    assert.equal(errors.length, 1, errors.join("; "));
  });

  describe("where one of two addresses goes and comes back", () => {
    const at = (address: string): NetworkInterfaceInfo => ({
      address,
      netmask: "255.0.0.0",
      family: "IPv4",
      mac: "",
      internal: true,
      cidr: null,
    });
    const both = [at("127.0.0.1"), at("127.0.0.2")];
    let table: InterfaceTable;
    const closings: (() => void)[] = [];

    beforeEach(async () => {
      table = { bench0: both };
      engine = createEngine({ readInterfaces: () => table });
      await engine.configure({ ...wanted, addresses: ["bench0"] });
    });

    afterEach(() => {
      for (const close of closings.splice(0)) close();
    });

    /** Changes the addresses, and waits until all servers listen on them. */
    const become = async (...infos: NetworkInterfaceInfo[]): Promise<void> => {
      const addresses = infos.map(({ address }) => address).join();
      const settled = ["bootp", "tftp", "ftp"].map((id) =>
        rowThat(
          engine,
          (row) => row.type === "server" && row.id === id && row.addresses.join() === addresses,
        ),
      );
      table = { bench0: infos };
      await Promise.all(settled);
    };

    const ports = (): number[] => ["bootp", "tftp", "ftp"].map((name) => server(engine, name).port);

    /** An FTP control connection: `says` resolves with the next reply. */
    const control = async (address: string) => {
      const socket = connect(server(engine, "ftp").port, address);
      closings.push(() => socket.destroy());
      await once(socket, "connect");
      const lines = createInterface(socket)[Symbol.asyncIterator]();
      const says = async (): Promise<string> => String((await lines.next()).value);
      assert.match(await says(), /^220 /);
      return {
        says,
        ask: (command: string) => {
          socket.write(`${command}\r\n`);
          return says();
        },
      };
    };

    /** What TFTP sends first to who asks for the boot file. */
    const load = async (address: string): Promise<number | undefined> => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      closings.push(() => socket.close());
      await once(socket, "listening");
      const answered = once(socket, "message") as Promise<[Buffer]>;
      socket.send(Buffer.from("\0\x01u-boot.bin\0octet\0", "latin1"), server(engine, "tftp").port, address);
      return (await answered)[0][1];
    };

    it("what listens and runs on the other one stays as it is: the ports, and an idle FTP session", async () => {
      const before = ports();
      const stays = await control("127.0.0.1");
      const goes = await control("127.0.0.2");
      await become(at("127.0.0.1"));
      assert.match(await goes.says(), /^421 /);
      assert.match(await stays.ask("NOOP"), /^200 /);
      assert.equal(await load("127.0.0.1"), 3, "DATA");
      assert.deepEqual(ports(), before, "any free port was asked for: one that was started anew has another");
      await assert.rejects(control("127.0.0.2"), { code: "ECONNREFUSED" });
      await become(...both);
      assert.match(await stays.ask("NOOP"), /^200 /);
      assert.match(await (await control("127.0.0.2")).ask("NOOP"), /^530 |^200 /);
      assert.equal(await load("127.0.0.2"), 3);
      assert.deepEqual(ports(), before);
      assert.deepEqual(states(engine), ["running", "running", "running"]);
    });

    it("the time of a server's last packet stays told", async () => {
      await load("127.0.0.1");
      const { lastPacketAt } = server(engine, "tftp");
      assert.ok(lastPacketAt !== undefined);
      await become(at("127.0.0.1"));
      assert.equal(server(engine, "tftp").lastPacketAt, lastPacketAt);
    });

    it("where the port of the new one is taken, the server says so, as at a start", async () => {
      await become(at("127.0.0.1"));
      const holder = createSocket("udp4").bind(server(engine, "tftp").port, "127.0.0.2");
      closings.push(() => holder.close());
      await once(holder, "listening");
      const failed = rowThat(engine, (row) => row.id === "tftp" && "state" in row && row.state === "failed");
      const asked = { ...wanted, addresses: ["bench0"], ports: { ...anyPorts, tftp: ports()[1]! } };
      await engine.configure(asked);
      table = { bench0: both };
      await failed;
      assert.match(server(engine, "tftp").trouble?.message ?? "", /port \d+ of 127\.0\.0\.2/);
    });
  });

  it("waits where nothing but link-local IPv6 is left of its interface", async () => {
    const left = { address: "fe80::1", netmask: "ffff:ffff:ffff:ffff::", family: "IPv6", mac: "" } as const;
    engine = createEngine({
      readInterfaces: () => ({ bench0: [{ ...left, internal: false, cidr: null, scopeid: 1 }] }),
    });
    await engine.configure({ ...wanted, addresses: ["bench0"] });
    assert.deepEqual(states(engine), ["waiting", "waiting", "waiting"]);
    assert.equal(server(engine, "ftp").trouble?.code, "address.waiting");
  });
});
