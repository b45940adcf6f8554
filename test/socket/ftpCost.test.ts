/** What a small file costs over FTP, counted and not timed: turns of the thread pool, and rows. */

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { isNear } from "../../src/engine/servedRoot/disks";
import { diskCallsOf } from "../support/diskCalls";
import { ftpHouse, type FtpHouse } from "../support/ftpWire";
import { VirtualClock } from "../support/virtualClock";

describe("what a small file costs over FTP", function () {
  this.timeout(60_000);
  let house: FtpHouse;

  before(async () => {
    // Time stands still: no row comes because the machine is slow.
    house = await ftpHouse({ files: { "fw.bin": "firmware" }, clock: new VirtualClock() });
  });
  after(() => house.close());

  it("is three turns of the thread pool: one finds it, one opens it, and one reads it", async function () {
    const { dev } = await stat(house.folder.path, { bigint: true });
    // Where the disk may be far away more of it waits.
    if (process.platform !== "linux" || !(await isNear(dev, house.folder.path))) this.skip();
    const wire = await house.login();
    const calls = await diskCallsOf(async () => {
      assert.equal((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
    });
    assert.equal(calls, 3);
  });

  it("is two rows: it runs, and it has ended", async () => {
    const wire = await house.login();
    const states: string[] = [];
    const stop = house.journal.onRow((row) => row.type === "transfer" && states.push(row.state));
    await wire.fetch("RETR fw.bin");
    stop();
    assert.deepEqual(states, ["running", "finished"]);
  });
});
