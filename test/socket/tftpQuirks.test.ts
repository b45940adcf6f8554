import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import type { TftpOptions } from "../../src/engine/clients/tftpOpening";
import { nextTurn, systemClock } from "../../src/engine/clock";
import { openUdp, type Endpoint } from "../../src/engine/udp";
import type { Quirks } from "../../src/protocol/quirks";
import { decodePacket, encodeAck, encodeData, encodeError } from "../../src/protocol/tftp/packet";
import { unlikeBytes } from "../support/files";
import { until } from "../support/ftpWire";
import { aPlan } from "../support/bootp";
import { storeTftp } from "../support/storeTftp";
import {
  endedRow,
  openRawClient,
  requestFor,
  startTestedServer,
  type RawClient,
  type TestedServer,
  type TftpServerOptions,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

const listedMac = "52:54:00:12:34:56";
const everything = { blksize: 1468, tsize: 0, windowsize: 4 };

describe("a TFTP server for boards with quirks", () => {
  let server: TestedServer;
  const clients: RawClient[] = [];

  /** Stands still until a test moves it: what is driven by hand is never sent again. */
  let clock: VirtualClock;

  /** The board at 127.0.0.2 has the quirks, and nobody else. */
  const start = async (quirks: Quirks, options: TftpServerOptions = {}): Promise<void> => {
    clock = new VirtualClock();
    server = await startTestedServer({
      clock,
      files: { "fw.bin": unlikeBytes(1200) },
      allow: ["127.0.0.0/8"],
      ...options,
    });
    const clients = [{ name: "bench-1", mac: listedMac, address: "127.0.0.2", quirks }];
    server.situation = { ...server.situation, plan: aPlan({ clients }) };
  };
  const listener = (): Endpoint => ({ address: "127.0.0.1", port: server.port });
  const openClient = async (address = "127.0.0.2"): Promise<RawClient> => {
    const opened = await openRawClient(address);
    clients.push(opened);
    return opened;
  };
  const asks = (client: RawClient, options = {}, file = "fw.bin"): void => {
    client.send(requestFor("RRQ", file, options), listener());
  };
  /** A packet as this test writes it down: `DATA 1 512`, `OACK blksize=512`. */
  const next = async (client: RawClient): Promise<string> => {
    const { packet } = await client.next();
    if (packet.op === "DATA") return `DATA ${packet.block} ${packet.data.length}`;
    if (packet.op === "OACK")
      return `OACK ${[...packet.options].map((option) => option.join("=")).join(" ")}`;
    return packet.op === "ERROR" ? `ERROR ${packet.code}` : packet.op;
  };
  const fetchAll = async (file: string, options: TftpOptions = {}): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
    await fetchTftp(systemClock, { host: "127.0.0.1", port: server.port }, file, sink, undefined, options);
    return Buffer.concat(chunks);
  };

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((opened) => opened.close()));
    await server.stop();
  });

  const answers: readonly (readonly [Quirks, string])[] = [
    [{}, "OACK blksize=1468 tsize=1200 windowsize=4"],
    [{ maxBlksize: 1024 }, "OACK blksize=1024 tsize=1200 windowsize=4"],
    [{ maxWindowsize: 1 }, "OACK blksize=1468 tsize=1200 windowsize=1"],
    [{ noTsize: true }, "OACK blksize=1468 windowsize=4"],
    [{ noOptions: true }, "DATA 1 512"],
    [{ rollover: 1 }, "OACK blksize=1468 tsize=1200 windowsize=1"],
  ];
  for (const [quirks, answer] of answers) {
    it(`answers ${JSON.stringify(quirks)} with ${answer}`, async () => {
      await start(quirks);
      const [board, other] = [await openClient(), await openClient("127.0.0.3")];
      asks(board, everything);
      assert.equal(await next(board), answer);
      asks(other, everything);
      assert.equal(
        await next(other),
        "OACK blksize=1468 tsize=1200 windowsize=4",
        "nobody else is concerned",
      );
    });
  }

  it("says in the row which quirks made a difference, and in that of another board none", async () => {
    await start({ noOptions: true, maxBlksize: 1024, alwaysBroadcast: true });
    const [board, other] = [await openClient(), await openClient("127.0.0.3")];
    asks(board, everything);
    asks(other, everything);
    await Promise.all([next(board), next(other)]);
    const row = await server.row(({ address }) => address === "127.0.0.2");
    assert.deepEqual(
      [row.options, row.quirks],
      [{ mode: "octet", blksize: 512, windowsize: 1 }, { noOptions: true }],
    );
    assert.equal((await server.row(({ address }) => address === "127.0.0.3")).quirks, undefined);
  });

  it("keeps a transfer's quirks when the plan changes while it runs", async () => {
    await start({ noOptions: true });
    const board = await openClient();
    asks(board, everything);
    const first = await board.next();
    server.situation = { ...server.situation, plan: aPlan({}) };
    board.send(encodeAck(1), first.from);
    assert.equal(await next(board), "DATA 2 512");
  });

  it("caps what an upload is granted, and what it announces is still checked", async () => {
    await start({ maxBlksize: 512, noTsize: true }, { door: { uploads: "new" } });
    const board = await openClient();
    board.send(requestFor("WRQ", "up.bin", { blksize: 1468, tsize: 600 }), listener());
    const oack = await board.next();
    assert.deepEqual(oack.packet, { op: "OACK", options: new Map([["blksize", "512"]]) });
    board.send(encodeData(1, new Uint8Array(512)), oack.from);
    assert.equal(await next(board), "ACK");
    board.send(encodeData(2, new Uint8Array(10)), oack.from);
    assert.equal(await next(board), "ERROR 0", "600 bytes were announced, 522 came");
  });

  describe("rollover", () => {
    const size = 65537 * 8;

    /** Loads it block by block; the numbers of the last blocks. */
    async function lastBlocks(): Promise<number[]> {
      const numbers: number[] = [];
      let count = 0;
      await new Promise<void>((resolve, reject) => {
        const opened = openUdp({
          address: "127.0.0.2",
          port: 0,
          onPacket: (bytes, from) => {
            const packet = decodePacket(bytes);
            if (packet.op === "OACK")
              void opened.then((socket) => {
                socket.send(encodeAck(0), from);
              });
            if (packet.op !== "DATA" || packet.block === numbers.at(-1)) return;
            count += 1;
            numbers.push(packet.block);
            if (numbers.length > 5) numbers.shift();
            void opened.then((socket) => {
              socket.send(encodeAck(packet.block), from);
              if (packet.data.length < 8) void socket.close().then(resolve);
            });
          },
        });
        opened.then((socket) => {
          socket.send(requestFor("RRQ", "large.bin", { blksize: 8 }), listener());
        }, reject);
      });
      assert.equal(count, 65538);
      return numbers;
    }

    it("counts on with 1 after 65535, on the wire", async function () {
      this.timeout(60_000);
      await start({ rollover: 1 }, { files: { "large.bin": unlikeBytes(size) }, clock: systemClock });
      assert.deepEqual(await lastBlocks(), [65534, 65535, 1, 2, 3]);
      const row = await server.row(endedRow("large.bin"));
      assert.deepEqual([row.state, row.bytes, row.quirks], ["finished", size, { rollover: 1 }]);
    });
  });

  describe("duplicatePackets", () => {
    it("sends every DATA twice, and a board that acknowledges both copies gets no third (RFC 1123 §4.2.3.1)", async () => {
      await start({ duplicatePackets: true });
      const board = await openClient();
      asks(board, { windowsize: 4 });
      const oack = await board.next();
      assert.deepEqual(oack.packet, { op: "OACK", options: new Map([["windowsize", "1"]]) });
      board.send(encodeAck(0), oack.from);
      const said: string[] = [];
      for (const block of [1, 2, 3]) {
        said.push(await next(board));
        // Its first ACK is on its way, and the copy as well.
        clock.advance(1);
        said.push(await next(board));
        for (let copy = 0; copy < 2; copy += 1) board.send(encodeAck(block), oack.from);
      }
      assert.deepEqual(said, [
        ...["DATA 1 512", "DATA 1 512", "DATA 2 512", "DATA 2 512"],
        ...["DATA 3 176", "DATA 3 176"],
      ]);
      const row = await server.row(endedRow("fw.bin"));
      assert.deepEqual([row.state, row.quirks], ["finished", { duplicatePackets: true }]);
      assert.deepEqual([row.retransmissions, board.waiting.length], [0, 0]);
    });
  });

  describe("answerDelayMs", () => {
    it("lets the time pass before the first packet, whatever is asked again meanwhile, and not before the others", async () => {
      await start({ answerDelayMs: 2000 });
      const [board, other] = [await openClient(), await openClient("127.0.0.3")];
      const asked = clock.now();
      asks(board);
      asks(board);
      asks(other);
      assert.equal(await next(other), "DATA 1 512", "nobody else waits");
      while (board.waiting.length === 0) {
        clock.advance(10);
        await nextTurn();
      }
      assert.ok(clock.now() - asked >= 2000, `${clock.now() - asked} ms`);
      const { from } = await board.next();
      board.send(encodeAck(1), from);
      // While the clock ran, the first packet may have been sent again.
      let second = await next(board);
      while (second === "DATA 1 512") second = await next(board);
      assert.equal(second, "DATA 2 512");
      const rows = server.rows().filter(({ address }) => address === "127.0.0.2");
      assert.deepEqual(
        rows.map(({ quirks }) => quirks),
        [{ answerDelayMs: 2000 }],
      );
    });

    it("ends with a stop, without a packet but the ERROR", async () => {
      await start({ answerDelayMs: 5000 });
      const [board, other] = [await openClient(), await openClient("127.0.0.3")];
      asks(board);
      await until(() => server.heard === 1);
      asks(other);
      await next(other);
      await server.server.stopNow();
      assert.equal(await next(board), "ERROR 0");
    });
  });

  describe("singlePort", () => {
    it("carries many transfers at once on the port that was asked, and each board gets its own file", async function () {
      this.timeout(60_000);
      const files = Object.fromEntries(
        Array.from({ length: 24 }, (_, n) => [`${n}.bin`, unlikeBytes(40_000 + n)]),
      );
      await start({}, { files, clock: systemClock });
      server.situation = { ...server.situation, plan: aPlan({ quirks: { singlePort: true } }) };
      const ways: readonly TftpOptions[] = [
        { blksize: 512, windowsize: 1, tsize: false },
        { blksize: 1428, windowsize: 8 },
      ];
      await Promise.all(
        Object.entries(files).flatMap(([file, content]) =>
          ways.map(async (options) => {
            const got = await fetchAll(file, options);
            assert.ok(got.equals(content), file);
          }),
        ),
      );
      await server.server.drain();
      const rows = server.rows();
      assert.equal(rows.length, 48);
      for (const { state, quirks } of rows)
        assert.deepEqual([state, quirks], ["finished", { singlePort: true }]);
    });

    it("sends every packet from there, and knows a repeated request (T34)", async () => {
      await start({ singlePort: true });
      const board = await openClient();
      asks(board);
      const first = await board.next();
      assert.equal(first.from.port, server.port);
      asks(board);
      assert.equal(await next(board), "DATA 1 512");
      for (const block of [1, 2]) {
        board.send(encodeAck(block), listener());
        const { packet, from } = await board.next();
        assert.ok(packet.op === "DATA" && packet.block === block + 1);
        assert.equal(from.port, server.port);
      }
      board.send(encodeAck(3), listener());
      assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
      assert.equal(server.rows().length, 1);
    });

    it("takes an upload there, and acknowledges its last block again after its end (RFC 1350 §6)", async () => {
      await start({ singlePort: true }, { door: { uploads: "new" } });
      const content = unlikeBytes(100);
      const board = await openClient();
      board.send(requestFor("WRQ", "up.bin"), listener());
      assert.equal(await next(board), "ACK");
      board.send(encodeData(1, content), listener());
      assert.equal(await next(board), "ACK");
      assert.equal((await server.row(endedRow("up.bin"))).state, "finished");
      board.send(encodeData(1, content), listener());
      const again = await board.next();
      assert.deepEqual([again.packet, again.from.port], [{ op: "ACK", block: 1 }, server.port]);
    });

    it("takes uploads in windows", async () => {
      await start({}, { door: { uploads: "new" }, clock: systemClock });
      server.situation = { ...server.situation, plan: aPlan({ quirks: { singlePort: true } }) };
      const content = unlikeBytes(100_000);
      async function* source(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(content);
      }
      const target = { host: "127.0.0.1", port: server.port };
      await storeTftp(systemClock, target, "up.bin", source(), undefined, { windowsize: 8 });
      assert.ok((await readFile(join(server.folder.path, "up.bin"))).equals(content));
    });

    it("is safe: packets of others belong to no transfer, end none and are not answered (T2, T5)", async () => {
      await start({ singlePort: true });
      const [board, stranger, witness] = [
        await openClient(),
        await openClient(),
        await openClient("127.0.0.3"),
      ];
      asks(board);
      await board.next();
      for (const packet of [
        encodeAck(1),
        encodeError(0, "x"),
        encodeData(1, new Uint8Array(3)),
        new Uint8Array(2),
      ]) {
        stranger.send(packet, listener());
        witness.send(packet, listener());
      }
      board.send(encodeAck(1), listener());
      assert.equal(await next(board), "DATA 2 512");
      // What was sent before is dealt with once this is answered.
      asks(witness);
      assert.equal(await next(witness), "DATA 1 512");
      assert.equal(stranger.waiting.length + witness.waiting.length, 0);
      assert.equal(board.waiting.length, 0);
    });

    it("goes on after a stop on its port, which takes no request any more and is free at its end", async () => {
      await start({ singlePort: true });
      const [board, late] = [await openClient(), await openClient("127.0.0.3")];
      asks(board);
      await board.next();
      const drained = server.server.drain();
      asks(late);
      for (const block of [1, 2]) {
        board.send(encodeAck(block), listener());
        assert.equal(await next(board), block === 1 ? "DATA 2 512" : "DATA 3 176");
      }
      board.send(encodeAck(3), listener());
      await drained;
      assert.equal(late.waiting.length, 0);
      const socket = await openUdp({ ...listener(), onPacket: () => undefined });
      await socket.close();
    });

    it("goes on beside the next server on its port, when the link went and came (DESIGN §2.1)", async () => {
      await start({ singlePort: true });
      const [board, late] = [await openClient(), await openClient("127.0.0.3")];
      asks(board);
      await board.next();
      const earlier = server;
      const drained = earlier.server.drain();
      server = await startTestedServer({
        ...{ files: { "new.bin": unlikeBytes(700) }, allow: ["127.0.0.0/8"], clock, port: earlier.port },
      });
      asks(late, {}, "new.bin");
      assert.equal(await next(late), "DATA 1 512");
      for (const block of [1, 2]) {
        board.send(encodeAck(block), listener());
        assert.equal(await next(board), block === 1 ? "DATA 2 512" : "DATA 3 176");
      }
      board.send(encodeAck(3), listener());
      await drained;
      asks(board, {}, "new.bin");
      assert.equal(await next(board), "DATA 1 512", "the port stays open for the next one");
      await earlier.folder.remove();
    });
  });
});
