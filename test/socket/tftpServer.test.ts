import assert from "node:assert/strict";
import { rename, truncate, writeFile } from "node:fs/promises";
import { encodeAck, encodeData, encodeError, type Packet } from "../../src/protocol/tftp/packet";
import type { Endpoint } from "../../src/engine/udp";
import { unlikeBytes } from "../support/files";
import { until } from "../support/ftpWire";
import {
  endedRow,
  openRawClient,
  requestFor,
  startTestedServer,
  type RawClient,
  type Received,
  type TestedServer,
  type TftpServerOptions,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

describe("TFTP server on loopback", () => {
  let server: TestedServer;
  let client: RawClient;
  const clients: RawClient[] = [];
  const listener = (): Endpoint => ({ address: "127.0.0.1", port: server.port });

  const start = async (options: TftpServerOptions = {}): Promise<void> => {
    // A clock that stands still: what is driven by hand is never sent again, however slow the machine is.
    server = await startTestedServer({
      clock: new VirtualClock(),
      files: { "fw.bin": unlikeBytes(1200) },
      ...options,
    });
    client = await openClient();
  };
  const openClient = async (...args: Parameters<typeof openRawClient>): Promise<RawClient> => {
    const opened = await openRawClient(...args);
    clients.push(opened);
    return opened;
  };
  /** Sends to the listening port; resolves with the first answer. */
  const ask = (packet: Uint8Array, from: RawClient = client): Promise<Received> => {
    from.send(packet, listener());
    return from.next();
  };
  const get = (file: string, options = {}, mode?: string): Promise<Received> =>
    ask(requestFor("RRQ", file, options, mode));
  const answer = (packet: Uint8Array, to: Received): Promise<Received> => {
    client.send(packet, to.from);
    return client.next();
  };
  const data = ({ packet }: Received): [number, number] => {
    assert.ok(packet.op === "DATA", JSON.stringify(packet));
    return [packet.block, packet.data.length];
  };
  const code = ({ packet }: Received): number => {
    assert.ok(packet.op === "ERROR", packet.op);
    return packet.code;
  };
  const oack = (packet: Packet): Record<string, string> => {
    assert.ok(packet.op === "OACK", packet.op);
    return Object.fromEntries(packet.options);
  };
  /** The server has dealt with all that was sent before, once this is answered. */
  const nothingBut = async (count: number): Promise<void> => {
    const witness = await openClient();
    await ask(requestFor("RRQ", "witness"), witness);
    assert.equal(client.waiting.length, count);
  };

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((opened) => opened.close()));
    await server.stop();
  });

  it("each transfer has a port of its own, and nobody can count it up (T1, S15, RFC 1350 §4)", async () => {
    await start();
    const ports: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const { from } = await ask(requestFor("RRQ", "fw.bin"), await openClient());
      ports.push(from.port);
    }
    assert.equal(new Set([...ports, server.port]).size, 21);
    const steps = ports.slice(1).map((port, index) => Math.abs(port - ports[index]!));
    assert.ok(
      steps.every((step) => step > 4),
      ports.join(),
    );
  });

  it("another port's packet gets ERROR 5, once a second, and the transfer goes on (T2, RFC 1350 §4)", async () => {
    await start();
    const first = await get("fw.bin");
    const stranger = await openClient();
    stranger.send(encodeAck(1), first.from);
    assert.equal(code(await stranger.next()), 5);
    stranger.send(encodeAck(1), first.from);
    stranger.send(encodeError(0, "x"), first.from);
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
    assert.deepEqual(data(await answer(encodeAck(2), first)), [3, 176]);
    client.send(encodeAck(3), first.from);
    assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
    assert.equal(stranger.waiting.length, 0);
  });

  it("a stranger's ERROR to a transfer is not answered, and does not end it (T2, T4, RFC 1350 §7)", async () => {
    await start();
    const first = await get("fw.bin");
    const stranger = await openClient("127.0.0.2");
    stranger.send(encodeError(0, "enough"), first.from);
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
    assert.equal(stranger.waiting.length, 0);
  });

  it("another address with the right port is a stranger too (T3)", async () => {
    await start({ files: { "fw.bin": unlikeBytes(1200) } });
    const first = await get("fw.bin");
    const stranger = await openClient("127.0.0.2", false, client.local.port);
    stranger.send(encodeAck(1), first.from);
    assert.equal(code(await stranger.next()), 5);
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
  });

  it("nothing but a request is answered on the listening port (T4, T5, T6)", async () => {
    await start();
    for (const bytes of [
      [],
      [0],
      [0, 1],
      [0, 0, 0, 0],
      [0, 3, 0, 1, 9],
      [0, 4, 0, 1],
      [0, 5, 0, 0, 0],
      [0, 6, 97, 0],
    ]) {
      if (bytes.length === 2 && bytes[1] === 1) continue;
      client.send(Uint8Array.from(bytes), listener());
    }
    for (let opcode = 7; opcode < 256; opcode += 1) client.send(Uint8Array.of(0, opcode, 97, 0), listener());
    await nothingBut(0);
  });

  it("an ERROR to a transfer ends it without an answer (T4, RFC 1350 §7)", async () => {
    await start();
    const first = await get("fw.bin");
    await answer(encodeAck(1), first);
    client.send(encodeError(3, "flash \u001b[31m full"), first.from);
    const row = await server.row(endedRow("fw.bin"));
    assert.equal(row.state, "failed");
    assert.equal(row.trouble?.code, "tftp.peerError");
    assert.match(row.trouble.message, /at 42 %: ERROR 3 "flash \\x1b\[31m full"/);
    await nothingBut(0);
  });

  it("bytes that are no packet do not hurt a running transfer (T6)", async () => {
    await start();
    const first = await get("fw.bin");
    for (const bytes of [[], [0], [0, 4], [0, 4, 0], [9, 9, 9, 9]])
      client.send(Uint8Array.from(bytes), first.from);
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
  });

  it("mail mode and unknown modes get ERROR 4 (T16, T17, RFC 1123 §4.2.2.1)", async () => {
    await start();
    for (const mode of ["mail", "foo", "octe"]) assert.equal(code(await get("fw.bin", {}, mode)), 4);
    assert.equal(server.rows()[0]?.trouble?.code, "tftp.mode");
    assert.deepEqual(data(await get("fw.bin", {}, "OcTeT")), [1, 512]);
  });

  it("a malformed request gets ERROR 4 and never data (T18, S1)", async () => {
    await start();
    const bad = ["fw.bin|octet", "|octet|", "fw.bin|", "", `${"n".repeat(600)}|octet|`];
    for (const text of bad) {
      const bytes = Uint8Array.from([0, 1, ...Array.from(text, (c) => (c === "|" ? 0 : c.charCodeAt(0)))]);
      assert.equal(code(await ask(bytes)), 4, text);
    }
  });

  it("the OACK holds what was asked and can be granted, with the real size (T19, T21, T24, T27, T28, T31)", async () => {
    await start();
    const options = { TSIZE: 0, BlkSize: 1024, foo: 1, windowsize: 2, timeout: 3 };
    const first = await get("fw.bin", options);
    assert.deepEqual(oack(first.packet), { tsize: "1200", blksize: "1024", windowsize: "2", timeout: "3" });
    client.send(encodeAck(0), first.from);
    assert.deepEqual(
      [data(await client.next()), data(await client.next())],
      [
        [1, 1024],
        [2, 176],
      ],
    );
  });

  it("without an option that is granted DATA 1 comes at once (T28, RFC 2347 §2)", async () => {
    await start();
    assert.deepEqual(data(await get("fw.bin", { foo: 1, blksize: 7 })), [1, 512]);
  });

  it("netascii without a size: tsize is not acknowledged (T15, T20)", async () => {
    await start({ files: { "t.txt": "a\nb\rc\n" } });
    const { packet } = await get("t.txt", { tsize: 0 }, "netascii");
    assert.ok(packet.op === "DATA");
    assert.equal(Buffer.from(packet.data).toString("latin1"), "a\r\nb\r\0c\r\n");
  });

  for (const [error, name] of [
    [8, "optionRefused"],
    [0, "undefined"],
  ] as const) {
    it(`ERROR ${error} right after the OACK is a size probe and no failure (T31, ${name})`, async () => {
      await start();
      const first = await get("fw.bin", { tsize: 0 });
      client.send(encodeError(error, "User aborted the transfer"), first.from);
      const row = await server.row(endedRow("fw.bin"));
      assert.equal(row.state, "probe");
      assert.equal(row.trouble, undefined);
      // The same port asks again, as UEFI does.
      assert.deepEqual(oack((await get("fw.bin", { blksize: 1468 })).packet), { blksize: "1468" });
    });
  }

  it("ERROR 0 or 8 right after DATA 1 is a size probe too; another code, or one after an ACK, is a failure (T31)", async () => {
    await start();
    for (const [error, acknowledges, state] of [
      [0, false, "probe"],
      [8, false, "probe"],
      [3, false, "failed"],
      [0, true, "failed"],
    ] as const) {
      const board = await openClient();
      let last = await ask(requestFor("RRQ", "fw.bin"), board);
      assert.deepEqual(data(last), [1, 512]);
      if (acknowledges) {
        board.send(encodeAck(1), last.from);
        last = await board.next();
      }
      board.send(encodeError(error, "enough"), last.from);
      const row = await server.row((each) => each.port === board.local.port && endedRow("fw.bin")(each));
      assert.deepEqual(
        [row.state, row.trouble?.code],
        [state, state === "failed" ? "tftp.peerError" : undefined],
      );
    }
  });

  it("the same request twice is one transfer, and gets the current packet again (T34)", async () => {
    await start();
    const first = await get("fw.bin");
    const again = await get("fw.bin");
    assert.deepEqual(again.from, first.from);
    assert.deepEqual(again.bytes, first.bytes);
    await answer(encodeAck(1), first);
    assert.deepEqual(data(await get("fw.bin")), [2, 512]);
    await answer(encodeAck(2), first);
    client.send(encodeAck(3), first.from);
    assert.equal((await server.row(endedRow("fw.bin"))).retransmissions, 2);
    assert.equal(server.rows().length, 1);
  });

  it("another request from the same port is a new transfer, and the old one ends without a word", async () => {
    await start({ files: { "fw.bin": unlikeBytes(1200), "next.bin": unlikeBytes(10) } });
    await get("fw.bin");
    assert.deepEqual(data(await get("next.bin")), [1, 10]);
    assert.equal((await server.row(endedRow("fw.bin"))).trouble?.code, "tftp.askedAgain");
    await nothingBut(0);
  });

  it("a board that was reset in the middle and asks from the same port starts from the first block", async () => {
    const clock = new VirtualClock();
    await start({ clock });
    const first = await get("fw.bin");
    await answer(encodeAck(1), first);
    clock.advance(1100);
    // The retransmissions of DATA 2 that the reset board does not care for.
    let second = await get("fw.bin");
    while (data(second)[0] !== 1) second = await client.next();
    assert.notEqual(second.from.port, first.from.port);
    assert.equal(server.rows().filter(({ state }) => state === "running").length, 1);
  });

  it("what cannot be had is told by its code, and never with a path of this computer (T35, T36, T38)", async () => {
    await start({ files: { "fw.bin": "x", "sub/a.bin": "x", ".env": "secret", "board.pem": "secret" } });
    const expected: Record<string, number> = {
      "missing.bin": 1,
      "sub/missing.bin": 1,
      sub: 2,
      "../fw.bin": 2,
      "/../../etc/passwd": 2,
      ".env": 2,
      "board.pem": 2,
    };
    for (const [file, wanted] of Object.entries(expected)) {
      const received = await get(file);
      assert.equal(code(received), wanted, file);
      assert.ok(!Buffer.from(received.bytes).includes(server.folder.path), file);
      const row = await server.row(endedRow(file));
      assert.equal(row.state, "refused");
      assert.ok(row.trouble !== undefined && !JSON.stringify(row).includes(server.folder.path));
    }
    assert.equal((await server.row(endedRow(".env"))).trouble?.code, "name.dotFile");
    assert.equal(code(await ask(requestFor("WRQ", "new.bin"))), 2);
  });

  it("the row of a missing file has the nearest names", async () => {
    await start({ files: { "u-boot.bin": "x" } });
    assert.equal(code(await get("uboot.bin")), 1);
    const row = await server.row(({ nearest }) => nearest !== undefined);
    assert.equal(row.state, "refused");
    assert.deepEqual(row.nearest, ["u-boot.bin"]);
  });

  it("the row says which file an alias led to", async () => {
    await start({ files: { "u-boot.bin": "x" }, door: { aliases: { "pxelinux.0": "u-boot.bin" } } });
    const first = await get("pxelinux.0");
    client.send(encodeAck(1), first.from);
    assert.equal((await server.row(endedRow("pxelinux.0"))).servedFile, "u-boot.bin");
    assert.equal(server.departures[0]?.file, "u-boot.bin");
  });

  it("a request to a broadcast address is not answered (T37, RFC 1123 §4.2.3.5)", async function () {
    if (process.platform !== "linux") this.skip();
    await start();
    const shouting = await openClient("0.0.0.0", true);
    for (const address of ["127.255.255.255"])
      shouting.send(requestFor("RRQ", "fw.bin"), { address, port: server.port });
    await nothingBut(0);
    assert.equal(shouting.waiting.length, 0);
    assert.equal(server.rows().filter(({ file }) => file === "fw.bin").length, 0);
  });

  it("a file that is replaced by rename is served to its end as it was (T45, X5)", async () => {
    const content = unlikeBytes(2_000_000);
    await start({ files: { "fw.bin": content } });
    let received = await get("fw.bin", { blksize: 65464 });
    await writeFile(server.folder.at("new.bin"), Buffer.alloc(2_000_000, 0x55));
    await rename(server.folder.at("new.bin"), server.folder.at("fw.bin"));
    const got: Uint8Array[] = [];
    received = await answer(encodeAck(0), received);
    for (;;) {
      assert.ok(received.packet.op === "DATA");
      got.push(received.packet.data);
      const ack = encodeAck(received.packet.block);
      if (received.packet.data.length < 65464) {
        client.send(ack, received.from);
        break;
      }
      received = await answer(ack, received);
    }
    assert.ok(Buffer.concat(got).equals(content));
    assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
  });

  for (const [how, change] of [
    ["overwritten", (path: string) => writeFile(path, Buffer.alloc(2_000_000, 0x55))],
    ["truncated", (path: string) => truncate(path, 1000)],
    ["grown", (path: string) => truncate(path, 3_000_000)],
  ] as const) {
    it(`a file that is ${how} in place ends the transfer with ERROR 0, and nothing is mixed (T45, X5)`, async () => {
      const content = unlikeBytes(2_000_000);
      await start({ files: { "fw.bin": content } });
      let received = await get("fw.bin", { blksize: 65464 });
      received = await answer(encodeAck(0), received);
      await change(server.folder.at("fw.bin"));
      let at = 0;
      while (received.packet.op === "DATA") {
        assert.ok(Buffer.from(received.packet.data).equals(content.subarray(at, at + 65464)), `at ${at}`);
        at += received.packet.data.length;
        received = await answer(encodeAck(received.packet.block), received);
      }
      assert.equal(code(received), 0);
      const row = await server.row(endedRow("fw.bin"));
      assert.deepEqual([row.state, row.trouble?.code], ["failed", "file.changed"]);
      assert.equal(row.sha256, undefined);
    });
  }

  it("a client that vanishes is given up, and everything is let go (X3, T11)", async () => {
    const clock = new VirtualClock();
    await start({ clock });
    const first = await get("fw.bin");
    await answer(encodeAck(1), first);
    clock.advance(3000);
    assert.ok((await server.row(({ waitingSince }) => waitingSince !== undefined)).retransmissions > 1);
    clock.advance(60_000);
    const row = await server.row(endedRow("fw.bin"));
    assert.equal(row.state, "failed");
    // The silence at its end is a wait as any other.
    assert.deepEqual(
      row.waits?.map(({ ms }) => ms),
      [60_000],
    );
    assert.match(row.trouble!.message, /the client stopped at 42 %: nothing came from it for 60 s/);
    await server.server.drain();
  });

  it("a client that never answers gets 5 packets (S6, X3, X26)", async () => {
    const clock = new VirtualClock();
    await start({ clock });
    await get("fw.bin");
    clock.advance(120_000);
    const row = await server.row(endedRow("fw.bin"));
    assert.deepEqual([row.state, row.trouble?.code], ["failed", "tftp.noAnswer"]);
    await until(() => client.waiting.length >= 4);
    await nothingBut(4);
  });

  it("the row says when the first byte went, when it was acknowledged, the round trip, and each wait", async () => {
    const clock = new VirtualClock();
    await start({ clock });
    let last = await get("fw.bin");
    clock.advance(400);
    last = await answer(encodeAck(1), last);
    assert.deepEqual(data(last), [2, 512]);
    // DATA 2 is sent again meanwhile: its ACK measures nothing (Karn's rule, RFC 6298 §3).
    clock.advance(2000);
    client.send(encodeAck(2), last.from);
    while (data(last)[0] !== 3) last = await client.next();
    client.send(encodeAck(3), last.from);
    const { firstByteMs, firstAckMs, roundTripMs, waits, retransmissions } = await server.row(
      endedRow("fw.bin"),
    );
    assert.deepEqual([firstByteMs, firstAckMs, roundTripMs], [0, 400, 350]);
    assert.deepEqual(waits, [
      { fromMs: 0, ms: 400, sentAgain: 0 },
      { fromMs: 400, ms: 2000, sentAgain: retransmissions },
    ]);
    assert.ok(retransmissions > 0);
  });

  it("one transfer can be cancelled, and the others go on", async () => {
    await start();
    const first = await get("fw.bin");
    const { id } = server.rows()[0]!;
    assert.equal(server.server.cancelTransfer("nobody"), false);
    assert.equal(server.server.cancelTransfer(id), true);
    assert.equal(code(await client.next()), 0);
    assert.equal((await server.row(endedRow("fw.bin"))).state, "cancelled");
    assert.equal(server.server.cancelTransfer(id), false);
    assert.ok(first.from.port > 0);
  });

  it("stopping now tells every peer and takes no time", async () => {
    await start({ clock: new VirtualClock() });
    const others = await Promise.all(Array.from({ length: 20 }, () => openClient()));
    await Promise.all(others.map((other) => ask(requestFor("RRQ", "fw.bin"), other)));
    await server.server.stopNow();
    for (const other of others) {
      const { packet } = await other.next();
      assert.deepEqual(packet, { op: "ERROR", code: 0, message: "server stopped" });
    }
    assert.ok(server.rows().every(({ state }) => state === "cancelled"));
  });

  it("draining closes the port at once and lets the transfers end", async () => {
    await start();
    const first = await get("fw.bin");
    const drained = server.server.drain();
    client.send(requestFor("RRQ", "late.bin"), listener());
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
    assert.deepEqual(data(await answer(encodeAck(2), first)), [3, 176]);
    client.send(encodeAck(3), first.from);
    await drained;
    assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
    assert.equal(server.rows().length, 1);
  });

  it("a running transfer keeps the root that it started with", async () => {
    await start({ files: { "fw.bin": unlikeBytes(1200) } });
    const first = await get("fw.bin");
    const closed = { open: () => Promise.reject(new Error("another root")) } as never;
    server.situation = { ...server.situation, rootOf: () => closed };
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
    const other = await openClient();
    assert.equal(code(await ask(requestFor("RRQ", "fw.bin"), other)), 0);
  });

  it("more transfers than the limit are refused in words, with a row (X11)", async () => {
    await start({ limits: { tftpTransfers: 2 } });
    for (let index = 0; index < 2; index += 1) {
      const board = await openClient();
      board.send(encodeAck(1), (await ask(requestFor("RRQ", "fw.bin"), board)).from);
      assert.deepEqual(data(await board.next()), [2, 512]);
    }
    for (let index = 0; index < 3; index += 1) assert.equal(code(await get("fw.bin")), 0);
    const refused = server.rows().filter(({ state }) => state === "refused");
    assert.deepEqual(
      refused.map(({ trouble }) => trouble?.code),
      ["limit.tftpTransfers"],
      "one row for one peer",
    );
    assert.match(refused[0]!.trouble!.remedy!, /--limit tftpTransfers=/);
  });

  it("requests that are never answered lock nobody out: the oldest makes room (S6, X26, DESIGN §6)", async () => {
    await start({ limits: { tftpTransfers: 4 }, clock: new VirtualClock() });
    const board = await openClient();
    const first = await ask(requestFor("RRQ", "fw.bin"), board);
    board.send(encodeAck(1), first.from);
    const second = await board.next();
    const flood = await Promise.all(Array.from({ length: 12 }, () => openClient()));
    for (const silent of flood) {
      const { packet } = await ask(requestFor("RRQ", "fw.bin", { timeout: 255 }), silent);
      assert.equal(packet.op, "OACK");
    }
    // The board that answered is not driven out, and another one gets its file.
    board.send(encodeAck(2), second.from);
    assert.deepEqual(data(await board.next()), [3, 176]);
    assert.deepEqual(data(await get("fw.bin")), [1, 512]);
    const rows = server.rows();
    assert.deepEqual(
      rows.map(({ state }) => state),
      ["running", ...flood.map((_, index) => (index < 10 ? "cancelled" : "running")), "running"],
    );
    const { trouble } = rows[1]!;
    assert.equal(trouble?.code, "tftp.evicted");
    assert.match(trouble.message, /never answered a packet/);
    assert.match(trouble.remedy!, /--limit tftpTransfers=/);
    // Nobody who may not be there is sent anything more (S6).
    assert.ok(flood.every(({ waiting }) => waiting.length === 0));
  });

  it("an address that may not ask gets ERROR 2 once a second, and a row", async () => {
    await start({ allow: ["192.0.2.0/24"] });
    assert.equal(code(await get("fw.bin")), 2);
    client.send(requestFor("RRQ", "fw.bin"), listener());
    assert.deepEqual(
      [server.rows()[0]?.state, server.rows()[0]?.trouble?.code],
      ["refused", "access.network"],
    );
    // Told by another address, for which the second has not begun.
    assert.equal(code(await ask(requestFor("RRQ", "fw.bin"), await openClient("127.0.0.2"))), 2);
    assert.equal(client.waiting.length, 0);
  });

  it("a transfer's own port does not take DATA for an upload", async () => {
    await start();
    const first = await get("fw.bin");
    client.send(encodeData(1, unlikeBytes(512)), first.from);
    assert.deepEqual(data(await answer(encodeAck(1), first)), [2, 512]);
  });
});
