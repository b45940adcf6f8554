/** `serve` that root has started through sudo or pkexec: what serves is that user's, with no right but the ports. */

import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Row, ServerRow } from "../../src/model/events";
import { defaultWanted } from "../../src/model/settings";
import { unlikeBytes } from "../support/files";
import { withinASecondMs } from "../support/pace";
import { startDnsmasq, tftpServers } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, reportOf, serve, type OursOptions, type Served } from "../support/ours";
import type { Running } from "../support/processes";
import { isRoot, need, skipOrFail } from "../support/programs";
import { tend } from "../support/stdioChild";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

/** A user of every system: nobody. */
const uid = 65534;
const bySudo = { SUDO_UID: String(uid), SUDO_GID: String(uid) };
const address = "10.77.0.1";
const onNetwork = ["--address", address];

/** More than the buffers between two sockets take. */
const largeSize = 12 * 2 ** 20;

const wantsRoot = (row: Row): row is ServerRow =>
  row.type === "server" && row.trouble?.code === "port.rootGone";

type Environment = Readonly<Record<string, string>>;

/** How root becomes that user, and what this leaves. */
const ways = [
  {
    name: "by setpriv",
    through: [],
    // The one capability that ports below 1024 want (capabilities(7)).
    capabilities: "0000000000000400",
  },
  {
    name: "where there is no setpriv",
    through: ["env", "PATH=/nowhere"],
    capabilities: "0000000000000000",
  },
] as const;

