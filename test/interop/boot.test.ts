/** Boot loaders' clients that nobody here wrote boot from our three servers, at ports 67, 69 and 21. */

import assert from "node:assert/strict";
import { playBoard } from "../support/board";
import { assertFile, unlikeBytes } from "../support/files";
import { dhclient, dhcpcd, forgetDhcpcdLeases, ipconfig, udhcpc, type Told } from "../support/foreignBoards";
import { ftpClients, tftpClients } from "../support/foreignClients";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { eventually } from "../support/patience";
import { findProgram, need, type ProgramName } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const layout = {
  server: twoNetworks.server,
  bench1: { eth0: { lan: "lan1", mac: "52:54:00:77:00:10" } },
  bench2: { eth0: { lan: "lan2", mac: "52:54:00:78:00:10" } },
  stranger: { eth0: { lan: "lan1", mac: "52:54:00:77:00:66" } },
  guest: { eth0: { lan: "lan1", address: "10.77.0.3/24" } },
} as const;

const clients = [
  { name: "bench-1", mac: "52:54:00:77:00:10", address: "10.77.0.10" },
  { name: "bench-2", mac: "52:54:00:78:00:10", address: "10.78.0.10" },
];

const uBoot = unlikeBytes(300_001);
const script = "# load: label, then file\nswitch: etsw.b3\n";
const flags = ["--address", "10.77.0.1", "--address", "10.78.0.1"];

/** A workspace folder with a boot loader, a manifest and what it lists. */
const bootFolder = (plan: Readonly<Record<string, unknown>>): Promise<TemporaryFolder> =>
  temporaryFolder({
    ".vscode/boot-plan.json": JSON.stringify({ clients, ...plan }),
    "u-boot.bin": uBoot,
    "copy-files4.rc": script,
    "etsw.b3": unlikeBytes(70_000),
  });

