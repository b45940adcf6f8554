/**
 * TFTP clients that nobody here wrote on our server, over links that lose, double, overtake and delay from a seed.
 * What becomes of a packet hangs on which one it is, and on nothing else (`udpRelay.ts`): a run is the same each time.
 */

import assert from "node:assert/strict";
import type { Clock } from "../../src/engine/clock";
import { badLinks, type BadLink } from "../support/badLinks";
import { assertFile, unlikeBytes } from "../support/files";
import { lossyTftpClients, patient, type ForeignClient } from "../support/foreignClients";
import { each, goBackN } from "../support/goBackN";
import { hurriedClock } from "../support/hurriedClock";
import { thisHost } from "../support/ours";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { startTestedServer, type TestedServer } from "../support/tftp";
import { openRelay } from "../support/udpRelay";

interface Link extends BadLink {
  /** Bytes of the file that is read, and of the one that is written. */
  readonly read: number;
  readonly write: number;
}

/** By whom, which way, and the packets that both sides have sent. */
interface Journey {
  readonly client: ForeignClient;
  readonly way: "read" | "write";
  readonly byServer: number;
  readonly byClient: number;
}

const address = "127.0.0.1";
const five: Link = { ...badLinks.five, read: 10_001, write: 3001 };
const twenty: Link = { ...badLinks.twenty, read: 3001, write: 1501 };
const doubled: Link = { ...badLinks.doubled, read: 60_001, write: 60_001 };
const overtaken: Link = { ...badLinks.overtaken, read: 60_001, write: 60_001 };
const late: Link = { ...badLinks.late, read: 10_001, write: 10_001 };

/** Their own faults, which docs/reliability.md tells: a repeated ACK or OACK ends an upload, or it takes 5 s for each loss. */
const losesUploads = ({ name, program }: ForeignClient): boolean =>
  name === "curl" || program === "busybox" || program === "tftp";
const windowsizeOf = ({ name }: ForeignClient): number => Number(/windowsize (\d+)/.exec(name)?.[1] ?? 1);
const blksizeOf = ({ name }: ForeignClient): number => Number(/blksize (\d+)/.exec(name)?.[1] ?? 512);

describe("TFTP clients of others over bad links (a failure names its SEED)", function () {
  this.timeout(120_000);
  let server: TestedServer | undefined;
  let download: TemporaryFolder;

  before(function () {
    for (const { program } of lossyTftpClients) need(this, program);
  });
  beforeEach(async () => {
    download = await temporaryFolder();
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await download.remove();
  });

  const start = async (clock: Clock, sizes: readonly number[]): Promise<TestedServer> => {
    const files = Object.fromEntries(sizes.map((size) => [`fw-${size}`, unlikeBytes(size)]));
    return (server = await startTestedServer({ files, door: { uploads: "new" }, clock }));
  };

  async function travel(link: Link, client: ForeignClient, way: Journey["way"]): Promise<Journey> {
    assert.ok(server !== undefined);
    const { read, write, ...through } = link;
    const relay = await openRelay({ to: { address, port: server.port }, ...through });
    const told = `SEED=${link.seed} ${client.name} ${way} with ${JSON.stringify(link.faults)}`;
    const id = told.replace(/\W+/g, "-");
    const host = patient(thisHost, 110_000);
    try {
      if (way === "read") {
        await client.get(host, address, `fw-${read}`, download.at(id), relay.local.port);
        await assertFile(download.at(id), unlikeBytes(read));
      } else {
        const file = `up-${id}`;
        await client.put!(host, address, file, server.folder.at(`fw-${write}`), relay.local.port);
        await server.row((row) => row.file === file && row.state === "finished");
        await assertFile(server.folder.at(file), unlikeBytes(write));
      }
    } catch (error) {
      throw new Error(told, { cause: error });
    } finally {
      await relay.close();
    }
    return { client, way, ...relay.sent };
  }

  /** Everybody at once. */
  const everyone = (link: Link, mayWrite: (client: ForeignClient) => boolean): Promise<Journey[]> =>
    Promise.all(
      lossyTftpClients.flatMap((client) => [
        travel(link, client, "read"),
        ...(mayWrite(client) ? [travel(link, client, "write")] : []),
      ]),
    );

  it("5 % and 20 % lost each way: every byte arrives, read and written, with windowsize 1, 4 and 16 (X1)", async () => {
    await start(hurriedClock(1), [five.read, five.write, twenty.read, twenty.write]);
    await Promise.all([five, twenty].map((link) => everyone(link, (client) => !losesUploads(client))));
  });

  for (const [what, link] of [
    ["doubled", doubled],
    ["doubled and 10 % overtaken", overtaken],
  ] as const) {
    it(`10 % ${what}: every byte arrives, and half as many packets again as without are sent at most (X2, RFC 1123 §4.2.3.1)`, async () => {
      // Nothing is lost: on a busy machine our server is not to take a slow client for a lost packet.
      await start(hurriedClock(1 / 10), [link.read]);
      for (const { client, way, byServer, byClient } of await everyone(link, () => true)) {
        const [windowsize, blksize] = [windowsizeOf(client), blksizeOf(client)];
        const blocks = Math.floor(link.read / blksize) + 1;
        const acks = Math.ceil(blocks / windowsize);
        const told = `SEED=${link.seed} ${client.name} ${way}: ${byServer} of the server, ${byClient} of the client, ${blocks} blocks`;
        if (way === "read" && windowsize > 1 && link === overtaken) {
          // atftp keeps no block that overtook another one: what was overtaken is lost to it.
          assert.ok(byServer <= 1.5 * goBackN(windowsize, each(0.1)) * (1 + blocks), told);
        } else if (client.program === "busybox") {
          // It sends again after a tenth of a second, on a slow machine without a need.
          if (way === "read") assert.ok(byServer <= 1.5 * (1 + blocks), told);
        } else {
          assert.ok(byServer + byClient <= 1.5 * (3 + blocks + acks), told);
        }
      }
    });
  }

  it("each up to 30 ms late, 10 % doubled: every byte arrives, with windowsize 1, 4 and 16 (X2)", async () => {
    await start(hurriedClock(1 / 10), [late.read]);
    await everyone(late, () => true);
  });
});
