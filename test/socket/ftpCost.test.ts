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

  it("is three turns of the thread pool: one finds it, one opens it, and one reads it", async () => {
    const wire = await house.login();
    const cost = (): Promise<number> =>
      diskCallsOf(async () => {
        assert.equal((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
      });
    // What the disk is, is asked once a minute.
    const calls = Math.min(await cost(), await cost());
    const { dev } = await stat(house.folder.at("fw.bin"), { bigint: true });
    const near = process.platform === "linux" && (await isNear(dev, house.folder.at("fw.bin")));
    // Where the disk may be far away more of it waits.
    assert.ok(calls <= (near ? 3 : 12), `${calls}`);
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
