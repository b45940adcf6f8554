/** What a request costs does not depend on what else lies in the served folder: the calls of the disk are counted. */

import assert from "node:assert/strict";
import { encodeAck } from "../../src/protocol/tftp/packet";
import { diskCallsOf } from "../support/diskCalls";
import { ftpHouse } from "../support/ftpWire";
import { endedRow, openRawClient, requestFor, startTestedServer } from "../support/tftp";

const folderOf = (others: number): Record<string, string> => ({
  "fw.bin": "firmware",
  ...Object.fromEntries(Array.from({ length: others }, (_, index) => [`other-${index}.bin`, ""])),
});

async function byFtp(others: number): Promise<number> {
  const house = await ftpHouse({ files: folderOf(others) });
  try {
    const wire = await house.login();
    return await diskCallsOf(async () => {
      assert.equal((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
      await wire.expect("SIZE fw.bin", 213);
    });
  } finally {
    await house.close();
  }
}

async function byTftp(others: number): Promise<number> {
  const server = await startTestedServer({ files: folderOf(others) });
  const client = await openRawClient();
  try {
    return await diskCallsOf(async () => {
      client.send(requestFor("RRQ", "fw.bin"), { address: "127.0.0.1", port: server.port });
      const { from } = await client.next();
      client.send(encodeAck(1), from);
      await server.row(endedRow("fw.bin"));
    });
  } finally {
    await client.close();
    await server.stop();
  }
}

describe("a request in a folder of 3,000 files costs as many calls of the disk as in one of 3", function () {
  this.timeout(60_000);

  for (const [protocol, calls] of Object.entries({ FTP: byFtp, TFTP: byTftp })) {
    it(`over ${protocol}`, async () => {
      const few = await calls(2);
      assert.ok(few > 0, "the calls are seen");
      const many = await calls(2_999);
      // A file may be closed a moment after its transfer has ended: here or there that call is not counted.
      assert.ok(many <= few + 2, `${many} calls instead of ${few}`);
    });
  }
});
