/** Interfaces that have no link or no address yet, lose them, and get them by the lines that are offered (DESIGN §5). */

import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { startBoard, type Arrived } from "../support/board";
import { sha256, unlikeBytes } from "../support/files";
import { ipconfig } from "../support/foreignBoards";
import { tftpClients } from "../support/foreignClients";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, serve, type ReadyLine, type Served } from "../support/ours";
import { isRoot, need, skipOrFail } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import type { Fix, Protocol, ServerRow } from "../../src/model/events";

const layout = {
  server: { ...twoNetworks.server, eth3: { lan: "lan3" } },
  bench1: { eth0: { lan: "lan1", mac: "52:54:00:77:00:10" } },
  bench2: { eth0: { lan: "lan1", address: "10.77.0.20/24" } },
} as const;

/** More than the sockets of a connection hold. */
const large = unlikeBytes(16 * 2 ** 20);

/** Shows the interfaces of the host in /sys, as a computer of its own has it. */
const withOwnSys = ["unshare", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh"];

/** A line as a person pastes it, where sudo has nothing to add: the test is root there. */
const pasted = (line: string): [string, string[]] => ["sh", ["-c", `sudo() { "$@"; }\n${line}`]];

describe("a network that comes and goes", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder;
  let served: Served | undefined;

  before(async function () {
    folder = await temporaryFolder({
      ".vscode/boot-plan.json": JSON.stringify({
        boot: ["u-boot.bin", "list.rc"],
        clients: [{ name: "bench-1", mac: "52:54:00:77:00:10", address: "10.77.0.10" }],
      }),
      "u-boot.bin": "loader",
      "list.rc": "",
      "download/": "",
      "large.bin": large,
    });
    network = await makeNetwork(this, layout);
    server = network.host("server");
  });

  afterEach(async () => {
    await served?.running.kill();
    served = undefined;
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  const start = async (...flags: string[]): Promise<Served> => {
    served = await serve(server, folder.path, flags, { through: withOwnSys });
    return served;
  };

  /** Waits until the latest row of each of them is in that state; gives that of the first. */
  const settled = (state: ServerRow["state"], ...protocols: readonly Protocol[]): Promise<ServerRow> =>
    served!.running.waitFor(`${state} row of ${protocols.join(", ")}`, () => {
      const rows = served!.rows().filter((row) => row.type === "server");
      const latest = protocols.map((protocol) => rows.filter((row) => row.protocol === protocol).at(-1));
      return latest.every((row) => row?.state === state) ? latest[0] : undefined;
    });
  const all = (state: ServerRow["state"]): Promise<ServerRow> => settled(state, "tftp", "bootp", "ftp");

  it("without link the servers wait and say so, with it they are back by themselves, in the same process (X13)", async function () {
    const { ready } = await start("--address", "eth1");
    assert.deepEqual(
      ready.servers.map(({ state }) => state),
      ["running", "running", "running"],
    );
    await network!.cable("server", "eth1", "out");
    const { trouble } = await all("waiting");
    assert.equal(trouble?.message, "interface eth1 has no link; it starts as soon as there is one");
    assert.equal(trouble.remedy, "Plug the cable in.");
    assert.equal(trouble.fixes, undefined, "it has an address");
    const plugged = performance.now();
    await network!.cable("server", "eth1", "in");
    const { addresses } = await all("running");
    this.test!.title += ` [back after ${Math.round(performance.now() - plugged)} ms]`;
    assert.equal(addresses[0], "10.77.0.1");
    await served!.stop();
  });

  it("a board whose reset takes the link away goes on with its next boot file", async function () {
    need(this, "ipconfig", "tftp");
    await start("--address", "eth1");
    const board = network!.host("bench1");
    assert.equal((await ipconfig(board, "bootp"))?.file, "u-boot.bin");
    await tftpClients[0]!.get(board, "10.77.0.1", "u-boot.bin", folder.at("download/u-boot.bin"));
    await network!.cable("server", "eth1", "out");
    await all("waiting");
    await network!.cable("server", "eth1", "in");
    await all("running");
    assert.equal((await ipconfig(board, "bootp"))?.file, "list.rc");
    await served!.stop();
  });

  it("a board that loads while the link goes has its whole file once it is back, over TFTP and over FTP (X13)", async function () {
    // Both sides wait longer from try to try, and the machine may be slow.
    const patienceMs = 110_000;
    this.timeout(240_000);
    await start("--address", "eth1", "--limit", "ftpDataSeconds=600", "--limit", "giveUpSeconds=600");
    const boards = (["tftp", "ftp"] as const).map((kind) => {
      const job = { kind, host: "10.77.0.1", files: ["large.bin"], holds: true };
      return startBoard(network!.host("bench2"), job);
    });
    try {
      for (const board of boards)
        await board.waitFor("word that it holds", (said) => said.includes("holding") || undefined);
      await network!.cable("server", "eth1", "out");
      // What they say now is lost.
      for (const board of boards) board.type("go on\n");
      await all("waiting");
      await network!.cable("server", "eth1", "in");
      await all("running");
      for (const { stdout, stderr } of await Promise.all(
        boards.map((board) => board.endedWithin(patienceMs)),
      )) {
        assert.equal(stderr, "");
        const [{ sha256: got, error } = {}] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Arrived[];
        assert.deepEqual([got, error], [sha256(large), undefined]);
      }
      for (const protocol of ["tftp", "ftp"])
        await served!.row("transfer", (row) => row.protocol === protocol && row.state === "finished");
      await served!.stop();
    } finally {
      for (const board of boards) await board.kill();
    }
  });

  it("an interface without an address is given one by the line that is offered, and served within a second", async function () {
    await start("--address", "eth3");
    const row = served!.server("bootp");
    assert.equal(row.state, "waiting");
    const [fix] = row.trouble?.fixes ?? [];
    assert.match(fix?.line ?? "", /^sudo ip address replace 192\.168\.7\.1\/24 dev eth3 /);
    const at = performance.now();
    await server.succeed(...pasted(fix!.line));
    await settled("running", "bootp");
    this.test!.title += ` [served after ${Math.round(performance.now() - at)} ms]`;
    await served!.stop();
    await server.succeed("ip", ["address", "flush", "dev", "eth3", "scope", "global"]);
  });

  it("a name that no interface has is told which do exist", async () => {
    await start("--address", "eth9");
    const { trouble } = served!.server("tftp");
    assert.match(trouble?.message ?? "", /^there is no interface eth9/);
    assert.match(trouble?.remedy ?? "", /eth1 \(10\.77\.0\.1\), eth2 \(10\.78\.0\.1\), eth3/);
    await served!.stop();
  });
});

describe("low ports for an ordinary user", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder | undefined;
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const states = ({ servers }: ReadyLine): string[] => servers.map(({ state }) => state);

  before(async function () {
    skipOrFail(this, isRoot ? [] : ["missing: another user (nobody but root can be one)"]);
    need(this, "sysctl", "pgrep");
    folder = await temporaryFolder({ "u-boot.bin": "loader" });
    await chmod(folder.path, 0o755);
    network = await makeNetwork(this, { server: twoNetworks.server });
    server = network.host("server");
  });

  after(async () => {
    await network?.close();
    await folder?.remove();
  });

  /** The lines that are offered where the three servers may not have their ports: the same for each. */
  async function offered(): Promise<readonly [right: Fix, everybody: Fix]> {
    const ended = await ours(server, ["serve", folder!.path, "--address", "10.77.0.1", "--json"], {
      through: nobody,
      droppingRoot: true,
    });
    assert.equal(ended.code, 3, ended.stderr);
    const { servers } = JSON.parse(ended.stdout.split("\n")[0] ?? "") as ReadyLine;
    const fixes = servers.map(({ trouble }) => trouble?.fixes);
    assert.deepEqual(fixes, [fixes[0], fixes[0], fixes[0]]);
    const [right, everybody, ...more] = fixes[0] ?? [];
    assert.ok(right !== undefined && everybody !== undefined && more.length === 0);
    return [right, everybody];
  }

  it("the line with the one right starts the same command, which has its ports and is still that user", async () => {
    const [right] = await offered();
    // What sudo tells of who called it.
    const sudo = "exec env SUDO_UID=65534 SUDO_GID=65534 ";
    const running = server.start("sh", ["-c", right.line.replace(/^sudo /, sudo)]);
    try {
      const text = await running.waitFor(
        "ready line",
        (_, stdout) => /^\{"type":"ready".*/.exec(stdout)?.[0],
      );
      assert.deepEqual(states(JSON.parse(text) as ReadyLine), ["running", "running", "running"]);
      const { stdout } = await server.succeed("sh", [
        "-c",
        "cat /proc/$(pgrep -f -u 65534 'serve.*--json')/status",
      ]);
      assert.match(stdout, /^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
      assert.match(stdout, /^CapEff:\s+0000000000000400$/m, "net_bind_service alone");
    } finally {
      await running.kill();
    }
  });

  it("the line for everybody gives the ports to the command as it was", async () => {
    const [, everybody] = await offered();
    // The setting is this network's own; the file is not to be this computer's.
    const [shell, args] = pasted(`mount -t tmpfs tmpfs /etc/sysctl.d && ${everybody.line}`);
    await server.succeed("unshare", ["--mount", shell, ...args]);
    const served = await serve(server, folder!.path, ["--address", "10.77.0.1"], { through: nobody });
    assert.deepEqual(states(served.ready), ["running", "running", "running"]);
    await served.stop();
  });
});
