import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { systemClock } from "../../src/engine/clock";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import type { TftpOptions } from "../../src/engine/clients/tftpOpening";
import { unlikeBytes } from "../support/files";
import { storeTftp } from "../support/storeTftp";
import { endedRow, startTestedServer, type TestedServer } from "../support/tftp";

/** Fetches a file whole. */
async function fetchAll(
  server: TestedServer,
  file: string,
  options: TftpOptions = {},
  host = "127.0.0.1",
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
  await fetchTftp(systemClock, { host, port: server.port }, file, sink, undefined, options);
  return Buffer.concat(chunks);
}

async function* chunksOf(content: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size)
    yield await Promise.resolve(content.subarray(at, at + size));
}

describe("TFTP transfers over real sockets", () => {
  let server: TestedServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });
  const start = async (...args: Parameters<typeof startTestedServer>): Promise<TestedServer> => {
    server = await startTestedServer(...args);
    return server;
  };

  it("files of every size around a block arrive byte for byte (T7, X17)", async () => {
    const sizes = [0, 1, 511, 512, 513, 1024, 65464, 65465, 1_500_000];
    const files = Object.fromEntries(sizes.map((size) => [`${size}.bin`, unlikeBytes(size)]));
    const tested = await start({ files });
    for (const size of sizes) {
      for (const options of [
        {},
        { blksize: 512, windowsize: 1, tsize: false },
        { blksize: 1428, windowsize: 64 },
        { blksize: 65464, windowsize: 2 },
      ]) {
        const got = await fetchAll(tested, `${size}.bin`, options);
        assert.ok(got.equals(files[`${size}.bin`]!), `${size} ${JSON.stringify(options)}`);
      }
    }
  });

  it("the end of a transfer is one row", async () => {
    const tested = await start({ files: { "fw.bin": unlikeBytes(100_000) } });
    const ends: string[] = [];
    tested.journal.onRow((row) => {
      if (row.type === "transfer" && row.state !== "running") ends.push(`${row.id} ${row.state}`);
    });
    for (const windowsize of [1, 8]) await fetchAll(tested, "fw.bin", { windowsize });
    await tested.server.drain();
    assert.deepEqual(ends, [...new Set(ends)]);
    assert.equal(ends.length, 2);
  });

  it("the row of a finished transfer has its size, hashes and options", async () => {
    const content = unlikeBytes(100_000);
    const tested = await start({ files: { "fw.bin": content } });
    await fetchAll(tested, "/fw.bin", { blksize: 1428, windowsize: 8 });
    const row = await tested.row(endedRow("/fw.bin"));
    assert.equal(row.state, "finished");
    assert.equal(row.bytes, content.length);
    assert.equal(row.size, content.length);
    assert.equal(row.sha256, createHash("sha256").update(content).digest("hex"));
    assert.equal(row.crc32, crc32(content).toString(16).padStart(8, "0"));
    assert.deepEqual(row.options, { mode: "octet", blksize: 1428, windowsize: 8 });
    assert.equal(row.localAddress, "127.0.0.1");
    assert.equal(row.servedFile, undefined);
    await tested.server.drain();
    assert.deepEqual(
      tested.departures.map(({ file, stage }) => `${file} ${stage}`),
      ["fw.bin started", "fw.bin sent", "fw.bin fetched", "fw.bin ended"],
    );
  });

  it("uploads of every size arrive byte for byte, and stand under the name before the client hears of it", async () => {
    const tested = await start({ door: { uploads: "new" } });
    for (const size of [0, 1, 511, 512, 513, 65464, 1_500_000]) {
      const content = unlikeBytes(size);
      for (const options of [
        {},
        { blksize: 512, windowsize: 1, tsize: false },
        { blksize: 1428, windowsize: 16 },
      ]) {
        const name = `up-${size}-${JSON.stringify(options).length}.bin`;
        const target = { host: "127.0.0.1", port: tested.port };
        await storeTftp(systemClock, target, name, chunksOf(content), undefined, { ...options, size });
        assert.ok((await readFile(tested.folder.at(name))).equals(content), name);
        const row = await tested.row(endedRow(name));
        assert.equal(row.state, "finished");
        assert.equal(row.bytes, size);
        assert.equal(row.sha256, createHash("sha256").update(content).digest("hex"));
      }
    }
  });

  it("more than 32 MiB at blksize 512 cross the end of the block numbers, both ways (T14, X16)", async function () {
    this.timeout(60_000);
    const content = unlikeBytes(33 * 2 ** 20 + 7);
    const tested = await start({ files: { "large.bin": content }, door: { uploads: "new" } });
    const options = { blksize: 512, windowsize: 32 };
    assert.ok((await fetchAll(tested, "large.bin", options)).equals(content));
    const target = { host: "127.0.0.1", port: tested.port };
    await storeTftp(systemClock, target, "back.bin", chunksOf(content), undefined, {
      ...options,
      size: content.length,
    });
    assert.ok((await readFile(tested.folder.at("back.bin"))).equals(content));
  });

  it("netascii goes there and back, with line ends across blocks and chunks (T15)", async () => {
    const text = Buffer.from("a\nb\rc\n\r\n\r\r".repeat(20_000));
    const tested = await start({ files: { "t.txt": text }, door: { uploads: "new" } });
    assert.ok(
      (await fetchAll(tested, "t.txt", { mode: "netascii", blksize: 512, windowsize: 1 })).equals(text),
    );
    const row = await tested.row(endedRow("t.txt"));
    assert.equal(row.bytes, text.length);
    assert.equal(row.sha256, createHash("sha256").update(text).digest("hex"));
    const target = { host: "127.0.0.1", port: tested.port };
    await storeTftp(systemClock, target, "u.txt", chunksOf(text, 777), undefined, { mode: "netascii" });
    assert.ok((await readFile(tested.folder.at("u.txt"))).equals(text));
  });

  it("IPv6 is served by the same rules (T44)", async function () {
    const tested = await startTestedServer({ files: { "fw.bin": unlikeBytes(5000) }, addresses: ["::1"] });
    server = tested;
    assert.ok((await fetchAll(tested, "fw.bin", { blksize: 1428 }, "::1")).equals(unlikeBytes(5000)));
    assert.equal((await tested.row(endedRow("fw.bin"))).localAddress, "::1");
  });

  it("64 readers at once all get their bytes (X9)", async () => {
    const content = unlikeBytes(300_000);
    const tested = await start({ files: { "fw.bin": content } });
    const all = await Promise.all(
      Array.from({ length: 64 }, () => fetchAll(tested, "fw.bin", { blksize: 1428, windowsize: 4 })),
    );
    for (const got of all) assert.ok(got.equals(content));
    await tested.server.drain();
    assert.equal(tested.rows().filter(({ state }) => state === "finished").length, 64);
  });
});
