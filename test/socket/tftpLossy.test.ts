/** Our server and our client over real sockets, with a relay between them that loses, doubles, delays and reorders. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import type { Clock } from "../../src/engine/clock";
import { systemCode } from "../../src/engine/errors";
import { unlikeBytes } from "../support/files";
import { hurriedClock } from "../support/hurriedClock";
import { seeds } from "../support/random";
import { storeTftp } from "../support/storeTftp";
import { startTestedServer, type TestedServer } from "../support/tftp";
import { openRelay } from "../support/udpRelay";
import type { Faults } from "../support/virtualLink";

interface Journey {
  readonly way: "read" | "write";
  readonly windowsize: number;
  readonly seed: number;
}

const ways = ["read", "write"] as const;
const windowsizes = [1, 4, 16] as const;
const blksize = 1428;
/** More than a dozen packets in a row, at the longest wait between them: so many are not lost by chance. */
const giveUpSeconds = 200;
const journeys = (count: number): Journey[] =>
  ways.flatMap((way) =>
    windowsizes.flatMap((windowsize) => seeds(count).map((seed) => ({ way, windowsize, seed }))),
  );

describe("TFTP through a relay that loses, doubles, delays and reorders (a failure names its SEED)", function () {
  this.timeout(120_000);
  let server: TestedServer | undefined;
  let clock: Clock;
  let uploads = 0;
  const small = unlikeBytes(30_001);
  const large = unlikeBytes(200_001);

  const start = async (at: Clock): Promise<void> => {
    clock = at;
    const files = { "small.bin": small, "large.bin": large };
    server = await startTestedServer({
      files,
      door: { uploads: "new" },
      clock,
      limits: { giveUpSeconds },
    });
  };
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  /** One file; gives the packets that both sides sent. @throws when it fails or other bytes arrive. */
  async function travel(content: Uint8Array, faults: Faults, journey: Journey): Promise<number> {
    assert.ok(server !== undefined);
    const { way, windowsize, seed } = journey;
    const relay = await openRelay({ to: { address: "127.0.0.1", port: server.port }, faults, seed });
    const target = { host: "127.0.0.1", port: relay.local.port };
    const options = { blksize, windowsize, giveUpMs: giveUpSeconds * 1000 };
    const got: Uint8Array[] = [];
    try {
      if (way === "read") {
        const file = content === small ? "small.bin" : "large.bin";
        const sink = (chunk: Uint8Array): void => void got.push(chunk.slice());
        await fetchTftp(clock, target, file, sink, undefined, options);
      } else {
        const file = `up-${(uploads += 1)}.bin`;
        const storing = storeTftp(clock, target, file, Readable.from([content]), undefined, options);
        await storing.catch((error: unknown) => {
          // Where the last ACK is lost again and again its writer cannot know that the file is stored (RFC 1350 §6).
          if (faults.loss === undefined || systemCode(error) !== "tftp.timeout") throw error;
        });
        got.push(await readFile(server.folder.at(file)));
      }
      assert.ok(Buffer.concat(got).equals(content), "other bytes arrived");
    } catch (error) {
      throw new Error(`SEED=${seed} with ${JSON.stringify({ ...faults, ...journey })}`, { cause: error });
    } finally {
      await relay.close();
    }
    return relay.sent.byClient + relay.sent.byServer;
  }

  for (const [what, faults] of [
    ["doubled", { duplication: 0.1 }],
    ["doubled and 10 % overtaken", { duplication: 0.1, reordering: 0.1, reorderMs: 5 }],
  ] as const) {
    it(`10 % ${what}: at most half as many packets again as without, with windowsize 1, 4 and 16 (X2)`, async () => {
      // Nothing is lost, so that no wait is needed; with long ones a busy machine looks like no loss either.
      await start(hurriedClock(1 / 10));
      const blocks = Math.floor(large.length / blksize) + 1;
      for (const { windowsize, ...journey } of journeys(1)) {
        // The request, OACK, ACK 0, the blocks and an ACK for each window.
        const least = 3 + blocks + Math.ceil(blocks / windowsize);
        const sent = await travel(large, faults, { windowsize, ...journey });
        assert.ok(sent <= 1.5 * least, `${sent} packets, at least ${least}: ${JSON.stringify(journey)}`);
      }
    });
  }

  for (const [what, content, faults] of [
    ["5 % lost each way", large, { loss: 0.05 }],
    ["20 % lost each way", small, { loss: 0.2 }],
    ["5 % lost, 10 % doubled, 10 % overtaken", large, { loss: 0.05, duplication: 0.1, reordering: 0.1 }],
    ["each up to 30 ms late, 10 % doubled", small, { duplication: 0.1, delayMs: [0, 30] }],
  ] as const) {
    it(`${what}: every byte arrives, read and written, with windowsize 1, 4 and 16 (X1, X2, T11, T25)`, async () => {
      // The waits of lock-step add up to a minute; how long a wait is, is not what is asked here.
      await start(hurriedClock(20));
      await Promise.all(journeys(2).map((journey) => travel(content, faults, journey)));
    });
  }
});
