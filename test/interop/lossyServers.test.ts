/**
 * Our TFTP client on servers that nobody here wrote, over links that lose, double and overtake from a seed; what becomes
 * of a packet hangs on which one it is, and on nothing else (`udpRelay.ts`).
 */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { badLinks, type BadLink } from "../support/badLinks";
import { playBoard, type Travel, type Travelled } from "../support/board";
import { assertFile, sha256, unlikeBytes } from "../support/files";
import { tftpServers, writableTftpServers, type ForeignServer } from "../support/foreignServers";
import { each, goBackN } from "../support/goBackN";
import { makeNetwork, type TestNetwork } from "../support/namespace";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const lan = "lan1";
const localAddress = "10.77.0.50";
const servers: readonly { readonly at: string; readonly address: string; readonly server: ForeignServer }[] =
  [...tftpServers.filter(({ program }) => program === "dnsmasq"), ...writableTftpServers].map(
    (server, index) => ({ at: `server${index}`, address: `10.77.0.${index + 1}`, server }),
  );

/** By name. */
const files = { tiny: unlikeBytes(1501), small: unlikeBytes(3001), large: unlikeBytes(30_001) } as const;
const blksize = 512;

const { five, twenty, doubled, overtaken } = badLinks;

describe("our TFTP client on servers of others over bad links (a failure names its SEED)", function () {
  this.timeout(120_000);
  let network: TestNetwork | undefined;
  let own: TemporaryFolder;
  const folders = new Map<string, TemporaryFolder>();
  let uploads = 0;

  before(async function () {
    for (const { server } of servers) need(this, server.program);
    own = await temporaryFolder(files);
    network = await makeNetwork(this, {
      ...Object.fromEntries(
        servers.map(({ at, address }) => [at, { eth0: { lan, address: `${address}/24` } }]),
      ),
      board: { eth0: { lan, address: `${localAddress}/24` } },
    });
    for (const { at, address, server } of servers) {
      const folder = await temporaryFolder(files);
      folders.set(address, folder);
      await server.start(network.host(at), address, folder.path);
    }
  });
  after(async () => {
    await network?.close();
    for (const folder of [own, ...folders.values()]) await folder.remove();
  });

  /** Everything at once: of each server a file is read and written, with each windowsize. */
  const travels = (link: BadLink, file: keyof typeof files, written: keyof typeof files): Travel[] =>
    servers.flatMap(({ address, server }) =>
      [1, 4, 16].flatMap((windowsize) => {
        const shared = { host: address, blksize, windowsize, ...link };
        const write = { ...shared, file: `up-${(uploads += 1)}`, from: own.at(written) };
        return [{ ...shared, file }, ...(server.program === "dnsmasq" ? [] : [write])];
      }),
    );

  async function arrive(all: readonly Travel[], pace: number): Promise<readonly (Travelled & Travel)[]> {
    const arrived = await playBoard(network!.host("board"), {
      kind: "travels",
      localAddress,
      pace,
      travels: all,
    });
    for (const [index, travel] of all.entries()) {
      const { error, sha256: got } = arrived[index]!;
      const told = JSON.stringify(travel);
      assert.equal(error, undefined, told);
      const content = files[basename(travel.from ?? travel.file) as keyof typeof files];
      if (travel.from === undefined) assert.equal(got, sha256(content), told);
      else await assertFile(folders.get(travel.host)!.at(travel.file), content);
    }
    return all.map((travel, index) => ({ ...travel, ...arrived[index]! }));
  }

  it("5 % and 20 % lost each way: every byte arrives, read and written, with windowsize 1, 4 and 16 (X1)", async () => {
    await arrive([...travels(five, "small", "small"), ...travels(twenty, "small", "tiny")], 1);
  });

  it("10 % doubled, and 10 % overtaken: every byte arrives, and we send half as many packets again as without at most (X2, RFC 1123 §4.2.3.1)", async () => {
    // Nothing is lost: on a busy machine we are not to take a slow server for a lost packet.
    const arrived = await arrive(
      [...travels(doubled, "large", "large"), ...travels(overtaken, "large", "large")],
      1 / 10,
    );
    const blocks = Math.floor(files.large.length / blksize) + 1;
    for (const { from, facts, faults, sent, ...journey } of arrived) {
      const windowsize = Number(facts!.options["windowsize"]);
      const least = from === undefined ? 2 + Math.ceil(blocks / windowsize) : 1 + blocks;
      const told = JSON.stringify({ ...journey, faults, from, sent, least });
      // atftpd keeps no block that overtook another one: what was overtaken is lost to it.
      const lost = from !== undefined && windowsize > 1 && faults === overtaken.faults ? 0.1 : 0;
      assert.ok(sent.byClient <= 1.5 * goBackN(windowsize, each(lost)) * least, told);
    }
  });
});
