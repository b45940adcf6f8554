/** Files on their way through TFTP: read ahead in large chunks, written in large chunks, and summed as they go. */

import { encodeNetascii, NetasciiDecoder } from "../../protocol/tftp/netascii";
import type { Checksums } from "../checksums";
import { fileChanged } from "../servedRoot/refusal";
import type { FileBytes, Upload } from "../servedRoot/servedRoot";
import type { Chunk } from "../servedRoot/sharedChunks";
import type { Store } from "../tftpExchange";

export interface ReadOptions {
  readonly netascii: boolean;
  readonly blksize: number;
  /** Bytes of one chunk, about; two are held. */
  readonly chunkSize: number;
}

/**
 * The wire form of a file, chunk by chunk. A chunk is valid until the next but one is asked for, the last two until
 * `return`. Boards side by side share them: 64 of them cost 3.8 and not 4.5 CPU seconds a GB.
 * @throws Refusal `file.changed` before a byte of the changed file leaves.
 */
export function readChunks(file: FileBytes, options: ReadOptions): AsyncIterator<Uint8Array> {
  // Whole blocks, so that no block is put together from two chunks.
  const whole = Math.max(1, Math.floor(options.chunkSize / options.blksize)) * options.blksize;
  const used: Chunk[] = [];
  let position = 0;
  const leave = (count: number): void => {
    for (const chunk of used.splice(0, count)) file.chunks.leave(chunk);
  };
  return {
    async next() {
      if (position >= file.size) return ended;
      if (used.length === 2) leave(1);
      const from = position;
      const length = Math.min(whole, file.size - from);
      const chunk = file.chunks.take(from, length, (into) => fill(into, file, from));
      used.push(chunk);
      await chunk.filled;
      file.sums.pass(chunk.bytes, from);
      position += length;
      return { done: false, value: options.netascii ? encodeNetascii(chunk.bytes) : chunk.bytes };
    },
    return() {
      leave(used.length);
      return Promise.resolve(ended);
    },
  };
}

const ended = { done: true, value: undefined } as const;

/** @throws Refusal `file.changed` */
async function fill(into: Uint8Array, file: FileBytes, from: number): Promise<void> {
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled), from + filled);
    if (count === 0) throw fileChanged();
    filled += count;
  }
  // After the read: what stands in the memory is the file that was opened (T45).
  await file.assertUnchanged();
}

/** One write for many small blocks. */
const writtenBytes = 128 * 1024;
/** More comes while these are written. */
const gatheredBytes = 2 * writtenBytes;

/** A store that writes an upload while the next bytes are gathered; the peer is held back when both are full. */
export function uploadStore(upload: Upload, netascii: boolean, checksums: Checksums): Store {
  const decoder = netascii ? new NetasciiDecoder() : undefined;
  let gathering: Uint8Array = Buffer.allocUnsafeSlow(gatheredBytes);
  let spare: Uint8Array | undefined;
  let filled = 0;
  let writing: Promise<void> | undefined;
  let problem: { readonly error: unknown } | undefined;

  const flush = (): void => {
    const chunk = gathering.subarray(0, filled);
    [gathering, spare] = [spare ?? Buffer.allocUnsafeSlow(gatheredBytes), gathering];
    filled = 0;
    checksums.update(chunk);
    writing = upload.write(chunk).then(
      () => {
        writing = undefined;
      },
      (error: unknown) => {
        writing = undefined;
        problem = { error };
      },
    );
  };
  const raise = (): void => {
    if (problem !== undefined) throw problem.error;
  };
  const gatherSlowly = async (bytes: Uint8Array): Promise<void> => {
    await writing;
    raise();
    await gather(bytes);
  };
  const gather = (bytes: Uint8Array): Promise<void> | undefined => {
    raise();
    // Nearly always, without a view of the block: it is one of the four things that cost an upload of 1468 × 16
    // 4.5 CPU seconds a GB instead of 4.0 (bench/why.md).
    if (bytes.length <= gatheredBytes - filled) {
      gathering.set(bytes, filled);
      filled += bytes.length;
      return undefined;
    }
    for (let rest = bytes; rest.length > 0;) {
      if (filled === gatheredBytes) {
        if (writing !== undefined) return gatherSlowly(rest);
        flush();
      }
      const part = rest.subarray(0, gatheredBytes - filled);
      gathering.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return undefined;
  };
  return {
    write: (data) => gather(decoder === undefined ? data : decoder.decode(data)),
    // Summed and handed to the disk while the peer sends the next window (1468 × 16: 1.1 times as fast).
    meanwhile: () => {
      if (filled >= writtenBytes && writing === undefined && problem === undefined) flush();
    },
    finish: async () => {
      await gather(decoder === undefined ? new Uint8Array(0) : decoder.end());
      await writing;
      raise();
      if (filled > 0) flush();
      await writing;
      raise();
      await upload.commit();
    },
  };
}
