import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { systemClock } from "../../src/engine/clock";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { unlikeBytes } from "../support/files";
import { serve, thisHost } from "../support/ours";
import { temporaryFolder } from "../support/temporaryFolder";
import { openRawClient, requestFor, type RawClient } from "../support/tftp";

/** Linux: what the kernel runs of a process; 0 elsewhere. */
const threadsOf = (pid: number): number =>
  process.platform === "linux" ? readdirSync(`/proc/${pid}/task`).length : 0;

describe("the program's bundle", function () {
  this.timeout(60_000);

  it("begins a thread with itself where five boards load at once, and ends with it", async () => {
    const content = unlikeBytes(2 ** 20 + 1);
    const folder = await temporaryFolder({ "fw.bin": content });
    const flags = ["--servers", "tftp", "--tftp-port", "0"];
    const served = await serve({ ...thisHost, fromSource: false }, folder.path, flags);
    const waiting: RawClient[] = [];
    try {
      const { port } = served.server("tftp");
      for (let count = 0; count < 4; count += 1) {
        const client = await openRawClient();
        waiting.push(client);
        client.send(requestFor("RRQ", "fw.bin", { blksize: 1024 }), { address: "127.0.0.1", port });
        await client.next();
      }
      const before = threadsOf(served.running.pid);
      const chunks: Uint8Array[] = [];
      const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
      await fetchTftp(systemClock, { host: "127.0.0.1", port }, "fw.bin", sink);
      assert.ok(Buffer.concat(chunks).equals(content));
      if (process.platform === "linux")
        assert.ok(threadsOf(served.running.pid) > before, "no thread was started");
      await served.stopNow();
    } finally {
      for (const client of waiting) await client.close();
      await served.running.kill();
      await folder.remove();
    }
  });
});
