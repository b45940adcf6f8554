import assert from "node:assert/strict";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import type { ServerRow } from "../../src/model/events";
import type { Disturber } from "../../src/model/faults/disturber";
import { Injection, type FaultBoard } from "../../src/model/faults/injection";
import { parseProfile } from "../../src/model/faults/parser";
import { faultsOf, type Faults } from "../../src/model/faults/profile";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import { decodePacket as decodeBootp, encodePacket as encodeBootp } from "../../src/protocol/bootp/packet";
import { encodeAck } from "../../src/protocol/tftp/packet";
import { aRequest } from "../support/bootp";
import { rowThat, serverRow } from "../support/engines";
import { ftpRead, tftpRead } from "../support/loopbackBoard";
import { until } from "../support/ftpWire";
import { randomBytes } from "../support/random";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import {
  openRawClient,
  requestFor,
  startTestedServer,
  type RawClient,
  type TestedServer,
} from "../support/tftp";
import { openPeer } from "../support/udpPeer";
import { VirtualClock } from "../support/virtualClock";

const faults = (...texts: string[]): Faults =>
  faultsOf(
    texts.map((text) => {
      const parsed = parseProfile(text);
      assert.ok("profile" in parsed, text);
      return parsed.profile;
    }),
    7,
  );

const firmware = randomBytes(20_000, 1);

/** Lets a test see what was done, whenever the row says it. */
class Watched extends Injection {
  disturber: Disturber | undefined;

  override transfer(board: FaultBoard): Disturber | undefined {
    return (this.disturber = super.transfer(board));
  }
}

describe("TFTP under a fault profile", function () {
  this.timeout(60_000);
  let clock: VirtualClock;
  let server: TestedServer;
  let board: RawClient;
  let injection: Watched;

  /** The server's clock stands still: what comes again comes because the test says so. */
  const start = async (text: string): Promise<void> => {
    clock = new VirtualClock();
    server = await startTestedServer({ clock, files: { "fw.bin": firmware } });
    injection = new Watched(faults(text));
    server.situation = { ...server.situation, injection };
    board = await openRawClient();
    board.send(requestFor("RRQ", "fw.bin"), { address: "127.0.0.1", port: server.port });
  };
  const injected = (what: string): Promise<void> =>
    until(() => injection.disturber?.lines.includes(what) === true);

  afterEach(async () => {
    await board.close();
    await server.stop();
  });

  it("a dropped block comes when it is sent again, and the row says what was done", async () => {
    await start("drop data 1");
    await injected("DATA 1 dropped");
    clock.advance(5000);
    await server.row((row) => row.injected?.includes("DATA 1 dropped") === true);
    const { packet } = await board.next();
    assert.deepEqual(
      packet.op === "DATA" && [packet.block, Buffer.compare(packet.data, firmware.subarray(0, 512))],
      [1, 0],
    );
  });

  it("a stalled block comes when its time is over, and no resend before", async () => {
    await start("stall data 1 20s");
    await injected("DATA 1 held for 20.0 s");
    clock.advance(19_999);
    // What was sent would have come: a question that was asked afterwards is answered by now.
    const witness = await openRawClient();
    witness.send(requestFor("RRQ", "missing.bin"), { address: "127.0.0.1", port: server.port });
    assert.equal((await witness.next()).packet.op, "ERROR");
    await witness.close();
    assert.equal(board.waiting.length, 0);
    clock.advance(1);
    assert.equal((await board.next()).packet.op, "DATA");
  });

  it("a packet of another port is one more, and is not what the real one is", async () => {
    await start("wrong-tid data 2");
    const first = await board.next();
    board.send(encodeAck(1), first.from);
    const two = [await board.next(), await board.next()];
    const real = two.find(({ from }) => from.port === first.from.port);
    const forged = two.find(({ from }) => from.port !== first.from.port);
    assert.ok(real?.packet.op === "DATA" && forged?.packet.op === "DATA");
    assert.deepEqual([real.packet.block, forged.packet.block], [2, 2]);
    assert.equal(Buffer.compare(real.packet.data, firmware.subarray(512, 1024)), 0);
    assert.notEqual(Buffer.compare(forged.packet.data, real.packet.data), 0);
  });

  it("a truncated block ends the file early", async () => {
    await start("truncate data 1");
    const { packet } = await board.next();
    assert.ok(packet.op === "DATA");
    assert.equal(packet.data.length, 256);
  });

  it("a corrupt block is as long as the right one, and another", async () => {
    await start("corrupt data 1");
    const { packet } = await board.next();
    assert.ok(packet.op === "DATA");
    assert.equal(packet.data.length, 512);
    assert.notEqual(Buffer.compare(packet.data, firmware.subarray(0, 512)), 0);
  });
});

