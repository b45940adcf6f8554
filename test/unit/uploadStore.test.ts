import assert from "node:assert/strict";
import { Checksums } from "../../src/engine/checksums";
import { nextTurn } from "../../src/engine/clock";
import type { Upload } from "../../src/engine/servedRoot/servedRoot";
import { ReceivingExchange } from "../../src/engine/tftpExchange";
import { uploadStore } from "../../src/engine/tftpServer/file";
import { encodeAck, encodeData } from "../../src/protocol/tftp/packet";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { unlikeBytes } from "../support/files";
import { VirtualClock } from "../support/virtualClock";

/** An upload that keeps what is written. */
function keeping(wrote: (chunk: Uint8Array) => void): {
  readonly upload: Upload;
  readonly kept: () => Buffer;
} {
  const parts: Uint8Array[] = [];
  const upload: Upload = {
    name: "log.bin",
    write(chunk) {
      parts.push(Buffer.from(chunk));
      wrote(chunk);
      return Promise.resolve();
    },
    commit: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
  return { upload, kept: () => Buffer.concat(parts) };
}

describe("the store of an upload", () => {
  it("takes more at once than it gathers: what waited for a late block comes with it", async () => {
    const { upload, kept } = keeping(() => undefined);
    const store = uploadStore(upload, false, new Checksums());
    const content = unlikeBytes(2_000_000);
    await store.write(content.subarray(0, 5));
    await store.write(content.subarray(5));
    await store.finish();
    assert.ok(kept().equals(content));
  });

  it("sums and writes after an ACK and not before it: the peer sends its next window meanwhile", async () => {
    const [blksize, windowsize] = [1468, 16];
    const content = unlikeBytes(40 * windowsize * blksize + 7);
    const order: string[] = [];
    const { upload, kept } = keeping(() => order.push("write"));
    const clock = new VirtualClock();
    const patience = { giveUpMs: 60_000, firstPackets: 5 };
    await new Promise<void>((resolve, reject) => {
      const exchange = new ReceivingExchange(
        clock,
        () => order.push("ACK"),
        new Receiver({ blksize, windowsize, patience, opening: encodeAck(0) }, clock.now()),
        uploadStore(upload, false, new Checksums()),
        { stored: resolve, failed: reject, ended: () => undefined },
      );
      exchange.start();
      void (async () => {
        for (let block = 1; (block - 1) * blksize <= content.length; block += 1) {
          order.push("DATA");
          exchange.receive(encodeData(block, content.subarray((block - 1) * blksize, block * blksize)));
          // The disk is ready by the next window.
          if (block % windowsize === 0) await nextTurn();
        }
      })();
    });
    assert.ok(kept().equals(content));
    const before = order.flatMap((event, at) => (event === "write" ? [order[at - 1]] : []));
    // The last one is the rest of the file, which has to be there before the last ACK.
    assert.deepEqual(new Set(before.slice(0, -1)), new Set(["ACK"]));
    assert.ok(before.length >= 7, `${before.length} writes`);
  });

  it("is not waited for as if it were the peer: however slow it is, no silence is told and nothing sent again", async () => {
    const [blksize, windowsize] = [512, 1];
    const clock = new VirtualClock();
    const sent: number[] = [];
    let silences = 0;
    let written: () => void = () => undefined;
    const slow = {
      write: () => new Promise<void>((resolve) => (written = resolve)),
      finish: () => undefined,
    };
    const patience = { giveUpMs: 60_000, firstPackets: 5 };
    const exchange = new ReceivingExchange(
      clock,
      (packet) => sent.push(packet[3] ?? 0),
      new Receiver({ blksize, windowsize, patience, opening: encodeAck(0) }, clock.now()),
      slow,
      {
        silence: () => (silences += 1),
        ended: () => assert.fail("ended"),
        failed: () => assert.fail("failed"),
      },
    );
    exchange.start();
    exchange.receive(encodeData(1, new Uint8Array(blksize)));
    clock.advance(10 * 60_000);
    assert.deepEqual({ sent, silences }, { sent: [0], silences: 0 });
    written();
    await nextTurn();
    assert.deepEqual(sent, [0, 1]);
    // Now it is the peer's turn.
    clock.advance(10_000);
    assert.ok(silences > 0 && sent.length > 2);
    await exchange.close();
  });
});
