import assert from "node:assert/strict";
import { Socket } from "node:net";
import { watchStall } from "../../src/engine/ftpServer/dataTransfer";
import { VirtualClock } from "../support/virtualClock";

describe("the watch over an FTP data connection", () => {
  /** What it says of each look at a connection of which nothing but its bytes is known. */
  function watched(limitMs: number): { clock: VirtualClock; moved: (bytes: number) => void; said: string[] } {
    const clock = new VirtualClock();
    const said: string[] = [];
    let bytes = 0;
    watchStall(clock, limitMs, new Socket(), {
      bytes: () => bytes,
      onChange: () => said.push("moves"),
      onStill: () => said.push("still"),
      onStall: () => said.push("stalled"),
    });
    return { clock, said, moved: (more) => void (bytes += more) };
  }

  it("says that bytes move, also in the middle of a chunk: a pause is as long as it was", () => {
    const { clock, moved, said } = watched(60_000);
    moved(1000);
    clock.advance(5_000);
    clock.advance(5_000);
    moved(1);
    clock.advance(5_000);
    assert.deepEqual(said, ["moves", "still", "moves"]);
  });

  it("ends what did not move for the whole limit, and says so once", () => {
    const { clock, moved, said } = watched(20_000);
    moved(1);
    clock.advance(60_000);
    assert.deepEqual(said, ["moves", "still", "still", "still", "stalled"]);
  });
});
