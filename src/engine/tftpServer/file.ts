/** Files on their way through TFTP: read ahead in large chunks, written in large chunks, and summed as they go. */

import { encodeNetascii, NetasciiDecoder } from "../../protocol/tftp/netascii";
import type { Checksums } from "../checksums";
import { fileChanged } from "../servedRoot/refusal";
import type { FileBytes, Upload } from "../servedRoot/servedRoot";
import type { Store } from "../tftpExchange";

export interface ReadOptions {
  readonly netascii: boolean;
  readonly blksize: number;
  /** Bytes of one chunk, about; two are held. */
  readonly chunkSize: number;
}

/**
 * The wire form of a file, chunk by chunk. Two buffers in turn: a chunk is valid until the next but one.
 * @throws Refusal `file.changed` before a byte of the changed file leaves.
 */
export async function* readChunks(file: FileBytes, options: ReadOptions): AsyncGenerator<Uint8Array> {
  // Whole blocks, so that no block is put together from two chunks.
  const whole = Math.max(1, Math.floor(options.chunkSize / options.blksize)) * options.blksize;
  const chunkSize = Math.min(whole, Math.max(1, file.size));
  const buffers = file.size > chunkSize ? [chunkSize, chunkSize] : [chunkSize];
  const allocated = buffers.map((size) => Buffer.allocUnsafeSlow(size));
  for (let position = 0, turn = 0; position < file.size; turn += 1) {
    const buffer = allocated[turn % allocated.length] ?? Buffer.alloc(chunkSize);
    const wanted = Math.min(chunkSize, file.size - position);
    let filled = 0;
    while (filled < wanted) {
      const count = await file.read(buffer.subarray(filled, wanted), position + filled);
      if (count === 0) throw fileChanged();
      filled += count;
    }
    // After the read: what stands in the buffer is the file that was opened (T45).
    await file.assertUnchanged();
    const bytes = buffer.subarray(0, wanted);
    file.sums.pass(bytes, position);
    position += wanted;
    yield options.netascii ? encodeNetascii(bytes) : bytes;
  }
}

/** Bytes gathered before they are written: one write for many small blocks. */
const gatheredBytes = 128 * 1024;

/** A store that writes an upload while the next bytes are gathered; the peer is held back when both are full. */
export function uploadStore(upload: Upload, netascii: boolean, checksums: Checksums): Store {
  const decoder = netascii ? new NetasciiDecoder() : undefined;
  let gathering = Buffer.allocUnsafeSlow(gatheredBytes);
  let spare = Buffer.allocUnsafeSlow(gatheredBytes);
  let filled = 0;
  let writing: Promise<void> | undefined;
  let problem: { readonly error: unknown } | undefined;

  const flush = (): void => {
    const chunk = gathering.subarray(0, filled);
    [gathering, spare] = [spare, gathering];
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
    if (filled + bytes.length > gatheredBytes && filled > 0) {
      if (writing !== undefined) return gatherSlowly(bytes);
      flush();
    }
    gathering.set(bytes, filled);
    filled += bytes.length;
    return undefined;
  };
  return {
    write: (data) => gather(decoder === undefined ? data : decoder.decode(data)),
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