describe("servers under a fault profile", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  let wanted: Wanted;

  beforeEach(async () => {
    folder = await temporaryFolder({
      "fw.bin": firmware,
      ".vscode/boot-plan.json": `{ "boot": "fw.bin", "clients": [{ "name": "bench-1", "mac": "52:54:00:12:34:56" }] }`,
    });
    engine = createEngine();
    wanted = { ...defaultWanted, folder: folder.path, ports: anyPorts };
  });
  afterEach(async () => {
    await engine.stopNow();
    await folder.remove();
  });
  const port = (protocol: string): number => serverRow(engine, protocol).port;
  const warned = (row: ServerRow): boolean => row.warnings.some(({ code }) => code === "faults.injected");
  const servers = (): ServerRow[] => ["bootp", "tftp", "ftp"].map((name) => serverRow(engine, name));

  it("say so in every row as long as it holds; configure changes it with no server started anew", async () => {
    const log: string[] = [];
    engine.onRow((row) => row.type === "log" && log.push(row.message));
    await engine.configure(wanted);
    const ports = servers().map((row) => row.port);
    assert.deepEqual(servers().map(warned), [false, false, false]);
    await engine.configure({ ...wanted, faults: faults("loss=5", "for bench-7: drop oack") });
    assert.deepEqual(servers().map(warned), [true, true, true]);
    assert.ok(log.includes("faults: loss 5 % both ways; drop oack for bench-7, seed 7"), log.join("\n"));
    assert.ok(log.some((line) => line.includes("--fault loss=5,seed=7")));
    assert.ok(log.some((line) => line.includes(`no client "bench-7"`)));
    await engine.configure(wanted);
    assert.deepEqual(servers().map(warned), [false, false, false]);
    assert.deepEqual(
      servers().map((row) => row.port),
      ports,
    );
  });

  it("our client has every byte over a link that loses, doubles and overtakes", async () => {
    const limits = { ...wanted.limits, maxBlksize: 512 };
    await engine.configure({ ...wanted, limits, faults: faults("loss=5,duplicate=5,reorder=5") });
    const ended = rowThat(engine, (row) => row.type === "transfer" && row.state === "finished");
    assert.equal(Buffer.compare(await tftpRead(port("tftp"), "fw.bin"), firmware), 0);
    const row = await ended;
    assert.ok(row.type === "transfer" && (row.injected?.length ?? 0) > 0, JSON.stringify(row));
  });

  it("FTP answers with the code once, then cuts once, then serves", async () => {
    await engine.configure({ ...wanted, faults: faults("ftp 425; cut-data 8KB; stall-data 4KB 10ms") });
    await assert.rejects(ftpRead(port("ftp"), "fw.bin"), /425/);
    await assert.rejects(ftpRead(port("ftp"), "fw.bin"));
    assert.equal(Buffer.compare(await ftpRead(port("ftp"), "fw.bin"), firmware), 0);
    const rows = [...engine.snapshot().transfers.values()].map(({ state, injected }) => [state, injected]);
    assert.deepEqual(rows, [
      ["failed", ["answered with 425"]],
      ["failed", ["data held after 4KB for 10ms", "data connection cut after 8KB"]],
      ["finished", undefined],
    ]);
  });

  it("BOOTP's answers to the chosen board are lost as often as it says, and nobody else's", async () => {
    await engine.configure({ ...wanted, faults: faults("for bench-1: drop answer x2") });
    const peer = await openPeer();
    try {
      const ask = (mac: string, xid: number): void => {
        peer.send(encodeBootp(aRequest({ mac, xid, ciaddr: "127.0.0.1" })), port("bootp"));
      };
      for (const xid of [1, 2, 3]) ask("52:54:00:12:34:56", xid);
      ask("52:54:00:12:34:99", 4);
      const answers = [await peer.next(), await peer.next()].map(({ packet }) => decodeBootp(packet).xid);
      // Which of the three is the third that is heard, the kernel says.
      assert.deepEqual(answers.map((xid) => xid === 4).sort(), [false, true]);
    } finally {
      await peer.socket.close();
    }
  });
});
