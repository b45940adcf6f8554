import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { UploadPolicy } from "../../src/model/settings";
import { encodeData, encodeError } from "../../src/protocol/tftp/packet";
import type { Endpoint } from "../../src/engine/udp";
import { unlikeBytes } from "../support/files";
import {
  endedRow,
  openRawClient,
  requestFor,
  startTestedServer,
  type RawClient,
  type Received,
  type TestedServer,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

describe("TFTP uploads on loopback", () => {
  let server: TestedServer;
  let client: RawClient;
  const clients: RawClient[] = [];
  const clock = new VirtualClock();
  const listener = (): Endpoint => ({ address: "127.0.0.1", port: server.port });
  const openClient = async (): Promise<RawClient> => {
    const opened = await openRawClient();
    clients.push(opened);
    return opened;
  };
  const start = async (uploads: UploadPolicy, uploadSize = 1_000_000): Promise<void> => {
    server = await startTestedServer({
      files: { "old.bin": "old" },
      door: { uploads, uploadSize },
      clock,
    });
    client = await openClient();
  };
  const put = (file: string, options = {}, from = client): Promise<Received> => {
    from.send(requestFor("WRQ", file, options), listener());
    return from.next();
  };
  const give = (to: Received, block: number, length = 512): Promise<Received> => {
    client.send(encodeData(block, unlikeBytes(length)), to.from);
    return client.next();
  };
  const said = ({ packet }: Received): string =>
    packet.op === "ACK" ? `ACK ${packet.block}` : packet.op === "ERROR" ? `ERROR ${packet.code}` : packet.op;

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((opened) => opened.close()));
    await server.stop();
  });

  it("without permission a WRQ gets ERROR 2 and leaves nothing (T39, S16)", async () => {
    await start("deny");
    assert.equal(said(await put("new.bin")), "ERROR 2");
    assert.equal(said(await put("old.bin")), "ERROR 2");
    const row = await server.row(endedRow("new.bin"));
    assert.deepEqual([row.state, row.direction, row.trouble?.code], ["refused", "write", "upload.denied"]);
    assert.deepEqual(await readdir(server.folder.path), ["old.bin"]);
  });

  it("a board that writes, stands still or asks in vain is told to the boot sequences: it is not idle (DESIGN §2.1)", async () => {
    await start("new");
    const { heardFrom } = server;
    assert.equal(said(await put("old.bin")), "ERROR 6");
    const refused = heardFrom.length;
    assert.ok(refused > 0 && heardFrom.every((address) => address === "127.0.0.1"));
    const read = await openClient();
    read.send(requestFor("RRQ", "missing.bin"), listener());
    assert.equal(said(await read.next()), "ERROR 1");
    const missing = heardFrom.length;
    assert.ok(missing > refused);
    assert.equal(said(await put("new.bin", {}, await openClient())), "ACK 0");
    const begun = heardFrom.length;
    assert.ok(begun > missing);
    clock.advance(8_000);
    assert.ok(heardFrom.length > begun);
  });

  it("an existing file is not overwritten unless that is allowed (T35, T39)", async () => {
    await start("new");
    assert.equal(said(await put("old.bin")), "ERROR 6");
    assert.equal(await readFile(server.folder.at("old.bin"), "utf8"), "old");
  });

  it("the file stands under its name before the last ACK goes out, and not earlier", async () => {
    await start("overwrite");
    const opened = await put("old.bin");
    assert.equal(said(opened), "ACK 0");
    assert.equal(said(await give(opened, 1)), "ACK 1");
    assert.equal(await readFile(server.folder.at("old.bin"), "utf8"), "old");
    client.send(encodeData(2, unlikeBytes(9)), opened.from);
    const last = await client.next();
    const stands = readFileSync(server.folder.at("old.bin"));
    assert.equal(said(last), "ACK 2");
    assert.ok(stands.equals(Buffer.concat([unlikeBytes(512), unlikeBytes(9)])));
  });

  it("the last block again gets its ACK again, for a while after the end (T13, RFC 1350 §6)", async () => {
    await start("new");
    const opened = await put("new.bin");
    assert.equal(said(await give(opened, 1, 5)), "ACK 1");
    assert.equal((await server.row(endedRow("new.bin"))).state, "finished");
    clock.advance(5000);
    assert.equal(said(await give(opened, 1, 5)), "ACK 1");
    const closed = server.server.drain();
    clock.advance(7000);
    await closed;
  });

  it("a WRQ that comes twice is one upload, and gets its ACK 0 again (T34)", async () => {
    await start("new");
    const opened = await put("new.bin");
    const again = await put("new.bin");
    assert.deepEqual([said(again), again.from], ["ACK 0", opened.from]);
    assert.equal(said(await give(opened, 1, 5)), "ACK 1");
    assert.equal(server.rows().length, 1);
  });

  it("the second writer of one name is refused at once, and the first is not disturbed (T40, X8)", async () => {
    await start("new");
    const opened = await put("new.bin");
    const second = await put("new.bin", {}, await openClient());
    assert.equal(said(second), "ERROR 6");
    assert.equal(said(await give(opened, 1, 5)), "ACK 1");
    assert.ok((await readFile(server.folder.at("new.bin"))).equals(unlikeBytes(5)));
  });

  for (const blocks of [0, 1, 300]) {
    for (const cut of ["silence", "ERROR", "stop"] as const) {
      it(`cut by ${cut} after ${blocks} blocks it leaves nothing behind (T39, T40, X7)`, async () => {
        await start("overwrite");
        const opened = await put("old.bin");
        for (let block = 1; block <= blocks; block += 1) await give(opened, block);
        if (cut === "silence") clock.advance(61_000);
        if (cut === "ERROR") client.send(encodeError(0, "enough"), opened.from);
        if (cut === "stop") await server.server.stopNow();
        const row = await server.row(endedRow("old.bin"));
        assert.equal(row.state, cut === "stop" ? "cancelled" : "failed");
        assert.equal(row.bytes, blocks * 512);
        assert.equal(row.sha256, undefined);
        await server.server.drain();
        assert.deepEqual(await readdir(server.folder.path), ["old.bin"]);
        assert.equal(await readFile(server.folder.at("old.bin"), "utf8"), "old");
      });
    }
  }

  it("a file that is told to be too large is refused before a byte comes (T19, RFC 2349)", async () => {
    await start("new");
    assert.equal(said(await put("new.bin", { tsize: 99_999_999_999 })), "ERROR 3");
    assert.equal((await server.row(endedRow("new.bin"))).trouble?.code, "upload.tooLarge");
  });

  it("a file that grows too large ends with ERROR 3 and leaves nothing (X6)", async () => {
    await start("new", 300_000);
    let opened = await put("new.bin", { blksize: 60_000 });
    assert.equal(said(opened), "OACK");
    for (let block = 1; opened.packet.op !== "ERROR"; block += 1) {
      assert.ok(block < 20);
      opened = await give(opened, block, 60_000);
    }
    assert.equal(said(opened), "ERROR 3");
    await server.server.drain();
    assert.deepEqual(await readdir(server.folder.path), ["old.bin"]);
  });

  it("another size than the one told leaves nothing (T43)", async () => {
    await start("new");
    const opened = await put("new.bin", { tsize: 1000 });
    assert.equal(said(opened), "OACK");
    assert.equal(said(await give(opened, 1, 500)), "ERROR 0");
    const row = await server.row(endedRow("new.bin"));
    assert.deepEqual([row.state, row.trouble?.code], ["failed", "tftp.size"]);
    await server.server.drain();
    assert.deepEqual(await readdir(server.folder.path), ["old.bin"]);
  });

  it("a board that was reset in the middle of an upload may begin again from the same port", async () => {
    await start("new");
    const opened = await put("new.bin");
    assert.equal(said(await give(opened, 1)), "ACK 1");
    clock.advance(1100);
    client.send(requestFor("WRQ", "new.bin"), listener());
    // What the first one had said before, and says again, may come at any time.
    const fromSecond = async (): Promise<Received> => {
      for (;;) {
        const received = await client.next();
        if (received.from.port !== opened.from.port) return received;
      }
    };
    const again = await fromSecond();
    assert.equal(said(again), "ACK 0");
    client.send(encodeData(1, unlikeBytes(7)), again.from);
    assert.equal(said(await fromSecond()), "ACK 1");
    assert.ok((await readFile(server.folder.at("new.bin"))).equals(unlikeBytes(7)));
  });
});
