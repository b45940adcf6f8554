/** What Wireshark makes of our captures: no warning, the same as we do, and what its own capture of the cable has. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodePacket as decodeBootp } from "../../src/protocol/bootp/packet";
import { decodePacket as decodeTftp } from "../../src/protocol/tftp/packet";
import { unlikeBytes } from "../support/files";
import { udhcpc } from "../support/foreignBoards";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, serve, thisHost, type Served } from "../support/ours";
import { readFrame, readPcapng, type ReadPacket } from "../support/pcapng";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const layout = {
  server: twoNetworks.server,
  board: { eth0: { lan: "lan1", mac: "52:54:00:77:00:20" } },
} as const;

const password = "canary-7f3a";
const plan = {
  clients: [{ name: "bench-1", mac: layout.board.eth0.mac, address: "10.77.0.20" }],
  boot: "u-boot.bin",
  ftp: ["etsw.b3"],
};

const fields = [
  ...["_ws.col.Protocol", "eth.src", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "udp.length"],
  ...["tftp.opcode", "tftp.block", "tftp.source_file", "dhcp.id", "dhcp.ip.your", "udp.checksum"],
  ...["ftp.request.command", "ftp.request.arg", "ftp.response.code"],
] as const;

type Dissected = Readonly<Record<(typeof fields)[number], string>>;

const checked = ["ip.check_checksum", "udp.check_checksum", "tcp.check_checksum"].flatMap((each) => [
  "-o",
  `${each}:TRUE`,
]);

/** What tshark reads. @param more flags. */
async function dissect(
  host: Pick<Host, "run">,
  file: string,
  more: readonly string[] = [],
): Promise<Dissected[]> {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const { stdout } = await host.run("tshark", ["-n", "-r", file, ...more, "-T", "fields", ...wanted]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        Object.fromEntries(line.split("\t").map((value, index) => [fields[index], value])) as Dissected,
    );
}

/**
 * What tshark finds wrong: malformed packets and experts' warnings, wrong checksums among them. Its expert of TFTP warns
 * of each ERROR, whoever sends it.
 */
async function wrongIn(host: Pick<Host, "run">, file: string, more: readonly string[] = []): Promise<string> {
  const warning = 0x600000;
  const filter = `_ws.malformed || (_ws.expert.severity >= ${warning} && !tftp.opcode == 5)`;
  const { stdout, stderr } = await host.run("tshark", ["-n", "-r", file, ...checked, ...more, "-Y", filter]);
  // It says as whom it runs, and nothing else.
  return stdout + stderr.replace(/^Running as user "root".*\n/m, "");
}

/** The same of a datagram as our own codecs read it. */
function readAsWeDo(packet: ReadPacket): Partial<Dissected> {
  const { protocol, ports, from, to, payload } = readFrame(packet);
  if (protocol !== "udp") return {};
  const ends = { "ip.src": from, "ip.dst": to, "udp.srcport": `${ports[0]}`, "udp.dstport": `${ports[1]}` };
  if (ports.some((port) => port === 67 || port === 68)) {
    const { xid, yiaddr } = decodeBootp(payload);
    return { ...ends, "dhcp.id": `0x${xid.toString(16).padStart(8, "0")}`, "dhcp.ip.your": yiaddr };
  }
  const tftp = decodeTftp(payload);
  return {
    ...ends,
    "tftp.opcode": `${["", "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"].indexOf(tftp.op)}`,
    ...("block" in tftp && { "tftp.block": `${tftp.block}` }),
    ...("file" in tftp && { "tftp.source_file": tftp.file }),
  };
}

describe("Wireshark reads what --pcap writes", function () {
  this.timeout(90_000);
  let folder: TemporaryFolder;
  let network: TestNetwork | undefined;
  const image = unlikeBytes(300_001);

  before(async function () {
    need(this, "tshark", "dumpcap", "curl", "lftp", "udhcpc", "busybox");
    folder = await temporaryFolder({
      "drop/u-boot.bin": image,
      "drop/etsw.b3": unlikeBytes(70_000),
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
    let own: readonly ReadPacket[];
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
        ["--address", "10.77.0.1", "--address", "10.78.0.1", "--pcap", ourFile],
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
      own = readPcapng(await readFile(ourFile)).packets;
      // It writes what it has from time to time: each datagram is to be there, and the last of FTP's commands.
      for (const last of ["dhcp || tftp", 'ftp.request.command == "QUIT"']) {
        const { length } = await dissect(thisHost, ourFile, ["-Y", last]);
        while ((await dissect(thisHost, theirFile, ["-Y", last])).length < length);
      }
      await dumpcap.kill();
    });

    it("without a warning", async () => {
      assert.equal(await wrongIn(thisHost, ourFile), "");
    });

    it("as our own codecs do, packet by packet", async () => {
      const read = await dissect(thisHost, ourFile);
      assert.equal(read.length, own.length);
      own.forEach((packet, index) => {
        const wanted = readAsWeDo(packet);
        const told = Object.keys(wanted).map((field) => [field, read[index]?.[field as keyof Dissected]]);
        assert.deepEqual(Object.fromEntries(told), wanted, `packet ${index + 1}`);
      });
    });

    it("with each datagram that it saw on the cable itself, and no other", async () => {
      const udp = async (file: string): Promise<string[]> =>
        (await dissect(thisHost, file, ["-Y", "dhcp || tftp"]))
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
      const read = await dissect(thisHost, ourFile);
      const boards = read.filter((packet) => packet["ip.src"] === "10.77.0.20");
      assert.ok(boards.length > 100);
      assert.deepEqual([...new Set(boards.map((packet) => packet["eth.src"]))], [layout.board.eth0.mac]);
    });

    it("with FTP's commands and replies as it saw them, but for the password", async () => {
      const ftp = async (file: string): Promise<string[]> =>
        (await dissect(thisHost, file, ["-Y", "ftp"])).map((packet) =>
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
    const { packets } = readPcapng(await readFile(file));
    const hints = packets.flatMap(({ comment = "" }) => /-d (\S+)/.exec(comment)?.[1] ?? []);
    assert.equal(hints.length, 3, String(hints));
    const flags = hints.flatMap((hint) => ["-d", hint]);
    assert.equal(await wrongIn(thisHost, file, flags), "");
    const read = await dissect(thisHost, file, flags);
    const protocols = new Set(read.map((packet) => packet["_ws.col.Protocol"]));
    for (const protocol of ["BOOTP", "TFTP", "FTP", "FTP-DATA"]) assert.ok(protocols.has(protocol), protocol);
    assert.ok(!protocols.has("UDP"));
  });
});
