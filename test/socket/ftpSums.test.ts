import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";
import type { TransferRow } from "../../src/model/events";
import { ftpHouse, nothingLeft, openThings, until, type FtpHouse, type FtpOptions } from "../support/ftpWire";
import { startThreadFromSource } from "../support/threads";

/** Worth a thread. */
const bytes = 64 * 2 ** 20 + 4099;
const content = Buffer.alloc(bytes, "sums of a large file\n");
const sumsOf = (data: Buffer): Pick<TransferRow, "sha256" | "crc32"> => ({
  sha256: createHash("sha256").update(data).digest("hex"),
  crc32: crc32(data).toString(16).padStart(8, "0"),
});

const sumsIn = ({ sha256, crc32 }: TransferRow): Pick<TransferRow, "sha256" | "crc32"> => ({
  ...(sha256 !== undefined && { sha256 }),
  ...(crc32 !== undefined && { crc32 }),
});

describe("the sums of a large file that FTP sends for the first time", function () {
  this.timeout(120_000);
  let house: FtpHouse | undefined;
  let threads: Worker[] = [];
  const startThread: NonNullable<FtpOptions["startThread"]> = (summed) => {
    const thread = startThreadFromSource(summed);
    threads.push(thread);
    return thread;
  };
  const serve = async (options: FtpOptions = {}): Promise<FtpHouse> =>
    (house = await ftpHouse({ files: { "large.bin": content }, startThread, ...options }));
  /** The row of the last transfer, once it has ended. */
  const lastRow = (served: FtpHouse, count: number): Promise<TransferRow> =>
    served.row(
      (row) => served.rows().length === count && row === served.rows().at(-1) && row.state !== "running",
    );

  afterEach(async () => {
    await house?.close();
    house = undefined;
    threads = [];
  });

  it("are computed in a thread, which ends with them, and stand in the row", async () => {
    const served = await serve();
    const states: string[] = [];
    served.journal.onRow((row) => row.type === "transfer" && states.push(row.state));
    const wire = await served.login();
    const { data, reply } = await wire.fetch("RETR large.bin");
    assert.equal(reply.code, 226);
    assert.ok(data.equals(content));
    assert.deepEqual(
      served.departures.map(({ stage }) => stage),
      ["started", "fetched", "ended"],
    );
    const row = await lastRow(served, 1);
    assert.deepEqual([row.state, row.bytes], ["finished", bytes]);
    assert.deepEqual(sumsIn(row), sumsOf(content));
    assert.equal(states.filter((state) => state === "finished").length, 1);
    assert.equal(threads.length, 1);

    await wire.fetch("RETR large.bin");
    assert.deepEqual(sumsIn(await lastRow(served, 2)), sumsOf(content));
    assert.equal(threads.length, 1, "known by then");
  });

  describe("that a thread computes for long", () => {
    const late = { sha256: "ab".repeat(32), crc32: "cd".repeat(4) };
    /** Has them when it is told them. */
    const program = `const { parentPort } = require("node:worker_threads");
      parentPort.once("message", (sums) => parentPort.postMessage(sums));`;
    const startSlow = (): Worker => {
      const thread = new Worker(program, { eval: true });
      threads.push(thread);
      return thread;
    };

    it("are waited for by the row, and not by the client", async () => {
      const served = await serve({ startThread: startSlow });
      const wire = await served.login();
      assert.equal((await wire.fetch("RETR large.bin")).reply.code, 226);
      const repliedAt = Date.now();
      assert.equal(served.rows()[0]?.state, "running");
      threads[0]!.postMessage(late);
      const row = await lastRow(served, 1);
      assert.deepEqual([row.state, row.bytes, sumsIn(row)], ["finished", bytes, late]);
      assert.ok(row.endedAt! <= repliedAt, "its times are those of the transfer");
    });

    it("are those of all who load it meanwhile, and go on while one of them does", async () => {
      const served = await serve({ startThread: startSlow });
      const [one, two] = [await served.login(), await served.login()];
      const data = await one.passive();
      await one.expect("RETR large.bin", 150);
      await until(() => threads.length === 1);
      assert.equal((await two.fetch("RETR large.bin")).reply.code, 226);
      data.socket.destroy();
      assert.equal((await one.reply()).code, 426);
      threads[0]!.postMessage(late);
      const row = await served.row(({ state }) => state === "finished");
      assert.deepEqual([sumsIn(row), threads.length], [late, 1]);
    });

    it("are missing in the row of a transfer that is cancelled then, which is complete; others wait on", async () => {
      const served = await serve({ startThread: startSlow });
      const [one, two] = [await served.login(), await served.login()];
      for (const wire of [one, two]) await wire.fetch("RETR large.bin");
      const [first, second] = served.rows();
      assert.equal(served.server.cancelTransfer(first!.id), true);
      const row = await served.row(({ id, state }) => id === first!.id && state !== "running");
      assert.deepEqual([row.state, row.bytes, row.trouble, sumsIn(row)], ["finished", bytes, undefined, {}]);
      threads[0]!.postMessage(late);
      const other = await served.row(({ id, state }) => id === second!.id && state !== "running");
      assert.deepEqual([sumsIn(other), threads.length], [late, 1]);
      assert.equal(served.server.cancelTransfer(first!.id), false);
    });

    it("are not computed on when nobody waits for them", async () => {
      const before = openThings();
      const served = await serve({ startThread: startSlow });
      const wire = await served.login();
      await wire.fetch("RETR large.bin");
      served.server.cancelTransfer(served.rows()[0]!.id);
      assert.deepEqual(sumsIn(await lastRow(served, 1)), {});
      await until(() => threads[0]!.threadId === -1);
      await served.close();
      house = undefined;
      await nothingLeft(before);
    });

    it("are missing in the row when the server stops before", async () => {
      const served = await serve({ startThread: startSlow });
      const wire = await served.login();
      await wire.fetch("RETR large.bin");
      await served.server.stopNow();
      const row = await lastRow(served, 1);
      assert.deepEqual([row.state, sumsIn(row)], ["finished", {}]);
    });
  });

  it("are computed as it is sent where a thread sums another one, and where it is small", async () => {
    const other = Buffer.from(content).fill("x", 0, 1);
    const served = await serve({ files: { "large.bin": content, "other.bin": other, "small.bin": "small" } });
    const [one, two] = [await served.login(), await served.login()];
    await Promise.all([one.fetch("RETR large.bin"), two.fetch("RETR other.bin")]);
    await one.fetch("RETR small.bin");
    for (const [file, data] of Object.entries({ "large.bin": content, "other.bin": other })) {
      const row = await served.row((each) => each.file === file && each.state === "finished");
      assert.deepEqual(sumsIn(row), sumsOf(data), file);
    }
    const small = await served.row((each) => each.file === "small.bin" && each.state === "finished");
    assert.deepEqual(sumsIn(small), sumsOf(Buffer.from("small")));
    assert.ok(threads.length <= 2);
  });

  it("are computed as it is sent where the machine lets no thread run", async () => {
    const before = openThings();
    const served = await serve({ startThread: () => undefined });
    const wire = await served.login();
    assert.ok((await wire.fetch("RETR large.bin")).data.equals(content));
    assert.deepEqual(sumsIn(await lastRow(served, 1)), sumsOf(content));
    await served.close();
    house = undefined;
    await nothingLeft(before);
  });

  it("are given up with the transfer, and computed with the next one", async () => {
    const before = openThings();
    const served = await serve();
    const wire = await served.login();
    const data = await wire.passive();
    await wire.expect("RETR large.bin", 150);
    data.socket.destroy();
    assert.equal((await wire.reply()).code, 426);
    await wire.fetch("RETR large.bin");
    assert.deepEqual(sumsIn(await lastRow(served, 2)), sumsOf(content));
    await served.close();
    house = undefined;
    await nothingLeft(before);
  });

  it("end with the server", async () => {
    const before = openThings();
    const served = await serve();
    const wire = await served.login();
    const data = await wire.passive();
    await wire.expect("RETR large.bin", 150);
    await served.close();
    house = undefined;
    data.socket.destroy();
    await nothingLeft(before);
  });

  it("are those of the file that is sent, when another one gets its name meanwhile", async () => {
    const served = await serve({
      root: (door) => ({
        ...door,
        async open(name) {
          const file = await door.open(name);
          await writeFile(`${served.folder.path}/next`, Buffer.alloc(bytes, "another one"));
          await rename(`${served.folder.path}/next`, `${served.folder.path}/large.bin`);
          return file;
        },
      }),
    });
    const wire = await served.login();
    const { data } = await wire.fetch("RETR large.bin");
    assert.ok(data.equals(content));
    assert.deepEqual(sumsIn(await lastRow(served, 1)), sumsOf(content));
  });

  it("are missing where the thread ends before it has them, and computed without one from then on", async () => {
    const served = await serve({
      startThread: () => {
        const thread = new Worker("process.exit(1)", { eval: true });
        threads.push(thread);
        return thread;
      },
    });
    const wire = await served.login();
    assert.equal((await wire.fetch("RETR large.bin")).reply.code, 226);
    const row = await lastRow(served, 1);
    assert.deepEqual([row.state, sumsIn(row)], ["finished", {}]);
    await wire.fetch("RETR large.bin");
    assert.deepEqual(sumsIn(await lastRow(served, 2)), sumsOf(content));
    assert.equal(threads.length, 1);
  });
});
