/** Whether the event loop sleeps while a transfer waits for its board. */

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { encodeError } from "../../src/protocol/tftp/packet";
import {
  openRawClient,
  type RawClient,
  requestFor,
  startTestedServer,
  type TestedServer,
} from "../support/tftp";

/** The longest that can be chosen, so that a look at the loop takes less. */
const longestUs = 10_000;
const lookMs = 8;

describe("while a board thinks about what it got", function () {
  this.timeout(60_000);
  let server: TestedServer | undefined;
  let boards: RawClient[] = [];

  afterEach(async () => {
    for (const board of boards) await board.close();
    await server?.stop();
    boards = [];
    server = undefined;
  });

  async function start(busyPollMicroseconds: number): Promise<void> {
    const files = { "fw.bin": Buffer.alloc(2000, "boot") };
    server = await startTestedServer({ files, limits: { busyPollMicroseconds } });
  }

  /** Lets a new board ask and say nothing more. @returns for how many ms the loop slept of the next 8. */
  async function sleepMs(): Promise<number> {
    const board = await openRawClient();
    boards.push(board);
    board.send(requestFor("RRQ", "fw.bin", {}), { address: "127.0.0.1", port: server?.port ?? 0 });
    const { from } = await board.next();
    const before = performance.eventLoopUtilization();
    await wait(lookMs);
    const { idle } = performance.eventLoopUtilization(before);
    board.send(encodeError(0, "enough"), from);
    return idle;
  }

  async function assertSleeps(): Promise<void> {
    const slept = [await sleepMs(), await sleepMs(), await sleepMs()];
    assert.ok(Math.max(...slept) > 1, `of ${lookMs} ms: ${slept.join()}`);
  }

  it("the loop stays awake for its answer (net.core.busy_poll), but not on a computer of one core", async () => {
    await start(longestUs);
    if (availableParallelism() === 1) await assertSleeps();
    // Where others need the core, it is left to them for a second.
    else while ((await sleepMs()) > 1) await wait(100);
  });

  it("the loop sleeps where busyPollMicroseconds is 0", async () => {
    await start(0);
    await assertSleeps();
  });

  it("the loop sleeps where more boards load than one thread is enough for", async () => {
    await start(longestUs);
    for (let board = 0; board < 4; board += 1) {
      boards.push(await openRawClient());
      boards[board]?.send(requestFor("RRQ", "fw.bin", {}), { address: "127.0.0.1", port: server?.port ?? 0 });
      await boards[board]?.next();
    }
    await assertSleeps();
  });
});
