import assert from "node:assert/strict";
import { systemClock } from "../../src/engine/clock";
import type { OpenedFile } from "../../src/engine/servedRoot/servedRoot";
import { SharedChunks } from "../../src/engine/servedRoot/sharedChunks";
import { SendingExchange } from "../../src/engine/tftpExchange";
import { readChunks } from "../../src/engine/tftpServer/file";
import { decodePacket, encodeAck } from "../../src/protocol/tftp/packet";
import { Sender } from "../../src/protocol/tftp/sender";
import { unlikeBytes } from "../support/files";

const blksize = 8;

/** A file whose bytes stand in the buffer as soon as they are asked for: no disk can be faster. */
const fastFile = (content: Uint8Array): OpenedFile =>
  ({
    size: content.length,
    sums: { pass: () => undefined },
    chunks: new SharedChunks(),
    assertUnchanged: () => Promise.resolve(),
    read: (buffer: Uint8Array, position: number) => {
      const part = content.subarray(position, position + buffer.length);
      buffer.set(part);
      return Promise.resolve(part.length);
    },
  }) as unknown as OpenedFile;

/** What arrives at a peer that acknowledges each window. */
async function sent(content: Uint8Array, chunkBlocks: number, windowsize: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  await new Promise((resolve, reject) => {
    const patience = { giveUpMs: 60_000, firstPackets: 5 };
    const exchange: SendingExchange = new SendingExchange(
      systemClock,
      (bytes) => {
        const packet = decodePacket(bytes);
        assert.equal(packet.op, "DATA");
        parts.push(packet.data.slice());
        if (parts.length % windowsize !== 0 && packet.data.length === blksize) return;
        setImmediate(() => {
          exchange.receive(encodeAck(packet.block));
        });
      },
      new Sender({ blksize, windowsize, patience }, systemClock.now()),
      readChunks(fastFile(content), { netascii: false, blksize, chunkSize: chunkBlocks * blksize }),
      blksize,
      { ended: resolve, failed: reject },
    );
    exchange.start();
  });
  return Buffer.concat(parts);
}

describe("blocks of chunks that are read ahead", () => {
  for (const chunkBlocks of [1, 2, 3, 5, 7]) {
    for (const windowsize of [1, 2, 4, 16]) {
      it(`are the file's, however fast the disk is: ${chunkBlocks} in a chunk, ${windowsize} in a window`, async () => {
        const content = unlikeBytes(blksize * 50 + 3);
        assert.ok((await sent(content, chunkBlocks, windowsize)).equals(content));
      });
    }
  }
});
