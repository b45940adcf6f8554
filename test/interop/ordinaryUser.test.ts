/** All of it as an ordinary user, in a namespace with nothing but loopback: no root anywhere (DESIGN §7). */

import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { assertFile, filesOfAllSizes, nameOfSize, sizes, unlikeBytes } from "../support/files";
import { ftpClients, tftpClients } from "../support/foreignClients";
import { makeNetwork, type Host, type TestNetwork } from "../support/namespace";
import { ours, reportOf, serve, type Served } from "../support/ours";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("as an ordinary user, on loopback alone", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let host: Host;
  let folder: TemporaryFolder;
  let served: Served;

  before(async function () {
    folder = await temporaryFolder({
      ".vscode/boot-plan.json": JSON.stringify({
        boot: [nameOfSize(65464), "list.rc"],
        tftp: [nameOfSize(512)],
      }),
      "list.rc": sizes.map((size) => `${size}: ${nameOfSize(size)}\n`).join(""),
      ...filesOfAllSizes(),
      "download/": "",
    });
    await chmod(folder.path, 0o755);
    await chmod(folder.at("download"), 0o777);
    network = await makeNetwork(this, { host: {} }, "ordinary user");
    host = network.host("host");
    served = await serve(host, folder.path, []);
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  it("the three servers have their own ports", () => {
    assert.deepEqual(
      served.ready.servers.map(({ protocol, state, port, addresses }) => [
        protocol,
        state,
        port,
        ...addresses,
      ]),
      [
        ["bootp", "running", 67, "127.0.0.1"],
        ["tftp", "running", 69, "127.0.0.1"],
        ["ftp", "running", 21, "127.0.0.1"],
      ],
    );
  });

  it("verify of that target passes, BOOTP sequence, manifest and all", async () => {
    const ended = await ours(host, ["verify", folder.path, "--target", "127.0.0.1", "--json"]);
    const report = reportOf(ended);
    assert.deepEqual([ended.code, report.ok], [0, true], ended.stdout + ended.stderr);
    const kinds = new Set(report.steps.filter(({ state }) => state === "passed").map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ["bootp", "ftp", "manifest", "tftp"]);
  });

  for (const { name, program, get } of [...tftpClients, ...ftpClients()]) {
    it(`${name} fetches`, async function () {
      need(this, program);
      const local = folder.at(`download/${name.replace(/\W/g, "-")}`);
      await get(host, "127.0.0.1", nameOfSize(2 ** 20), local);
      await assertFile(local, unlikeBytes(2 ** 20));
    });
  }

  it("Ctrl+C ends it with exit code 0", () => served.stop());

  it("TFTP and FTP serve ::1 as well (T44, RFC 2428)", async function () {
    need(this, "curl");
    const both = await serve(host, folder.path, ["--address", "::1", "--servers", "tftp,ftp"]);
    const name = nameOfSize(65464);
    const ways = {
      TFTP: [`tftp://[::1]/${name}`],
      EPSV: [`ftp://[::1]/${name}`],
      EPRT: ["--ftp-port", "-", `ftp://[::1]/${name}`],
    };
    for (const [way, args] of Object.entries(ways)) {
      const local = folder.at(`download/ipv6-${way}`);
      await host.succeed("curl", ["-sS", "-g", "-o", local, ...args]);
      await assertFile(local, unlikeBytes(65464));
    }
    await both.stop();
  });
});
