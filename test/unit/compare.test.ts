import assert from "node:assert/strict";
import { SharedSums } from "../../src/engine/checksums";
import { SharedChunks } from "../../src/engine/servedRoot/sharedChunks";
import { nextTurn } from "../../src/engine/clock";
import { comparison, compareWith } from "../../src/engine/verification/compare";
import { EngineError } from "../../src/engine/errors";
import { openServedRoot, type OpenedFile } from "../../src/engine/servedRoot/servedRoot";
import { unlikeBytes } from "../support/files";
import { temporaryFolder } from "../support/temporaryFolder";
import { VirtualClock } from "../support/virtualClock";

describe("comparing what comes with the workspace", () => {
  /** Gives it 1 MiB after the other, or what it is told; resolves to how many it took, and what it said then. */
  const flood = async (
    name: string,
    bytes = 2 ** 20,
    everyMs = 0,
  ): Promise<{ taken: number; error: unknown }> => {
    const folder = await temporaryFolder({ "fw.bin": "short" });
    const clock = new VirtualClock();
    try {
      const root = await openServedRoot({
        folder: folder.path,
        root: ".",
        aliases: {},
        published: [],
        alsoServe: [],
        uploads: "deny",
        uploadSize: 1,
      });
      const reception = await compareWith(root, new Map(), clock).receive(name);
      const chunk = new Uint8Array(bytes);
      let taken = 0;
      let error: unknown;
      while (error === undefined && taken < 200) {
        try {
          await reception.sink(chunk);
          taken += 1;
          clock.advance(everyMs);
        } catch (thrown) {
          error = thrown;
        }
      }
      await reception.abort(false);
      return { taken, error };
    } finally {
      await folder.remove();
    }
  };

  it("asks the disk for one thing at a time: a late read is never read over a later one", async () => {
    const content = unlikeBytes(700_000);
    let reads = 0;
    const opened: OpenedFile = {
      name: "fw.bin",
      size: content.length,
      mtimeMs: 0,
      sums: new SharedSums(content.length),
      chunks: new SharedChunks(),
      async read(buffer, position) {
        reads += 1;
        assert.equal(reads, 1, `a second read, at ${position}`);
        await nextTurn();
        buffer.set(content.subarray(position, position + buffer.length));
        reads -= 1;
        return Math.min(buffer.length, content.length - position);
      },
      assertUnchanged: () => Promise.resolve(),
      lend: () => assert.fail("no thread compares"),
      close: () => Promise.resolve(),
    };
    const reception = comparison(opened, Infinity, ({ firstDifference }) => {
      assert.equal(firstDifference, undefined);
      return { state: "passed", compared: true };
    });
    for (let at = 0; at < content.length; at += 100_000)
      await reception.sink(content.subarray(at, at + 100_000));
    await reception.finish();
  });

  it("an endless file that the workspace does not have is cut off after 64 MiB (S7)", async () => {
    const { taken, error } = await flood("other.bin");
    assert.ok(error instanceof EngineError, "it was taken for ever");
    assert.deepEqual([taken, error.code], [64, "file.tooLarge"]);
    assert.match(error.message, /the workspace has no such file.*64\.0 MiB/);
  });

  it("an endless file that the workspace has is cut off 1 MiB after its end (S7)", async () => {
    const { taken, error } = await flood("fw.bin");
    assert.ok(error instanceof EngineError, "it was taken for ever");
    assert.deepEqual([taken, error.code], [1, "file.long"]);
  });

  for (const [name, code] of [
    ["other.bin", "file.tooLarge"],
    ["fw.bin", "file.long"],
  ] as const) {
    it(`${name}: what nobody expects is followed for a minute, however slowly it comes`, async () => {
      const { taken, error } = await flood(name, 512, 1_000);
      assert.ok(error instanceof EngineError, "it was taken for hours");
      assert.deepEqual([taken, error.code], [61, code]);
      assert.ok(error.remedy);
    });
  }
});
