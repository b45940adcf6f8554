import assert from "node:assert/strict";
import { systemClock } from "../../src/engine/clock";
import { openPeer, type Peer } from "../support/udpPeer";

/** Nothing has its turn meanwhile: so a process finds itself that was stopped, or that others kept from running. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("the computer's own clock, after the process stood still", () => {
  let peer: Peer;
  beforeEach(async () => {
    peer = await openPeer();
  });
  afterEach(() => peer.socket.close());

  it("rings once what has come meanwhile was heard, which may call it off: no board is given up for it (X14)", async () => {
    const events: string[] = [];
    const now = systemClock.now();
    const timer = systemClock.at(now + 10, () => events.push("given up"));
    const other = new Promise<void>((resolve) => {
      systemClock.at(now + 10, () => {
        events.push("another timer");
        resolve();
      });
    });
    const heard = peer.next().then(() => {
      events.push("heard");
      timer.cancel();
    });
    peer.send(Uint8Array.of(0, 4, 0, 1), peer.socket.local.port);
    standStill(50);
    await Promise.all([other, heard]);
    assert.deepEqual(events, ["heard", "another timer"]);
  });

  it("does not ring when it was called off before", async () => {
    let rang = false;
    systemClock
      .at(systemClock.now(), () => {
        rang = true;
      })
      .cancel();
    await new Promise<void>((resolve) => systemClock.at(systemClock.now() + 20, resolve));
    assert.equal(rang, false);
  });
});
