/** Boards that stall, or are gone, and files that are no files any more, in the middle of a TFTP transfer (faults §5). */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rename, truncate } from "node:fs/promises";
import { encodeAck, type DataPacket } from "../../src/protocol/tftp/packet";
import { unlikeBytes } from "../support/files";
import {
  endedRow,
  openRawClient,
  requestFor,
  startTestedServer,
  type RawClient,
  type TestedServer,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

describe("a TFTP transfer that stands still", function () {
  this.timeout(60_000);
  const blocks = 8;
  const content = unlikeBytes((blocks - 1) * 512 + 9);
  let clock: VirtualClock;
  let server: TestedServer;
  let client: RawClient;

  beforeEach(async () => {
    clock = new VirtualClock();
    server = await startTestedServer({ files: { "fw.bin": content }, clock });
    client = await openRawClient();
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  let port = 0;
  /** Block n, or the ERROR that came instead; copies of earlier ones are passed over. */
  const block = async (number: number): Promise<DataPacket> => {
    for (;;) {
      const { packet, from } = await client.next();
      port = from.port;
      assert.ok(packet.op === "DATA", JSON.stringify(packet));
      if (packet.block === number) return packet;
    }
  };
  const acknowledge = (number: number): void => {
    client.send(encodeAck(number), { address: "127.0.0.1", port });
  };
  /** Asks for the file, and has acknowledged `count` blocks. */
  const readUpTo = async (count: number): Promise<void> => {
    client.send(requestFor("RRQ", "fw.bin"), { address: "127.0.0.1", port: server.port });
    await block(1);
    for (let number = 1; number <= count; number += 1) {
      acknowledge(number);
      await block(number + 1);
    }
  };

  it("goes on after a board was silent for 40 s, as it is while it writes its flash (X3, DESIGN §2.1)", async () => {
    await readUpTo(2);
    const got: Uint8Array[] = [];
    for (let number = 3; number <= blocks; number += 1) {
      clock.advance(40_000);
      acknowledge(number);
      if (number < blocks) got.push((await block(number + 1)).data);
    }
    assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
    assert.ok(Buffer.concat(got).equals(content.subarray(3 * 512)));
  });

  for (const [count, percent] of [
    [1, 14],
    [4, 56],
    [blocks - 1, 99],
  ] as const) {
    it(`is given up where the board is gone after block ${count}, and the row says how far it was (X3)`, async () => {
      await readUpTo(count);
      clock.advance(59_000);
      assert.equal(server.rows()[0]?.state, "running");
      clock.advance(2_000);
      const row = await server.row(endedRow("fw.bin"));
      assert.equal(row.state, "failed");
      assert.match(row.trouble!.message, new RegExp(`stopped at ${percent} %`));
      // Nothing of it is left: a drain has nothing to wait for.
      await server.server.drain();
    });
  }

  it("reads the file to its end that a FIFO has replaced, and refuses the FIFO at once (X5, X22)", async function () {
    if (process.platform === "win32") this.skip();
    await readUpTo(1);
    execFileSync("mkfifo", [server.folder.at("fifo")]);
    await rename(server.folder.at("fifo"), server.folder.at("fw.bin"));
    for (let number = 2; number < blocks; number += 1) {
      acknowledge(number);
      const { data } = await block(number + 1);
      assert.ok(Buffer.from(data).equals(content.subarray(number * 512, (number + 1) * 512)));
    }
    acknowledge(blocks);
    assert.equal((await server.row(endedRow("fw.bin"))).state, "finished");
    client.send(requestFor("RRQ", "fw.bin"), { address: "127.0.0.1", port: server.port });
    const { packet } = await client.next();
    assert.deepEqual([packet.op, packet.op === "ERROR" && packet.code], ["ERROR", 2]);
  });

  it("tells the size of a file of 4 GiB and a byte (X16, RFC 2349)", async () => {
    await server.folder.write("image.bin", "");
    await truncate(server.folder.at("image.bin"), 2 ** 32 + 1);
    client.send(requestFor("RRQ", "image.bin", { tsize: 0 }), { address: "127.0.0.1", port: server.port });
    const { packet } = await client.next();
    assert.ok(packet.op === "OACK");
    assert.equal(packet.options.get("tsize"), "4294967297");
  });
});
