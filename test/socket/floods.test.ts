import assert from "node:assert/strict";
import { VirtualClock } from "../support/virtualClock";
import { unlikeBytes } from "../support/files";
import { openRawClient, requestFor, startTestedServer, type RawClient } from "../support/tftp";
import { until } from "../support/ftpWire";

const sources = 100;
/** What a victim gets at most of a request that was forged in its name (DESIGN §6). */
const mostPackets = 5;

describe("a storm of requests whose senders are forged (S6, X26)", function () {
  this.timeout(60_000);
  const victims: RawClient[] = [];
  before(function () {
    // Elsewhere only 127.0.0.1 is this computer's.
    if (process.platform !== "linux") this.skip();
  });
  afterEach(async () => {
    for (const victim of victims.splice(0)) await victim.close();
  });

  it("sends each of 100 victims 5 packets at most, however often they are named meanwhile, and then forgets them", async () => {
    const clock = new VirtualClock();
    const server = await startTestedServer({ files: { "fw.bin": unlikeBytes(100_000) }, clock });
    try {
      for (let index = 0; index < sources; index += 1)
        victims.push(await openRawClient(`127.0.0.${index + 2}`));
      const listener = { address: "127.0.0.1", port: server.port };
      const request = requestFor("RRQ", "fw.bin");
      for (const victim of victims) victim.send(request, listener);
      await until(() => victims.every(({ waiting }) => waiting.length > 0));
      // The fifth packet is out after the third of these seconds, and the transfer is given up in the fourth: what asks
      // after that is a request of its own.
      for (let again = 0; again < 4; again += 1) {
        const judged = server.heard + sources;
        for (const victim of victims) victim.send(request, listener);
        await until(() => server.heard === judged);
        clock.advance(1_000);
      }
      clock.advance(120_000);
      const rows = server.rows().filter(({ file }) => file === "fw.bin");
      assert.deepEqual([rows.length, rows.every(({ state }) => state === "failed")], [sources, true]);
      const sent = victims.map(({ waiting }) => waiting.length);
      assert.ok(Math.max(...sent) <= mostPackets, sent.join());
      const bytes = victims.flatMap(({ waiting }) => waiting.map((packet) => packet.bytes.length));
      assert.ok(Math.max(...bytes) <= 516, "no larger than a block that nobody asked to be larger");
    } finally {
      await server.stop();
    }
  });
});