describe("boards boot from our servers", function () {
  this.timeout(120_000);
  let network: TestNetwork | undefined;
  let download: TemporaryFolder;
  let served: Served | undefined;

  /** What a board does without an address; it is taken away again before each boot. */
  const reset = (board: Host): Promise<unknown> =>
    board.succeed("ip", ["address", "flush", "dev", "eth0", "scope", "global"]);

  const folders: TemporaryFolder[] = [];
  const start = async (plan: Readonly<Record<string, unknown>>, ...more: string[]): Promise<Served> => {
    const folder = await bootFolder(plan);
    folders.push(folder);
    served = await serve(network!.host("server"), folder.path, [...flags, ...more]);
    assert.deepEqual(
      served.ready.servers.map(({ protocol, state, port }) => ({ protocol, state, port })),
      [
        { protocol: "bootp", state: "running", port: 67 },
        { protocol: "tftp", state: "running", port: 69 },
        { protocol: "ftp", state: "running", port: 21 },
      ],
    );
    return served;
  };

  before(async function () {
    download = await temporaryFolder();
    network = await makeNetwork(this, layout);
    if (findProgram("dhcpcd") !== undefined) await forgetDhcpcdLeases(network.host("server"));
  });

  afterEach(async () => {
    await served?.running.kill();
    served = undefined;
  });

  after(async () => {
    await network?.close();
    for (const folder of [download, ...folders]) await folder.remove();
  });

  const benches = [
    { host: "bench1", address: "10.77.0.10", server: "10.77.0.1", where: "the first interface" },
    { host: "bench2", address: "10.78.0.10", server: "10.78.0.1", where: "the second interface" },
  ] as const;

  describe("one boot file for every request", () => {
    before(() => start({ boot: "u-boot.bin" }));
    // One server for all of these tests.
    let kept: Served | undefined;
    beforeEach(() => {
      kept ??= served;
      served = undefined;
    });
    after(() => kept?.stop());

    for (const { host, address, server, where } of benches) {
      const script = (name: string): string => download.at(`${host}-${name}.sh`);
      const ways: readonly [string, ProgramName, (board: Host) => Promise<Told | undefined>][] = [
        ["ipconfig -c bootp", "ipconfig", (board) => ipconfig(board, "bootp")],
        ["ipconfig -c dhcp", "ipconfig", (board) => ipconfig(board, "dhcp")],
        ["udhcpc", "udhcpc", (board) => udhcpc(board, script("udhcpc"))],
        ["dhclient", "dhclient", (board) => dhclient(board, script("dhclient"))],
        ["dhcpcd --bootp", "dhcpcd", (board) => dhcpcd(board, script("dhcpcd"), "--bootp")],
        ["dhcpcd", "dhcpcd", (board) => dhcpcd(board, script("dhcpcd"))],
        ["dhcpcd, again,", "dhcpcd", (board) => dhcpcd(board, script("dhcpcd"))],
      ];
      for (const [name, program, ask] of ways) {
        it(`${name} on ${where} is told its address, that server and the file (B1, B10, D1)`, async function () {
          need(this, program);
          const board = network!.host(host);
          await reset(board);
          const told = await ask(board);
          assert.ok(told !== undefined, "it was not answered");
          assert.deepEqual(
            { address: told.address, server: told.server ?? server, file: told.file },
            { address, server, file: "u-boot.bin" },
          );
          // Without the cookie in the request no option may come back (B3): the netmask is guessed then.
          if (!name.endsWith("bootp")) assert.equal(told.netmask, "255.255.255.0");
        });
      }

      it(`with the address of ${where} every TFTP and FTP client fetches the told file`, async function () {
        need(this, "ipconfig");
        const board = network!.host(host);
        await reset(board);
        const told = await ipconfig(board, "bootp");
        assert.ok(told !== undefined);
        for (const { name, program, get } of [...tftpClients, ...ftpClients()]) {
          if (findProgram(program) === undefined) continue; // Named as missing by the suites of the clients.
          const local = download.at(`${host}-${name.replace(/\W/g, "-")}`);
          await get(board, server, told.file, local);
          await assertFile(local, uBoot);
        }
      });
    }

    it("a DHCP client that nobody listed gets no offer, and is seen (B12)", async function () {
      need(this, "udhcpc");
      assert.equal(await udhcpc(network!.host("stranger"), download.at("udhcpc.sh"), 3), undefined);
      const row = await kept!.row("client", ({ mac }) => mac === "52:54:00:77:00:66");
      assert.equal(row.stage, "seen");
    });

    it("an unlisted board that speaks plain BOOTP is told server and file (--answer boards)", async function () {
      need(this, "python3");
      // 300 bytes as RFC 951 has them, with the address that the board already has in ciaddr.
      const ask = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.3", 0))
s.settimeout(30)
request = bytes([1, 1, 6, 0]) + b"\\x12\\x34\\x56\\x78" + bytes(4) + socket.inet_aton("10.77.0.3") + bytes(12) + bytes.fromhex("525400770033")
s.sendto(request.ljust(300, b"\\0"), ("10.77.0.1", 67))
reply, sender = s.recvfrom(2000)
print(len(reply) >= 300, reply[0], reply[4:8].hex(), sender, socket.inet_ntoa(reply[20:24]), reply[108:236].rstrip(b"\\0").decode())
`;
      const { stdout } = await network!.host("guest").succeed("python3", ["-c", ask]);
      assert.equal(stdout.trim(), "True 2 12345678 ('10.77.0.1', 67) 10.77.0.1 u-boot.bin");
    });
  });

  it("a listed board under --answer listed is answered, an unlisted one is not (B12)", async function () {
    need(this, "ipconfig");
    await start({ boot: "u-boot.bin" }, "--answer", "listed");
    await reset(network!.host("bench1"));
    assert.equal((await ipconfig(network!.host("bench1"), "bootp"))?.file, "u-boot.bin");
    assert.equal(await ipconfig(network!.host("stranger"), "bootp", 2), undefined);
    await served!.stop();
  });

  it("a sequence goes on when a file was fetched, not when a request comes again, and ends in silence", async function () {
    need(this, "ipconfig", "tftp");
    const sequence = await start({ boot: ["u-boot.bin", "copy-files4.rc"], silentSeconds: 8 });
    const board = network!.host("bench1");
    const [hpa] = tftpClients;
    await reset(board);
    const next = async (seconds?: number): Promise<string | undefined> =>
      (await ipconfig(board, "bootp", seconds))?.file;
    const fetch = async (file: string, content: Uint8Array): Promise<void> => {
      await hpa!.get(board, "10.77.0.1", file, download.at(file));
      await assertFile(download.at(file), content);
    };
    assert.equal(await next(), "u-boot.bin");
    assert.equal(await next(), "u-boot.bin", "a repeated request skips no file");
    await fetch("u-boot.bin", uBoot);
    assert.equal(await next(), "copy-files4.rc");
    assert.equal(await next(), "copy-files4.rc", "a repeated request skips no file");
    await fetch("copy-files4.rc", new TextEncoder().encode(script));
    const lastFetched = Date.now();
    assert.equal(await next(2), undefined, "after the last file plain BOOTP is silent");
    await sequence.row("client", ({ mac, stage }) => mac === "52:54:00:77:00:10" && stage === "silent");
    // After silentSeconds it starts again.
    const again = await eventually("answer", () => next(2));
    assert.equal(again, "u-boot.bin");
    assert.ok(Date.now() - lastFetched >= 8_000, `silent for ${Date.now() - lastFetched} ms only`);
    await sequence.stop();
  });

  it("a DHCP board keeps its address after the last file, and is told no file then", async function () {
    need(this, "ipconfig", "curl");
    await start({ boot: ["u-boot.bin"] });
    const board = network!.host("bench2");
    await reset(board);
    assert.equal((await ipconfig(board, "dhcp"))?.file, "u-boot.bin");
    await board.succeed("curl", ["-sS", "-o", download.at("dhcp"), "tftp://10.78.0.1/u-boot.bin"]);
    const told = await ipconfig(board, "dhcp");
    assert.deepEqual([told?.address, told?.file], ["10.78.0.10", ""]);
    await served!.stop();
  });

  it("200 boards through a relay's address, 50 new ones a second, are all answered (giaddr)", async function () {
    need(this, "perfdhcp");
    // perfdhcp counts its MACs up from this one; each answer goes to the relay's own port 67.
    const mac = (index: number): string => `00:0c:01:02:03:${(4 + index).toString(16).padStart(2, "0")}`;
    const boards = Array.from({ length: 200 }, (_, index) => ({
      name: `board-${index}`,
      mac: mac(index),
      address: `10.77.0.${20 + index}`,
    }));
    await start({ clients: boards, boot: "u-boot.bin" });
    // An answer may take its time here (-d, -W); that each question has one is what counts.
    const patient = ["-d", "20", "-W", "3000000"];
    const load = ["-4", "-r", "50", "-R", "200", "-p", "5", ...patient, "-l", "eth0", "10.77.0.1"];
    const { stdout } = await network!.host("guest").succeed("perfdhcp", load);
    const counts = (what: string): number[] =>
      [...stdout.matchAll(new RegExp(`^${what}: (\\d+)`, "gm"))].map(([, count]) => Number(count));
    const sent = counts("sent packets");
    assert.deepEqual([counts("received packets"), counts("drops")], [sent, [0, 0]], stdout);
    // DISCOVERs and REQUESTs; a busy machine may not get to all 200 in its five seconds.
    assert.equal(sent.length, 2);
    assert.ok(
      sent.every((count) => count > 100),
      stdout,
    );
    await served!.stop();
  });

  // The last one: the guest has more addresses from here on.
  it("a board behind a relay agent is told its file by that, and may load it then (giaddr, DESIGN §3, --allow)", async function () {
    need(this, "curl");
    const [agent, address, mac] = ["10.5.5.1", "10.5.5.20", "52:54:00:55:00:20"];
    const guest = network!.host("guest");
    for (const own of [agent, address])
      await guest.succeed("ip", ["address", "add", `${own}/32`, "dev", "eth0"]);
    await network!.host("server").succeed("ip", ["route", "add", "10.5.5.0/24", "via", "10.77.0.3"]);
    await start({ clients: [{ mac, address }], boot: "u-boot.bin" });
    const load = async (protocol: string): Promise<number | null> => {
      const url = `${protocol}://10.77.0.1/u-boot.bin`;
      return (await guest.run("curl", ["-sS", "--interface", address, "-o", download.at("relayed"), url]))
        .code;
    };
    assert.ok((await load("tftp")) !== 0 && (await load("ftp")) !== 0);
    const way = { kind: "bootp", way: "relay", target: "10.77.0.1", localAddress: agent, mac } as const;
    const told = await playBoard(guest, way);
    assert.deepEqual([told?.yiaddr, told?.file], [address, "u-boot.bin"]);
    for (const protocol of ["tftp", "ftp"]) {
      assert.equal(await load(protocol), 0, protocol);
      await assertFile(download.at("relayed"), uBoot);
    }
    await served!.stop();
  });
});
