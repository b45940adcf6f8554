import assert from "node:assert/strict";
import { BusyPoll } from "../../src/engine/busyPoll";
import { VirtualClock } from "../support/virtualClock";

/** Of an event loop whose turns take a tenth of a millisecond. */
class TurningClock extends VirtualClock {
  /** @returns the number of turns until nobody wants one, at most `most`. */
  turns(most = Infinity, ms = 0.1): number {
    for (let count = 0; count < most; count += 1) {
      this.advance(ms);
      if (this.turn() === 0) return count;
    }
    return most;
  }

  sleep(ms: number): void {
    assert.equal(this.turn(), 0, "it turns, and does not sleep");
    this.advance(ms);
  }
}

describe("busy polling for the answer to a packet", () => {
  let loop: TurningClock;
  let limitMs: number;
  let poll: BusyPoll;

  beforeEach(() => {
    loop = new TurningClock();
    limitMs = 0.55;
    poll = new BusyPoll(() => limitMs, loop);
  });

  /** The whole limit is waited for in vain: the first turn begins it. */
  const inVain = 7;

  const missed = (times: number): void => {
    for (let time = 0; time < times; time += 1) {
      poll.sent();
      assert.equal(loop.turns(), inVain);
      poll.heard();
    }
  };

  const restsForASecond = (): void => {
    poll.sent();
    assert.equal(loop.turns(), 0);
    poll.heard();
    loop.sleep(1000);
    missed(1);
  };

  it("turns the loop until the answer comes, and sleeps where nothing is expected", () => {
    assert.equal(loop.turns(), 0);
    poll.sent();
    assert.equal(loop.turns(3), 3);
    poll.heard();
    assert.equal(loop.turns(), 1);
    loop.sleep(10);
  });

  it("turns it no longer than the limit, from the last packet on", () => {
    poll.sent();
    assert.equal(loop.turns(3), 3);
    poll.sent();
    assert.equal(loop.turns(), inVain);
  });

  it("goes on with the same turns where the answer is answered at once, block after block", () => {
    poll.sent();
    for (let block = 0; block < 100; block += 1) {
      assert.equal(loop.turns(2), 2);
      poll.heard();
      poll.sent();
    }
  });

  it("leaves alone a peer whose answers came too late eight times, and tries again after a second", () => {
    missed(8);
    restsForASecond();
  });

  it("counts late answers in a row only", () => {
    for (let round = 0; round < 3; round += 1) {
      missed(7);
      poll.sent();
      loop.turns(2);
      poll.heard();
      loop.turns();
    }
  });

  it("rests for a second when it was put aside: its share of the cores is used up", () => {
    poll.sent();
    loop.turns(2);
    assert.equal(loop.turns(1, 15), 1);
    assert.equal(loop.turns(), 0);
    poll.heard();
    restsForASecond();
  });

  it("lets the loop sleep while the peer works off a large window", () => {
    for (let packet = 1; packet <= 16; packet += 1) poll.sent();
    assert.equal(loop.turns(3), 3);
    poll.sent();
    assert.equal(loop.turns(), 1);
    poll.heard();
    missed(1);
  });

  it("is not done where the limit is 0, as it is at each packet", () => {
    limitMs = 0;
    poll.sent();
    assert.equal(loop.turns(), 0);
    poll.heard();
    limitMs = 0.55;
    missed(1);
  });

  it("ends with the socket", () => {
    poll.sent();
    loop.turns(2);
    poll.close();
    assert.equal(loop.turns(), 1);
  });
});
