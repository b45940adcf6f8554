/** `--answer everyone`: strangers get an address by DHCP where no other DHCP server is, and are left to one that is. */

import assert from "node:assert/strict";
import type { ServerRow, Trouble } from "../../src/model/events";
import { ipconfig, udhcpc, type Told } from "../support/foreignBoards";
import { startDnsmasq } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import type { Running } from "../support/processes";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const strangerMac = "52:54:00:77:00:66";
const layout = {
  server: { eth1: twoNetworks.server.eth1 },
  rival: { eth0: { lan: "lan1", address: "10.77.0.2/24" } },
  listed: { eth0: { lan: "lan1", mac: "52:54:00:77:00:10" } },
  stranger: { eth0: { lan: "lan1", mac: strangerMac } },
} as const;

const plan = {
  boot: "u-boot.bin",
  clients: [{ name: "bench-1", mac: "52:54:00:77:00:10", address: "10.77.0.10" }],
};

/** Ours are .100 to .199. */
const rivalPool = "10.77.0.200,10.77.0.220";

const forgetAddress = (host: Host): Promise<unknown> =>
  host.succeed("ip", ["address", "flush", "dev", "eth0", "scope", "global"]);

describe("--answer everyone", function () {
  this.timeout(120_000);
  let network: TestNetwork | undefined;
  let folder: TemporaryFolder;
  let scripts: TemporaryFolder;
  let board: (name: "listed" | "stranger") => Host;
  const running: Running[] = [];

  before(async function () {
    scripts = await temporaryFolder();
    need(this, "dnsmasq", "udhcpc", "ipconfig", "python3");
    network = await makeNetwork(this, layout);
    board = (name) => network!.host(name);
  });

  // What was given in one test is nothing to the next one: a folder of its own has leases of its own.
  beforeEach(async () => {
    await forgetAddress(board("stranger"));
    folder = await temporaryFolder({
      ".vscode/boot-plan.json": JSON.stringify(plan),
      "u-boot.bin": "loader",
    });
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
    await folder.remove();
  });

  after(async () => {
    await network?.close();
    await scripts.remove();
  });

  const start = async (): Promise<Served> => {
    const flags = ["--answer", "everyone", "--address", "eth1"];
    const served = await serve(network!.host("server"), folder.path, flags);
    running.push(served.running);
    return served;
  };

  const startRival = async (): Promise<Running> => {
    const options = { file: "theirs.bin", boards: {}, pool: rivalPool };
    const daemon = await startDnsmasq(network!.host("rival"), options);
    running.push(daemon);
    return daemon;
  };

  const ask = (...more: string[]): Promise<Told | undefined> =>
    udhcpc(board("stranger"), scripts.at("udhcpc.sh"), 3, ...more);

  /** Boots the stranger until it is answered: it is silent here for the seconds in which the question is out. */
  const boot = async (): Promise<Told> => {
    for (let boots = 0; boots < 8; boots += 1) {
      const told = await ask();
      if (told !== undefined) return told;
    }
    return assert.fail("it was not answered in eight boots");
  };

  const rivalOf = (row: ServerRow): Trouble | undefined =>
    row.warnings.find(({ code }) => code === "dhcp.rival");

  /** The server's row says who the rival is and what to do. */
  const toldOfRival = async (served: Served): Promise<void> => {
    const row = await served.row(
      "server",
      (row) => row.protocol === "bootp" && row.state === "running" && rivalOf(row) !== undefined,
    );
    const trouble = rivalOf(row)!;
    assert.match(trouble.message, /^the DHCP server 10\.77\.0\.2 answers on the network of 10\.77\.0\.1, /);
    assert.match(
      trouble.remedy ?? "",
      /List your boards in the plan, .*next-server 10\.77\.0\.1.*--answer proxy/,
    );
  };

  /** The stranger's row says the same. */
  const strangerIsLeftToIt = async (served: Served): Promise<void> => {
    const row = await served.row(
      "client",
      ({ mac, trouble }) => mac === strangerMac && trouble?.code === "dhcp.rival",
    );
    assert.equal(row.stage, "seen");
    assert.match(row.trouble?.message ?? "", /10\.77\.0\.2/);
    assert.match(row.trouble?.remedy ?? "", /next-server 10\.77\.0\.1/);
  };

  it("a stranger gets an address of the default pool and the boot file where no other DHCP server is", async () => {
    const served = await start();
    const told = await boot();
    assert.match(told.address, /^10\.77\.0\.1\d\d$/);
    assert.deepEqual(
      { ...told, address: "" },
      { address: "", netmask: "255.255.255.0", server: "10.77.0.1", file: "u-boot.bin" },
    );
    await forgetAddress(board("stranger"));
    assert.equal((await boot()).address, told.address, "it keeps its address");
    assert.equal((await ipconfig(board("listed"), "dhcp"))?.address, "10.77.0.10");
    const bootp = served.rows().filter((row) => row.type === "server" && row.protocol === "bootp");
    assert.deepEqual(
      bootp.flatMap((row) => (row.type === "server" ? row.warnings : [])),
      [],
    );
    await served.stop();
  });

  it("a stranger is left to a DHCP server that is there, and both rows say who that is and what to do", async () => {
    const rival = await startRival();
    const served = await start();
    await toldOfRival(served);
    const told = await boot();
    assert.match(told.address, /^10\.77\.0\.2[012]\d$/);
    assert.equal(told.file, "theirs.bin");
    await strangerIsLeftToIt(served);
    // Alone on the wire, this server is as silent as before.
    await rival.kill();
    assert.equal(await ask(), undefined);
    await served.stop();
  });

  it("one that starts later is heard by what it tells a board: strangers are left to it, listed clients are not (X28)", async () => {
    const served = await start();
    assert.match((await boot()).address, /^10\.77\.0\.1\d\d$/);
    const rival = await startRival();
    // -B: it wants its answers by broadcast.
    await ask("-B");
    await toldOfRival(served);
    await rival.kill();
    assert.equal(await ask(), undefined);
    await strangerIsLeftToIt(served);
    const told = await ipconfig(board("listed"), "dhcp");
    assert.deepEqual([told?.address, told?.file], ["10.77.0.10", "u-boot.bin"]);
    await served.stop();
  });

  it("where another program has port 68 for itself it asks as a relay agent, and finds the other server", async () => {
    const hold = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 68))
print("held", flush=True)
while True: s.recv(2000)
`;
    const holder = network!.host("server").start("python3", ["-c", hold]);
    running.push(holder);
    await holder.waitFor("held", (output) => (output.includes("held") ? true : undefined));
    await startRival();
    const served = await start();
    await toldOfRival(served);
    await served.stop();
  });
});
