/** Whether the event loop is kept from sleeping while a transfer waits for its board. */

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { encodeAck } from "../../src/protocol/tftp/packet";
import {
  openRawClient,
  type RawClient,
  requestFor,
  startTestedServer,
  type TestedServer,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

/** On a computer of one core nothing is polled for. */
const one = availableParallelism() > 1 ? 1 : 0;
const blksize = 512;

describe("a TFTP transfer of the server's own thread", function () {
  this.timeout(60_000);
  let clock: VirtualClock;
  let server: TestedServer | undefined;
  let boards: RawClient[] = [];

  afterEach(async () => {
    for (const board of boards) await board.close();
    await server?.stop();
    boards = [];
    server = undefined;
  });

  async function start(busyPollMicroseconds?: number): Promise<void> {
    clock = new VirtualClock();
    server = await startTestedServer({
      clock,
      files: { "fw.bin": Buffer.alloc(20 * blksize, "boot") },
      ...(busyPollMicroseconds !== undefined && { limits: { busyPollMicroseconds } }),
    });
  }

  async function ask(): Promise<RawClient> {
    const board = await openRawClient();
    boards.push(board);
    board.send(requestFor("RRQ", "fw.bin", {}), { address: "127.0.0.1", port: server?.port ?? 0 });
    return board;
  }

  it("polls for the ACK of each block, again after one that came too late (net.core.busy_poll)", async () => {
    await start();
    const board = await ask();
    for (let block = 1; block <= 20; block += 1) {
      const { packet, from } = await board.next();
      assert.deepEqual([packet.op, packet.op === "DATA" && packet.block], ["DATA", block]);
      assert.equal(clock.turn(), one, `after block ${block}`);
      if (block % 5 === 0) {
        clock.advance(1);
        assert.deepEqual([clock.turn(), clock.turn()], [one, 0]);
      }
      board.send(encodeAck(block), from);
    }
    const last = await board.next();
    board.send(encodeAck(21), last.from);
    await server?.row(({ state }) => state === "finished");
    clock.turn();
    assert.equal(clock.turn(), 0);
  });

  it("polls for nothing where busyPollMicroseconds is 0", async () => {
    await start(0);
    await (await ask()).next();
    assert.equal(clock.turn(), 0);
  });

  it("polls for nothing where more boards load than one thread is enough for", async () => {
    await start();
    for (let board = 0; board < 4; board += 1) await (await ask()).next();
    assert.equal(clock.turn(), 4 * one);
    const fifth = await ask();
    const { from } = await fifth.next();
    assert.equal(clock.turn(), 4 * one);
    fifth.send(encodeAck(1), from);
    await fifth.next();
    assert.equal(clock.turn(), 4 * one);
  });
});
