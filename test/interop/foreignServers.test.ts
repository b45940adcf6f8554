/** Our clients ask servers that nobody here wrote: dnsmasq, in.tftpd, atftpd and vsftpd. */

import assert from "node:assert/strict";
import { playBoard } from "../support/board";
import { filesOfAllSizes, nameOfSize, rolloverSize, sha256, sizes, unlikeBytes } from "../support/files";
import { plainTftpServers, startDnsmasq, startVsftpd, tftpServers } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import type { Running } from "../support/processes";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const address = "10.77.0.1";
const mac = "02:00:00:00:00:01";

describe("our clients on the servers of others", function () {
  // 40 MiB are 82,000 round trips.
  this.timeout(180_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let board: Host;
  let folder: TemporaryFolder;
  let own: TemporaryFolder;
  let daemon: Running | undefined;
  const large = unlikeBytes(rolloverSize);

  before(async function () {
    folder = await temporaryFolder({ ...filesOfAllSizes(), "large.bin": large });
    own = await temporaryFolder();
    network = await makeNetwork(this, twoNetworks);
    server = network.host("server");
    board = network.host("near");
  });

  afterEach(async () => {
    await daemon?.kill();
    daemon = undefined;
  });

  after(async () => {
    await network?.close();
    await folder.remove();
    await own.remove();
  });

  const expected = sizes.map((size) => ({
    file: nameOfSize(size),
    sha256: sha256(unlikeBytes(size)),
    bytes: size,
  }));

  for (const { name, program, start } of tftpServers) {
    it(`TFTP from ${name}: files of every size, then one that is not there (T7, T35)`, async function () {
      need(this, program);
      daemon = await start(server, address, folder.path);
      const files = [...sizes.map(nameOfSize), "nothing.bin"];
      const arrived = await playBoard(board, { kind: "tftp", host: address, files });
      const missing = arrived.pop();
      assert.deepEqual(
        arrived.map(({ file, sha256, facts, error }) => ({ file, sha256, bytes: facts?.bytes ?? error })),
        expected,
      );
      assert.match(missing?.error ?? "", /^tftp\.refused: /);
    });
  }

  for (const { name, program, start } of plainTftpServers) {
    it(`TFTP from ${name}: 40 MiB past block 65535 (T14)`, async function () {
      need(this, program);
      daemon = await start(server, address, folder.path);
      const [arrived] = await playBoard(board, { kind: "tftp", host: address, files: ["large.bin"] });
      assert.deepEqual(
        [arrived?.sha256, arrived?.facts?.bytes ?? arrived?.error],
        [sha256(large), large.length],
      );
    });
  }

  it("FTP from vsftpd: files of every size, 40 MiB, then one that is not there", async function () {
    need(this, "vsftpd");
    daemon = await startVsftpd(server, address, folder.path, own.path);
    const files = [...sizes.map(nameOfSize), "large.bin", "nothing.bin"];
    const arrived = await playBoard(board, { kind: "ftp", host: address, files });
    const missing = arrived.pop();
    assert.deepEqual(
      arrived.map(({ file, sha256, facts, error }) => ({ file, sha256, bytes: facts?.bytes ?? error })),
      [...expected, { file: "large.bin", sha256: sha256(large), bytes: large.length }],
    );
    assert.match(missing?.error ?? "", /^ftp\.refused: /);
  });

  const ways = [
    { name: "by unicast to it", job: { way: "auto", target: address, localAddress: "10.77.0.2" } },
    { name: "by broadcast from port 68", job: { way: "broadcast", localAddress: "10.77.0.2" } },
    { name: "as a relay", job: { way: "relay", target: address, localAddress: "10.77.0.2" } },
  ] as const;
  for (const { name, job } of ways) {
    it(`BOOTP asked of dnsmasq ${name} names server and file (B15)`, async function () {
      need(this, "dnsmasq");
      daemon = await startDnsmasq(server, {
        file: "u-boot.bin",
        boards: { [mac]: { address: "10.77.0.2" } },
      });
      const answer = await playBoard(board, { kind: "bootp", mac, ...job });
      assert.deepEqual(
        [answer?.file, answer?.siaddr, answer?.yiaddr, answer?.sender, answer?.by],
        ["u-boot.bin", address, "10.77.0.2", address, "bootp"],
      );
    });
  }
});
