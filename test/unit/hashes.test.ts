import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { utimes } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { nextTurn } from "../../src/engine/clock";
import { Hashes } from "../../src/extension/manifest/hashes";
import { sha256 } from "../support/files";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

/** Resolves once somebody waits who hears the signal. */
async function joined(signal: AbortSignal): Promise<void> {
  while (getEventListeners(signal, "abort").length === 0) await nextTurn();
}

describe("the hashes of files", () => {
  let folder: TemporaryFolder;
  let hashes: Hashes;
  /** Threads that were started. */
  let started: number;

  beforeEach(async () => {
    folder = await temporaryFolder();
    started = 0;
    hashes = new Hashes(() => {
      started += 1;
      // The bundle of the thread is JavaScript already.
      const program = 'require("tsx/cjs"); require("./src/extension/manifest/sha256Worker.ts");';
      return new Worker(program, { eval: true, execArgv: [] });
    });
  });

  afterEach(async () => {
    hashes.dispose();
    await folder.remove();
  });

  it("are those of their bytes, by one thread for all that are asked at once", async () => {
    const paths = await Promise.all(["a", "b", "c"].map((name) => folder.write(name, name.repeat(1000))));
    const all = await Promise.all(paths.map((path) => hashes.of(path)));
    assert.deepEqual(
      all,
      ["a", "b", "c"].map((name) => ({ sha256: sha256(Buffer.from(name.repeat(1000))), size: 1000 })),
    );
    assert.equal(started, 1);
  });

  it("are known until size or mtime change", async () => {
    const path = await folder.write("a", "one");
    const first = await hashes.of(path);
    assert.deepEqual(await hashes.of(path), first);
    assert.equal(started, 1, "nothing was hashed again");
    await folder.write("a", "two");
    await utimes(path, 1, 1);
    assert.equal((await hashes.of(path))?.sha256, sha256(Buffer.from("two")));
    assert.equal(started, 2);
  });

  it("of what is no file, or cannot be read, are none", async () => {
    assert.equal(await hashes.of(folder.at("nothing")), undefined);
    assert.equal(await hashes.of(folder.path), undefined);
  });

  it("that nobody waits for any more are not made: the thread ends, and the next file has its turn", async () => {
    const [big, small] = await Promise.all([
      folder.write("big", "x".repeat(50_000_000)),
      folder.write("small", "s"),
    ]);
    const leaving = new AbortController();
    const left = hashes.of(big, leaving.signal);
    await joined(leaving.signal);
    const next = hashes.of(small);
    leaving.abort();
    assert.equal(await left, undefined);
    assert.equal((await next)?.size, 1);
    assert.equal(started, 2, "the thread that was at it was not ended");
  });

  it("go on for who stays when another leaves, and nobody hears a signal when it is over", async () => {
    const path = await folder.write("big", "x".repeat(20_000_000));
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const [left, stays] = [hashes.of(path, leaving.signal), hashes.of(path, staying.signal)];
    await Promise.all([joined(leaving.signal), joined(staying.signal)]);
    leaving.abort();
    assert.equal(await left, undefined);
    assert.equal((await stays)?.size, 20_000_000);
    assert.equal(started, 1);
    assert.deepEqual(getEventListeners(staying.signal, "abort"), []);
  });

  it("leave the event loop free: it has its turns while a large file is hashed", async () => {
    const path = await folder.write("big", "x".repeat(30_000_000));
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns += 1;
      if (running) setImmediate(count);
    };
    count();
    await hashes.of(path);
    running = false;
    assert.ok(turns > 100, `${turns} turns`);
  });
});
