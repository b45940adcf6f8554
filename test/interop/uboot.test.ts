/** Boot firmware that nobody here wrote boots from our servers: U-Boot on an emulated board, at ports 67 and 69. */

import assert from "node:assert/strict";
import { describeBootLine } from "../../src/model/bootLog";
import type { BootLineRow, TransferRow } from "../../src/model/events";
import { spokenTimeline } from "../support/boots";
import { rolloverSize, sha256, unlikeBytes } from "../support/files";
import { makeNetwork, twoNetworks, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { need, placeOf } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { assertNoWarning, assertReadAlike } from "../support/tshark";
import { UBoot } from "../support/uBoot";

const layout = { server: twoNetworks.server, board: { eth0: { lan: "lan1" } } } as const;

const mac = "52:54:00:77:00:20";
const flags = ["--address", "10.77.0.1", "--address", "10.78.0.1"];
/** What begins with a dot is never served. */
const capture = ".boot.pcapng";
const files = {
  "u-boot.bin": unlikeBytes(2 ** 20),
  "copy-files4.rc": new TextEncoder().encode("# load: label, then file\n"),
  "image.itb": unlikeBytes(rolloverSize),
};
const plan = {
  clients: [{ name: "bench-1", mac, address: "10.77.0.20" }],
  boot: ["u-boot.bin", "copy-files4.rc"],
};

describe("U-Boot boots from our servers", function () {
  this.timeout(400_000);
  let network: TestNetwork | undefined;
  let folder: TemporaryFolder | undefined;
  let served: Served;
  let board: UBoot;

  before(async function () {
    need(this, "qemu-system-aarch64", "u-boot.bin", "python3");
    folder = await temporaryFolder({ ...files, ".vscode/boot-plan.json": JSON.stringify(plan) });
    network = await makeNetwork(this, layout);
    served = await serve(network.host("server"), folder.path, [
      ...[...flags, "--boot-log", "--pcap", folder.at(capture)],
    ]);
    board = await UBoot.switchOn(network.host("board"), mac, placeOf("u-boot.bin"));
  });

  after(async () => {
    await network?.close();
    await folder?.remove();
  });

  const ended = (file: string, wanted: (row: TransferRow) => boolean = () => true): Promise<TransferRow> =>
    served.row("transfer", (row) => row.file === file && row.endedAt !== undefined && wanted(row));

  /** The board's CRC32, our row's CRC32 and the file's bytes agree. */
  const arrived = async (
    file: keyof typeof files,
    wanted?: (row: TransferRow) => boolean,
  ): Promise<TransferRow> => {
    const row = await ended(file, wanted);
    assert.equal(row.state, "finished");
    assert.equal(row.sha256, sha256(files[file]));
    assert.equal(await board.variable("filesize"), files[file].length.toString(16));
    assert.equal(await board.crc32(), row.crc32);
    return row;
  };

  it("dhcp is told address, siaddr and the first file, and loads it (RFC 2131)", async () => {
    await board.run("dhcp");
    assert.deepEqual(
      {
        address: await board.variable("ipaddr"),
        netmask: await board.variable("netmask"),
        server: await board.variable("serverip"),
        file: await board.variable("bootfile"),
      },
      { address: "10.77.0.20", netmask: "255.255.255.0", server: "10.77.0.1", file: "u-boot.bin" },
    );
    const { options } = await arrived("u-boot.bin");
    assert.deepEqual(options, { mode: "octet", blksize: 1468, windowsize: 1, timeout: 5 });
  });

  it("its boot log has what it asked and got, in the field's words", async () => {
    const line = async (wanted: RegExp): Promise<BootLineRow> =>
      served.row("bootLine", (row) => row.open !== true && wanted.test(describeBootLine(row)));
    const told = [
      await line(
        /^DISCOVER xid [0-9a-f]{8} U-Boot\.armv8 arch 22 .*asks 1 3 .* → OFFER 10\.77\.0\.20 file u-boot\.bin /,
      ),
      await line(
        /^REQUEST xid [0-9a-f]{8} .*requestedAddress 10\.77\.0\.20.* → ACK 10\.77\.0\.20 file u-boot\.bin /,
      ),
      await line(/^RRQ u-boot\.bin octet timeout 5 .*blksize 1468.* → OACK .*blksize 1468/),
      await line(/^u-boot\.bin sent: 1\.0 MiB in /),
    ];
    assert.deepEqual(
      told.map(({ client, boot }) => `${client} ${boot}`),
      told.map(() => `${mac} 1`),
    );
  });

  it("its boot is on the timeline: the questions, and the file with its size and options", () => {
    const spoken = spokenTimeline(served.rows());
    for (const row of [
      /^BOOTP and DHCP, \d+ questions\. .*u-boot\.bin/,
      /^u-boot\.bin to the board over TFTP\. Asked for .* after the boot began\. .* 1\.0 MiB, .*blksize 1468, /,
    ])
      assert.ok(
        spoken.some((each) => row.test(each)),
        `${String(row)}\n${spoken.join("\n")}`,
      );
  });

  it("asked again, it gets the second file, which its retries with a new xid each do not skip", async () => {
    // As a server that is busy for a second, and then hears all the DISCOVERs at once.
    served.running.signal("SIGSTOP");
    const told = board.run("dhcp");
    await board.says(/BOOTP broadcast 3/).finally(() => {
      served.running.signal("SIGCONT");
    });
    await told;
    assert.equal(await board.variable("bootfile"), "copy-files4.rc");
    await arrived("copy-files4.rc");
  });

  it("after the last file it keeps its address, and asks for a name made of it: a row says so", async () => {
    // Else it asks for the last file that it was told.
    await board.run("setenv bootfile");
    const said = await board.run("dhcp");
    assert.match(said, /DHCP client bound to address 10\.77\.0\.20/);
    const { state, trouble } = await ended("0A4D0014.img");
    assert.deepEqual([state, trouble?.code], ["refused", "file.missing"]);
  });

  it("a name that is missing ends its tftpboot at once, and the row tells the nearest name", async () => {
    const said = await board.run("tftpboot ${loadaddr} uboot.bin");
    assert.match(said, /TFTP error: .*\(1\)\s+Not retrying/);
    const { state, trouble, nearest } = await ended("uboot.bin", (row) => row.nearest !== undefined);
    assert.deepEqual([state, trouble?.code, nearest], ["refused", "file.missing", ["u-boot.bin"]]);
  });

  it("with tftpwindowsize 16 it loads byte for byte (RFC 7440)", async () => {
    await board.run("setenv tftpwindowsize 16");
    await board.run("tftpboot ${loadaddr} u-boot.bin");
    const { options } = await arrived("u-boot.bin", (row) => row.options["windowsize"] !== 1);
    assert.equal(options["windowsize"], 16);
    await board.run("setenv tftpwindowsize 1");
  });

  it("its capture is read by tshark without a warning, and as our own codecs do", async function () {
    await served.stop();
    need(this, "tshark");
    const file = folder!.at(capture);
    await assertNoWarning(file);
    const read = await assertReadAlike(file);
    const comments = read.map((packet) => packet["frame.comment"]);
    for (const said of ['given: the address 10.77.0.20, the file "u-boot.bin"', 'asks for "u-boot.bin"'])
      assert.ok(
        comments.some((comment) => comment.startsWith(said)),
        said,
      );
  });

  it("40 MiB in blocks of 512, past block 65535, arrive byte for byte (T14)", async () => {
    served = await serve(network!.host("server"), folder!.path, flags);
    await board.run("setenv tftpblocksize 512");
    // The server sends again after the time that the board asks for: no pause of this machine is that long.
    await board.run("setenv tftptimeout 60000");
    await board.run("tftpboot ${loadaddr} image.itb");
    const { options, retransmissions } = await arrived("image.itb");
    assert.equal(options["blksize"], 512);
    assert.equal(retransmissions, 0);
  });
});
