/** `serve` that root has started through sudo or pkexec: what serves is that user's, with no right but the ports. */

import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, serve, type OursOptions, type Served } from "../support/ours";
import type { Running } from "../support/processes";
import { isRoot, need, skipOrFail } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

/** A user of every system: nobody. */
const uid = 65534;
const address = "10.77.0.1";
const network = ["--address", address];
/** The one capability that ports below 1024 want (capabilities(7)). */
const netBindService = "0000000000000400";

describe("serve, started by root", function () {
  this.timeout(30_000);
  let hosts: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder;
  const running: Running[] = [];

  before(async function () {
    folder = await temporaryFolder({ "u-boot.bin": "loader", "secret.bin": "root's own" });
    // In an ordinary user's namespace there is no other user that root could become.
    skipOrFail(this, isRoot ? [] : ["missing: root, who starts the servers for another user"]);
    need(this, "curl", "ss", "setpriv");
    await chmod(folder.path, 0o755);
    await chmod(folder.at("secret.bin"), 0o600);
    hosts = await makeNetwork(this, { server: twoNetworks.server });
    server = hosts.host("server");
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
  });

  after(async () => {
    await hosts?.close();
    await folder.remove();
  });

  const behind = (env: Readonly<Record<string, string>>): OursOptions => ({ droppingRoot: true, env });

  const start = async (env: Readonly<Record<string, string>>): Promise<Served> => {
    const served = await serve(server, folder.path, network, behind(env));
    running.push(served.running);
    return served;
  };

  /** Whose the process behind a listening port is, and what it may, as Linux sees it. */
  async function rightsBehind(transport: "udp" | "tcp", port: number): Promise<Record<string, string>> {
    const flags = [transport === "udp" ? "-Hlnup" : "-Hlntp", `sport = :${port}`];
    const { stdout: sockets } = await server.succeed("ss", flags);
    const pids = new Set([...sockets.matchAll(/pid=(\d+)/g)].map(([, pid]) => pid!));
    assert.equal(pids.size, 1, `one process has ${transport} port ${port}: ${sockets}`);
    const { stdout: status } = await server.succeed("cat", [`/proc/${[...pids].join()}/status`]);
    const lines = status.split("\n").map((line) => line.split(":\t"));
    const wanted = ["Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapAmb"];
    return Object.fromEntries(wanted.map((name) => [name, of(lines, name)]));
  }
  const of = (lines: readonly (readonly string[])[], name: string): string =>
    lines
      .find(([each]) => each === name)?.[1]
      ?.trim()
      .replaceAll("\t", " ") ?? "";

  const rightsOf = (capabilities: string): Record<string, string> => ({
    Uid: `${uid} ${uid} ${uid} ${uid}`,
    Gid: `${uid} ${uid} ${uid} ${uid}`,
    Groups: `${uid}`,
    CapPrm: capabilities,
    CapEff: capabilities,
    CapAmb: capabilities,
  });

  const fetched = async (url: string): Promise<string | undefined> => {
    const { code, stdout } = await server.run("curl", ["-sS", "--max-time", "10", url]);
    return code === 0 ? stdout : undefined;
  };

  for (const variable of ["SUDO_UID", "PKEXEC_UID"]) {
    it(`goes on as the user that ${variable} names, with the one right to low ports`, async () => {
      const served = await start({ [variable]: String(uid) });
      assert.deepEqual(
        served.ready.servers.map(({ protocol, state, port }) => [protocol, state, port]),
        [
          ["bootp", "running", 67],
          ["tftp", "running", 69],
          ["ftp", "running", 21],
        ],
      );
      for (const [transport, port] of [
        ["udp", 67],
        ["udp", 69],
        ["tcp", 21],
      ] as const)
        // prettier-ignore
        assert.deepEqual(await rightsBehind(transport, port), rightsOf(netBindService));
      await served.stop();
    });
  }

  it("hands out what that user may read, and nothing that only root may", async () => {
    const served = await start({ SUDO_UID: String(uid) });
    for (const scheme of ["tftp", "ftp"]) {
      assert.equal(await fetched(`${scheme}://${address}/u-boot.bin`), "loader");
      assert.equal(await fetched(`${scheme}://${address}/secret.bin`), undefined);
    }
    await served.stop();
  });

  for (const [who, env] of [
    ["there is nobody behind root", {}],
    ["it is root who is behind root", { SUDO_UID: "0", SUDO_GID: "0" }],
    ["nobody has the number of the user", { SUDO_UID: "3999999999" }],
  ] as const) {
    it(`refuses where ${who}, and says what to do`, async () => {
      const { code, stdout, stderr } = await ours(server, ["serve", folder.path, ...network], behind(env));
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^boot-servers: Root started this, and /);
      assert.match(stderr, /--as-root|user 3999999999/);
    });
  }

  it("serves as root where it is told to", async () => {
    const served = await serve(
      server,
      folder.path,
      [...network, "--as-root"],
      behind({ SUDO_UID: String(uid) }),
    );
    running.push(served.running);
    assert.match((await rightsBehind("udp", 69)).Uid ?? "", /^0 0 0 0$/);
    await served.stop();
  });
});
