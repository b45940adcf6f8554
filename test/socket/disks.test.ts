import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { isNear, nearDisk } from "../../src/engine/servedRoot/disks";
import { refusal } from "../support/doors";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("a file on a disk of this machine", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder({ "fw.bin": "firmware", "other.bin": "another" });
  });
  after(() => folder.remove());

  // Closed in place, and in the thread pool.
  for (const size of [8n, 2n ** 30n]) {
    it(`is closed after the reads that run, and then neither read nor looked at: its number may be another file's (${size} bytes)`, async () => {
      const disk = nearDisk(openSync(folder.at("fw.bin"), "r"), size);
      const memory = Buffer.alloc(8);
      const order: string[] = [];
      const reading = disk.read(memory, 0).then(() => order.push("read"));
      const closing = disk.close().then(() => order.push("closed"));
      await Promise.all([reading, closing]);
      assert.deepEqual(order, ["read", "closed"]);
      assert.equal(memory.toString(), "firmware");
      for (const late of [
        () => disk.read(memory, 0),
        async () => disk.stat(),
        () => Promise.resolve().then(() => disk.descriptor),
      ])
        assert.equal((await refusal(late())).code, "file.closed");
    });

    it(`is closed once: a second time it would be the file that has its number by then (${size} bytes)`, async () => {
      const disk = nearDisk(openSync(folder.at("fw.bin"), "r"), size);
      const { descriptor } = disk;
      await disk.close();
      const others: number[] = [];
      try {
        // The lowest number that is free is given out, as POSIX says.
        do others.push(openSync(folder.at("other.bin"), "r"));
        while (!others.includes(descriptor) && others.length < 1000);
        await disk.close();
        for (const other of others) assert.equal(fstatSync(other).size, "another".length);
      } finally {
        for (const other of others) closeSync(other);
      }
    });
  }

  it("is told from one of which that is not known", async function () {
    if (process.platform !== "linux") this.skip();
    const { dev } = await stat("/proc", { bigint: true });
    assert.equal(await isNear(dev, "/proc"), false);
    assert.equal(await isNear(-1n, folder.at("missing")), false);
  });
});
