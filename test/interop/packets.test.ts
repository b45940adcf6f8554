/** What Wireshark makes of our captures: no warning, the same as we do, and what its own capture of the cable has. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeBootLine } from "../../src/model/bootLog";
import type { TransferRow } from "../../src/model/events";
import { spokenTimeline } from "../support/boots";
import { assertFile, unlikeBytes } from "../support/files";
import { udhcpc } from "../support/foreignBoards";
import { makeNetwork, twoNetworks, type TestNetwork } from "../support/namespace";
import { ours, serve, startOurs, thisHost, type Served } from "../support/ours";
import { comesTrue } from "../support/patience";
import { readPcapng } from "../support/pcapng";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { assertNoWarning, assertReadAlike, dissect, type Dissected } from "../support/tshark";
import { openRelay } from "../support/udpRelay";

const layout = {
  server: twoNetworks.server,
  board: { eth0: { lan: "lan1", mac: "52:54:00:77:00:20" } },
  near: twoNetworks.near,
} as const;

const password = "canary-7f3a";
const plan = {
  clients: [{ name: "bench-1", mac: layout.board.eth0.mac, address: "10.77.0.20" }],
  boot: "u-boot.bin",
  ftp: ["etsw.b3"],
};

describe("Wireshark reads what --pcap writes", function () {
  this.timeout(180_000);
  let folder: TemporaryFolder;
  let network: TestNetwork | undefined;
  const image = unlikeBytes(300_001);
  const script = unlikeBytes(8_001);

  before(async function () {
    need(this, "tshark", "dumpcap", "curl", "lftp", "udhcpc", "busybox");
    folder = await temporaryFolder({
      "drop/u-boot.bin": image,
      "drop/etsw.b3": unlikeBytes(70_000),
      "drop/script.scr": script,
      "drop/.vscode/boot-plan.json": JSON.stringify(plan),
    });
    network = await makeNetwork(this, layout);
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  describe("of a boot over BOOTP, TFTP and FTP", () => {
    let ourFile: string;
    let theirFile: string;
    let served: Served;

    before(async () => {
      const [server, board] = [network!.host("server"), network!.host("board")];
      ourFile = join(folder.path, "ours.pcapng");
      theirFile = join(folder.path, "theirs.pcapng");
      const dumpcap = server.start("dumpcap", ["-q", "-i", "eth1", "-w", theirFile]);
      await dumpcap.waitFor("the capture", (stderr) => /File: /.test(stderr) || undefined);
      served = await serve(
        server,
        join(folder.path, "drop"),
        ["--address", "10.77.0.1", "--address", "10.78.0.1", "--boot-log", "--pcap", ourFile],
        { env: { BOOT_SERVERS_FTP_PASSWORD: password } },
      );
      const got = (name: string): string => join(folder.path, name);
      assert.ok(await udhcpc(board, got("script")));
      const from = "10.77.0.1";
      await board.succeed("curl", [
        "-sS",
        "--tftp-blksize",
        "1468",
        "-o",
        got("1"),
        `tftp://${from}/u-boot.bin`,
      ]);
      await board.succeed("busybox", ["tftp", "-g", "-r", "etsw.b3", "-l", got("2"), from]);
      await board.run("curl", ["-sS", "-o", got("3"), `tftp://${from}/missing.bin`]);
      const login = ["-u", `boot,${password}`, `ftp://${from}`];
      await board.succeed("lftp", [...login, "-e", `get u-boot.bin -o ${got("4")}; bye`]);
      await served.row("transfer", ({ protocol, state }) => protocol === "ftp" && state === "finished");
      await served.stop();
      // It writes what it has from time to time: each datagram is to be there, and the last of FTP's commands.
      for (const last of ["dhcp || tftp", 'ftp.request.command == "QUIT"']) {
        const { length } = await dissect(ourFile, ["-Y", last]);
        const isThere = async (): Promise<boolean> =>
          (await dissect(theirFile, ["-Y", last])).length >= length;
        assert.ok(await comesTrue(isThere), `dumpcap has no ${last}`);
      }
      await dumpcap.kill();
    });

    it("whose boot log has what curl, busybox, udhcpc and lftp asked and got", () => {
      const told = served.rows().flatMap((row) => (row.type === "bootLine" ? [row] : []));
      const lines = told.map((row) => describeBootLine(row));
      for (const line of [
        /^DISCOVER .* → OFFER 10\.77\.0\.20 file u-boot\.bin /,
        /^REQUEST .* → ACK 10\.77\.0\.20 file u-boot\.bin /,
        /^RRQ u-boot\.bin octet .*blksize 1468 .*→ OACK .*blksize 1468/,
        /^u-boot\.bin sent: 293\.0 KiB in /,
        /^RRQ etsw\.b3 octet/,
        /^RRQ missing\.bin octet .*→ ERROR 1 /,
        /^USER boot PASS \*{4} → 230 /,
        /^RETR u-boot\.bin passive type I → 293\.0 KiB/,
      ])
        assert.ok(
          lines.some((each) => line.test(each)),
          `${String(line)}\n${lines.join("\n")}`,
        );
      assert.deepEqual(
        [...new Set(told.map(({ client, boot }) => `${client} ${boot}`))],
        [`${layout.board.eth0.mac} 1`],
      );
    });

    it("whose timeline has each file that they loaded, and what was not there", () => {
      const spoken = spokenTimeline(served.rows());
      for (const row of [
        /^BOOTP and DHCP, \d+ questions\. /,
        /^u-boot\.bin to the board over TFTP\. .* 293\.0 KiB, .*blksize 1468, /,
        /^etsw\.b3 to the board over TFTP\. /,
        /^u-boot\.bin to the board over FTP\. .* 293\.0 KiB, /,
        /^Asked for and not loaded, 1 request\. .*missing\.bin/,
      ])
        assert.equal(
          spoken.filter((each) => row.test(each)).length,
          1,
          `${String(row)}\n${spoken.join("\n")}`,
        );
    });

    it("without a warning", async () => {
      await assertNoWarning(ourFile);
    });

    it("as our own codecs do, packet by packet", async () => {
      await assertReadAlike(ourFile);
    });

    it("with each datagram that it saw on the cable itself, and no other", async () => {
      const udp = async (file: string): Promise<string[]> =>
        (await dissect(file, ["-Y", "dhcp || tftp"]))
          .map((packet) =>
            [
              ...[
                "ip.src",
                "ip.dst",
                "udp.srcport",
                "udp.dstport",
                "udp.length",
                "tftp.opcode",
                "tftp.block",
              ],
              ...["dhcp.id", "dhcp.ip.your"],
            ]
              .map((field) => packet[field as keyof Dissected])
              .join(" "),
          )
          .sort();
      const [here, there] = [await udp(ourFile), await udp(theirFile)];
      assert.ok(here.length > 250);
      assert.deepEqual(here, there);
    });

    it("with the board's MAC, which BOOTP told", async () => {
      const read = await dissect(ourFile);
      const boards = read.filter((packet) => packet["ip.src"] === "10.77.0.20");
      assert.ok(boards.length > 100);
      assert.deepEqual([...new Set(boards.map((packet) => packet["eth.src"]))], [layout.board.eth0.mac]);
    });

    it("with FTP's commands and replies as it saw them, but for the password", async () => {
      const ftp = async (file: string): Promise<string[]> =>
        (await dissect(file, ["-Y", "ftp"])).map((packet) =>
          [packet["ftp.request.command"], packet["ftp.request.arg"], packet["ftp.response.code"]]
            .join(" ")
            .trim(),
        );
      const [here, there] = [await ftp(ourFile), await ftp(theirFile)];
      assert.ok(there.includes(`PASS ${password}`));
      const commands = (all: readonly string[]): string[] => all.filter((each) => /^[A-Z]/.test(each));
      assert.deepEqual(
        commands(here),
        commands(there).map((each) => each.replace(password, "********")),
      );
      assert.ok(!(await readFile(ourFile)).includes(password));
    });
  });

  it("of a verification on free ports, told by the comments which port is what", async () => {
    const file = join(folder.path, "verify.pcapng");
    const verified = await ours(thisHost, ["verify", join(folder.path, "drop"), "--pcap", file]);
    assert.equal(verified.code, 0, verified.stderr);
    const flags = await hintsOf(file);
    assert.equal(flags.length, 6, String(flags));
    await assertNoWarning(file, flags);
    const read = await dissect(file, flags);
    const protocols = new Set(read.map((packet) => packet["_ws.col.Protocol"]));
    for (const protocol of ["BOOTP", "TFTP", "FTP", "FTP-DATA"]) assert.ok(protocols.has(protocol), protocol);
    assert.ok(!protocols.has("UDP"));
  });

  it("of curl over IPv6 and behind a relay that loses packets, whose comments say what was sent again", async () => {
    const file = join(folder.path, "lossy.pcapng");
    const ports = ["--bootp-port", "0", "--tftp-port", "0", "--ftp-port", "0"];
    const places = ["--address", "127.0.0.1", "--address", "::1"];
    const flags = [...places, ...ports, "--boot-log", "--pcap", file];
    const served = await serve(thisHost, join(folder.path, "drop"), flags);
    const { port } = served.server("tftp");
    const curl = async (...args: string[]): Promise<void> => {
      const got = join(folder.path, "got");
      const { code, stderr } = await thisHost.run("curl", ["-sS", "-o", got, ...args]);
      assert.equal(code, 0, stderr);
      await assertFile(got, script);
    };
    // With options curl asks for waits of 6 s.
    const relay = await openRelay({ to: { address: "127.0.0.1", port }, faults: { loss: 0.1 }, seed: 1 });
    const lossyRow = async (): Promise<TransferRow> => {
      await curl("--tftp-no-options", `tftp://127.0.0.1:${relay.local.port}/script.scr`);
      return served.row("transfer", ({ state }) => state === "finished");
    };
    // With its row, and not with curl, which is gone as soon as it has sent its last ACK.
    const row = await lossyRow().finally(() => relay.close());
    const lossy = await served.row("bootLine", ({ event }) => event === "end");
    await curl(`tftp://[::1]:${port}/script.scr`);
    await curl(`ftp://[::1]:${served.server("ftp").port}/script.scr`);
    await served.row("transfer", ({ protocol, state }) => protocol === "ftp" && state === "finished");
    await served.stop();
    assert.ok(row.retransmissions > 0);
    assert.match(describeBootLine(lossy), new RegExp(`, ${row.retransmissions} sent again$`));
    const drawn = new RegExp(
      `^script\\.scr to the board over TFTP\\. .*, ${row.retransmissions} packets? sent again\\. `,
    );
    const spoken = spokenTimeline(served.rows());
    assert.ok(
      spoken.some((each) => drawn.test(each)),
      spoken.join("\n"),
    );
    const decode = await hintsOf(file);
    await assertNoWarning(file, decode);
    const read = await assertReadAlike(file, decode);
    const again = read.filter(
      (packet) => packet["ip.src"] === "127.0.0.1" && packet["frame.comment"].includes("sent again, "),
    );
    assert.equal(again.length, row.retransmissions);
    const overIpv6 = read.filter((packet) => packet["ipv6.src"] === "::1");
    const protocols = new Set(overIpv6.map((packet) => packet["_ws.col.Protocol"]));
    for (const protocol of ["TFTP", "FTP", "FTP-DATA"]) assert.ok(protocols.has(protocol), protocol);
  });

  it("as it happens, through a pipe", async () => {
    const [server, near] = [network!.host("server"), network!.host("near")];
    const pipe = join(folder.path, "pipe");
    await server.succeed("mkfifo", [pipe]);
    const shown = server.start("sh", ["-c", 'exec tshark -l -n -i - < "$0"', pipe]);
    const address = ["--address", "10.77.0.1", "--servers", "tftp"];
    const command = ["serve", join(folder.path, "drop"), ...address, "--pcap", "-"];
    const running = startOurs(server, command, { through: ["sh", "-c", 'exec "$@" > "$0"', pipe] });
    await running.waitFor("its port", (said) => /listening on 10\.77\.0\.1:69/.test(said) || undefined);
    for (const name of ["script.scr", "etsw.b3"]) {
      await near.succeed("curl", ["-sS", "-o", "/dev/null", `tftp://10.77.0.1/${name}`]);
      await shown.waitFor(name, (_, said) => said.includes(`Read Request, File: ${name}`) || undefined);
    }
    running.signal("SIGINT");
    assert.equal((await running.ended).code, 0, running.output);
    assert.equal((await shown.ended).code, 0, shown.output);
  });
});

/** What the comments say of ports that Wireshark does not know, as flags for tshark. */
async function hintsOf(file: string): Promise<string[]> {
  const { packets } = readPcapng(await readFile(file));
  return packets.flatMap(({ comment = "" }) => {
    const hint = /-d (\S+)/.exec(comment)?.[1];
    return hint === undefined ? [] : ["-d", hint];
  });
}
