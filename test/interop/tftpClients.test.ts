/** TFTP clients that nobody here wrote read from our server and write to it, at port 69. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { assertFile, filesOfAllSizes, nameOfSize, rolloverSize, sizes, unlikeBytes } from "../support/files";
import { patient, plainTftpClients, tftpClients } from "../support/foreignClients";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("TFTP clients of others on our server", function () {
  // 40 MiB are 82,000 round trips.
  this.timeout(180_000);
  let network: TestNetwork | undefined;
  let served: Served;
  let client: Host;
  let folder: TemporaryFolder;
  let download: TemporaryFolder;
  const large = unlikeBytes(rolloverSize);

  before(async function () {
    folder = await temporaryFolder({ ...filesOfAllSizes(), "large.bin": large, ".env": "SECRET" });
    download = await temporaryFolder();
    network = await makeNetwork(this, twoNetworks);
    client = network.host("near");
    const flags = ["--address", "10.77.0.1", "--servers", "tftp", "--uploads", "new"];
    served = await serve(network.host("server"), folder.path, flags);
  });

  after(async () => {
    await network?.close();
    await folder.remove();
    await download.remove();
  });

  for (const { name, program, get, notEmpty } of tftpClients) {
    it(`${name} fetches files of every size byte for byte (T7, T21, T24)`, async function () {
      need(this, program);
      for (const size of sizes.filter((each) => each > 0 || notEmpty !== true)) {
        const local = download.at(`${name.replace(/\W/g, "-")}-${size}`);
        await get(client, "10.77.0.1", nameOfSize(size), local);
        await assertFile(local, unlikeBytes(size));
      }
    });
  }

  for (const { name, program, get } of plainTftpClients) {
    it(`${name} fetches 40 MiB in blocks of 512, past block 65535 (T14)`, async function () {
      need(this, program);
      const local = download.at("large.bin");
      await get(patient(client, 170_000), "10.77.0.1", "large.bin", local);
      await assertFile(local, large);
    });
  }

  for (const { name, program, put } of tftpClients) {
    if (put === undefined) continue;
    it(`${name} sends files of every size, which arrive byte for byte (RFC 1350 WRQ)`, async function () {
      need(this, program);
      for (const size of sizes) {
        const remote = `from-${name.replace(/\W/g, "-")}-${size}`;
        await put(client, "10.77.0.1", remote, folder.at(nameOfSize(size)));
        await served.row("transfer", (row) => row.file === remote && row.state === "finished");
        await assertFile(folder.at(remote), unlikeBytes(size));
      }
    });
  }

  it("atftp sends 40 MiB in blocks of 512, past block 65535 (T14)", async function () {
    need(this, "atftp");
    const [, atftp] = plainTftpClients;
    await atftp!.put!(patient(client, 170_000), "10.77.0.1", "large-again.bin", folder.at("large.bin"));
    await served.row("transfer", (row) => row.file === "large-again.bin" && row.state === "finished");
    await assertFile(folder.at("large-again.bin"), large);
  });

  it("curl reads in its own words why a file is missing, refused or already there (T35, T39)", async function () {
    need(this, "curl");
    const curl = (...args: string[]): Promise<{ code: number | null }> =>
      client.run("curl", ["-sS", "-o", download.at("refused"), ...args]);
    // RFC 1350 ERROR 1 is curl's 68, ERROR 2 its 69, ERROR 6 its 73.
    assert.equal((await curl("tftp://10.77.0.1/nothing.bin")).code, 68);
    assert.equal((await curl("tftp://10.77.0.1/.env")).code, 69);
    const upload = ["-T", folder.at(nameOfSize(512)), "tftp://10.77.0.1/large.bin"];
    assert.equal((await curl(...upload)).code, 73);
    await assertFile(folder.at("large.bin"), large);
  });

  it("nothing half-written is left in the folder", async () => {
    const names = await readdir(folder.path);
    assert.deepEqual(
      names.filter((name) => !/^(size-|from-|large(-again)?\.bin$|\.env$)/.test(name)),
      [],
    );
  });

  // The first alone would wait while the last ACK of an upload may still have to be repeated (T13).
  it("a second Ctrl+C ends it within a second, with exit code 0", () => served.stopNow());

  it("all of them fetch and send at once on port 69 alone, where the plan says singlePort", async function () {
    for (const { program } of tftpClients) need(this, program);
    const plan = await temporaryFolder({
      "fw.bin": unlikeBytes(200_000),
      ".vscode/boot-plan.json": '{ "quirks": { "singlePort": true } }',
    });
    const flags = ["--address", "10.77.0.1", "--servers", "tftp", "--uploads", "new"];
    const shared = await serve(network!.host("server"), plan.path, flags);
    try {
      await Promise.all(
        tftpClients.map(async ({ name, get, put }) => {
          const [local, remote] = [`single-${name.replace(/\W/g, "-")}`, `up-${name.replace(/\W/g, "-")}`];
          await get(client, "10.77.0.1", "fw.bin", download.at(local));
          await assertFile(download.at(local), unlikeBytes(200_000));
          if (put === undefined) return;
          await put(client, "10.77.0.1", remote, download.at(local));
          await shared.row("transfer", (row) => row.file === remote && row.state === "finished");
          await assertFile(plan.at(remote), unlikeBytes(200_000));
        }),
      );
      const transfers = shared.rows().filter((row) => row.type === "transfer");
      assert.ok(transfers.every(({ quirks }) => quirks?.singlePort === true));
      await shared.stopNow();
    } finally {
      await plan.remove();
    }
  });
});
