import assert from "node:assert/strict";
import { SharedSums } from "../../src/engine/checksums";
import { type Chunk, SharedChunks } from "../../src/engine/servedRoot/sharedChunks";
import type { FileBytes } from "../../src/engine/servedRoot/servedRoot";
import { readChunks } from "../../src/engine/tftpServer/file";
import { unlikeBytes } from "../support/files";

const chunkSize = 100;

/** A file, and where it was read from. */
function countedFile(content: Uint8Array): { readonly file: FileBytes; readonly reads: number[] } {
  const reads: number[] = [];
  const file: FileBytes = {
    size: content.length,
    sums: new SharedSums(content.length),
    chunks: new SharedChunks(),
    read(buffer, position) {
      reads.push(position);
      buffer.set(content.subarray(position, position + buffer.length));
      return Promise.resolve(Math.min(buffer.length, content.length - position));
    },
    assertUnchanged: () => Promise.resolve(),
  };
  return { file, reads };
}

const reader = (file: FileBytes): AsyncIterator<Uint8Array> =>
  readChunks(file, { netascii: false, blksize: 10, chunkSize });

async function nextOf(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const result = await chunks.next();
  assert.ok(result.done !== true);
  return result.value;
}

describe("chunks of a file for several transfers", () => {
  const content = unlikeBytes(10 * chunkSize);

  it("are read once for all who are near each other", async () => {
    const { file, reads } = countedFile(content);
    const boards = Array.from({ length: 5 }, () => reader(file));
    for (let position = 0; position < content.length; position += chunkSize)
      for (const chunks of boards)
        assert.deepEqual(
          Buffer.from(await nextOf(chunks)),
          Buffer.from(content.subarray(position, position + chunkSize)),
        );
    assert.equal(reads.length, content.length / chunkSize);
  });

  it("are memory for two, however long the file is", async () => {
    const { file } = countedFile(content);
    const chunks = reader(file);
    const memory = new Set<ArrayBufferLike>();
    for (let count = 0; count < content.length / chunkSize; count += 1)
      memory.add((await nextOf(chunks)).buffer);
    assert.equal(memory.size, 2);
  });

  it("stay what they are for a slow one, however far another one gets", async () => {
    const { file, reads } = countedFile(content);
    const [slow, fast, other] = [reader(file), reader(file), reader(file)];
    const held = [await nextOf(slow), await nextOf(slow)];
    for (let count = 0; count < 10; count += 1) await nextOf(fast);
    await fast.return?.();
    for (let count = 0; count < 10; count += 1) await nextOf(other);
    assert.deepEqual(Buffer.concat(held), Buffer.from(content.subarray(0, 2 * chunkSize)));
    // The slow one reads for itself what the other has left.
    const before = reads.length;
    assert.deepEqual(Buffer.from(await nextOf(slow)), Buffer.from(content.subarray(200, 300)));
    assert.deepEqual(reads.slice(before), [200]);
  });

  it("belong to the end of a transfer until it is closed: its last blocks may be to be sent still", async () => {
    const { file } = countedFile(content);
    const [first, second] = [reader(file), reader(file)];
    let last: Uint8Array = new Uint8Array(0);
    for (let count = 0; count < 10; count += 1) last = await nextOf(first);
    assert.equal((await first.next()).done, true);
    for (let count = 0; count < 10; count += 1) {
      await nextOf(second);
      assert.deepEqual(Buffer.from(last), Buffer.from(content.subarray(900)));
    }
  });

  it("leave no more memory behind than is in use, however many lengths are asked for beside one that stays", () => {
    const chunks = new SharedChunks();
    const take = (length: number): Chunk => chunks.take(0, length, () => Promise.resolve());
    take(chunkSize);
    const first = take(8);
    chunks.leave(first);
    for (let length = 9; length < 20; length += 1) chunks.leave(take(length));
    assert.notEqual(take(8).bytes, first.bytes, "it was given back");
  });

  it("that cannot be read fail for all who wait for them, and are read again for the next one", async () => {
    const { file } = countedFile(content);
    let broken = true;
    const failing: FileBytes = {
      ...file,
      assertUnchanged: () => (broken ? Promise.reject(new Error("changed")) : Promise.resolve()),
    };
    const boards = [reader(failing), reader(failing)];
    await Promise.all(boards.map((chunks) => assert.rejects(chunks.next(), /changed/)));
    for (const chunks of boards) await chunks.return?.();
    broken = false;
    assert.deepEqual(Buffer.from(await nextOf(reader(failing))), Buffer.from(content.subarray(0, chunkSize)));
  });
});