describe("serve, started by root", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder;
  const running: Running[] = [];

  before(async function () {
    folder = await temporaryFolder({
      ".vscode/boot-plan.json": JSON.stringify({ boot: "u-boot.bin", ftp: ["u-boot.bin"] }),
      "u-boot.bin": "loader",
      "large.bin": unlikeBytes(largeSize),
      "secret.bin": "root's own",
    });
    // In an ordinary user's namespace there is no other user whom root could become.
    skipOrFail(this, isRoot ? [] : ["missing: root, who starts the servers for another user"]);
    need(this, "curl", "ip", "ss", "setpriv");
    await chmod(folder.path, 0o755);
    await chmod(folder.at("secret.bin"), 0o600);
    network = await makeNetwork(this, { server: twoNetworks.server, near: twoNetworks.near });
    server = network.host("server");
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  const behind = (env: Environment, through: readonly string[] = []): OursOptions => ({
    droppingRoot: true,
    env,
    through,
  });

  async function start(options: OursOptions, flags: readonly string[] = onNetwork): Promise<Served> {
    const served = await serve(server, folder.path, flags, options);
    running.push(served.running);
    return served;
  }

  /** Whose the process is that has a port, and what it may, as Linux sees it. */
  async function rightsBehind(transport: "udp" | "tcp", port: number): Promise<Record<string, string>> {
    const flags = [transport === "udp" ? "-Hlnup" : "-Hlntp", `sport = :${port}`];
    const { stdout: sockets } = await server.succeed("ss", flags);
    const pids = new Set([...sockets.matchAll(/pid=(\d+)/g)].map(([, pid]) => pid!));
    assert.equal(pids.size, 1, `one process has ${transport} port ${port}: ${sockets}`);
    const { stdout: status } = await server.succeed("cat", [`/proc/${[...pids].join()}/status`]);
    const lines = new Map(
      status.split("\n").map((line) => {
        const [name = "", value = ""] = line.split(":");
        return [name, value.trim().replaceAll("\t", " ")];
      }),
    );
    const wanted = ["Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapAmb"];
    return Object.fromEntries(wanted.map((name) => [name, lines.get(name) ?? ""]));
  }

  const fetched = async (url: string): Promise<string | undefined> => {
    const { code, stdout } = await server.run("curl", ["-sS", "--max-time", "10", url]);
    return code === 0 ? stdout : undefined;
  };

  for (const { name, through, capabilities } of ways) {
    describe(name, () => {
      const rights = {
        Uid: `${uid} ${uid} ${uid} ${uid}`,
        Gid: `${uid} ${uid} ${uid} ${uid}`,
        Groups: `${uid}`,
        CapPrm: capabilities,
        CapEff: capabilities,
        CapAmb: capabilities,
      };

      for (const variable of ["SUDO_UID", "PKEXEC_UID"]) {
        it(`it goes on as the user that ${variable} names, and has its ports`, async () => {
          const served = await start(behind({ [variable]: String(uid) }, through));
          assert.deepEqual(
            served.ready.servers.map(({ protocol, state, port, warnings }) => [
              protocol,
              state,
              port,
              ...warnings,
            ]),
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
            assert.deepEqual(await rightsBehind(transport, port), rights);
          await served.stop();
        });
      }

      it("it hands out what that user may read, and nothing that only root may", async () => {
        const served = await start(behind(bySudo, through));
        for (const scheme of ["tftp", "ftp"]) {
          assert.equal(await fetched(`${scheme}://${address}/u-boot.bin`), "loader");
          assert.equal(await fetched(`${scheme}://${address}/secret.bin`), undefined);
        }
        await served.stop();
      });
    });
  }

  it("stops serving when root's process is killed that started it", async function () {
    const served = await start(behind(bySudo));
    await served.running.kill();
    const flags = ["-Hln", "-u", "sport = :69"];
    while ((await server.succeed("ss", flags)).stdout !== "") await delay(50);
  });

  describe("with ports that were bound before root was given up", () => {
    const withoutSetpriv = behind(bySudo, ways[1].through);
    const ip = (...args: string[]): Promise<unknown> => server.succeed("ip", args);

    it("boards get what the plan says, by broadcast and by unicast", async () => {
      const served = await start(withoutSetpriv);
      for (const bootp of ["broadcast", "auto"]) {
        const flags = ["--target", address, "--bootp", bootp, "--json"];
        const ended = await ours(network!.host("near"), ["verify", folder.path, ...flags]);
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
        const kinds = reportOf(ended).steps.map(({ kind }) => kind);
        assert.deepEqual([...new Set(kinds)].sort(), ["bootp", "ftp", "tftp"]);
      }
      await served.stop();
    });

    it("it names who has a port, as root has seen it", async function () {
      need(this, "dnsmasq", "atftpd");
      running.push(await startDnsmasq(server, { file: "u-boot.bin", boards: {}, interfaceName: "eth2" }));
      const atftpd = tftpServers.find(({ program }) => program === "atftpd")!;
      running.push(await atftpd.start(server, address, folder.path));
      const served = await start(withoutSetpriv);
      const { state, warnings } = served.server("bootp");
      assert.deepEqual([state, ...warnings.map(({ code }) => code)], ["running", "port.shared"]);
      assert.match(warnings[0]?.message ?? "", /67.*dnsmasq \(pid \d+\)/);
      const { trouble } = served.server("tftp");
      assert.equal(trouble?.code, "port.inUse");
      assert.match(trouble.message, /UDP port 69 of 10\.77\.0\.1 .*atftpd \(pid \d+\)/);
      await served.stop();
    });

    it("an address that comes back ends it with the code for that: its ports want root", async () => {
      const served = await start(withoutSetpriv, ["--address", "eth1"]);
      await ip("address", "del", "10.77.0.1/24", "dev", "eth1");
      await served.row("server", ({ trouble }) => trouble?.code === "address.waiting");
      await ip("address", "add", "10.77.0.1/24", "dev", "eth1");
      const { code } = await served.running.endedWithin(withinASecondMs);
      assert.equal(code, 4);
      const row = served.rows().find(wantsRoot);
      assert.equal(row?.state, "waiting");
      assert.match(row.trouble?.message ?? "", /port \d+ of \S+ wants a right/);
    });

    it("a transfer that runs is ended before that", async () => {
      const served = await start(withoutSetpriv, ["--address", "eth1"]);
      const flags = ["-sS", "--limit-rate", "8M", "-o", "/dev/null", "-w", "%{size_download}"];
      const curl = server.start("curl", [...flags, `ftp://${address}/large.bin`]);
      running.push(curl);
      await served.row("transfer", ({ file, state }) => file === "large.bin" && state === "running");
      curl.signal("SIGSTOP");
      await ip("address", "add", "10.77.0.9/24", "dev", "eth1");
      await served.row("server", wantsRoot);
      curl.signal("SIGCONT");
      const { code } = await served.running.endedWithin(withinASecondMs);
      await ip("address", "del", "10.77.0.9/24", "dev", "eth1");
      const { code: fetchedWith, stdout } = await curl.endedWithin(withinASecondMs);
      assert.deepEqual([code, fetchedWith, stdout], [4, 0, String(largeSize)]);
    });

    it("the extension starts it again for a port that wants root, as often as it takes", async () => {
      const [file = "", ...args] = server.command("env", [
        "PATH=/nowhere",
        `SUDO_UID=${uid}`,
        process.execPath,
        resolve("dist/cli.js"),
        "serve",
        "--stdio",
      ]);
      const all = tend(() => ({ file, args, env: {} }));
      const serveOn = (tftp: number): Promise<void> =>
        all.child.configure({
          ...defaultWanted,
          folder: folder.path,
          addresses: [address],
          ports: { bootp: 67, tftp, ftp: 21 },
        });
      const isOn = (port: number): Promise<unknown> =>
        all.until(({ now }) =>
          [...now.servers.values()].some(
            (row) => row.protocol === "tftp" && row.state === "running" && row.port === port,
          ),
        );
      try {
        // Asked something else first, it gives root up before it knows of any port.
        await Promise.all([all.child.networks(), serveOn(69)]);
        await isOn(69);
        for (const port of [70, 71, 72, 73]) {
          await serveOn(port);
          await isOn(port);
        }
        assert.equal(all.ends, 5);
        assert.deepEqual(all.gaveUp, []);
        assert.match((await rightsBehind("udp", 73))["Uid"] ?? "", /^65534 65534 /);
      } finally {
        await all.child.stopNow();
      }
    });
  });

  for (const [who, env] of [
    ["there is nobody behind root", {}],
    ["it is root who is behind root", { SUDO_UID: "0", SUDO_GID: "0" }],
    ["nobody has the number of the user", { SUDO_UID: "3999999999" }],
  ] as const) {
    it(`refuses where ${who}, and says what to do`, async () => {
      const { code, stdout, stderr } = await ours(server, ["serve", folder.path, ...onNetwork], behind(env));
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^boot-servers: Root started this, and /);
      assert.match(stderr, /--as-root|user 3999999999/);
    });
  }

  it("serves as root where it is told to", async () => {
    const served = await start(behind(bySudo), [...onNetwork, "--as-root"]);
    assert.equal((await rightsBehind("udp", 69))["Uid"], "0 0 0 0");
    await served.stop();
  });
});
