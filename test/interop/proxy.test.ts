/** `--answer proxy` beside dnsmasq, which gives the addresses: PXE ROMs load from us, and no other client hears us. */

import assert from "node:assert/strict";
import { nextServerLines } from "../../src/model/nextServer";
import { watchBootp, type BootpWatch, type SeenPacket } from "../support/bootpWatch";
import { switchOn } from "../support/emulator";
import { ipconfig, udhcpc } from "../support/foreignBoards";
import { ipv6Router, startDnsmasq } from "../support/foreignServers";
import { makeNetwork, type Host, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import type { Running } from "../support/processes";
import { need, placeOf } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const romMac = "52:54:00:77:00:30";
const uefiMac = "52:54:00:77:00:31";
const boardMac = "52:54:00:77:00:10";
const layout = {
  server: { eth1: { lan: "lan1", address: "10.77.0.1/24" } },
  theirs: { eth0: { lan: "lan1", address: "10.77.0.2/24" } },
  rom: { eth0: { lan: "lan1" } },
  uefi: { eth0: { lan: "lan1" } },
  board: { eth0: { lan: "lan1", mac: boardMac } },
} as const;

const plan = {
  boot: "u-boot.bin",
  // Listed, with an address: as a proxy we give it to nobody.
  clients: [{ name: "bench-1", mac: boardMac, address: "10.77.0.10" }],
  match: [
    { userClass: "iPXE", boot: "boot.ipxe" },
    // Without a way to find its boot file in option 43 (6), this firmware asks at port 4011.
    { architecture: "uefi-x64", boot: "test.efi", options: { "43": "0xff" } },
  ],
};
const files = {
  ".vscode/boot-plan.json": JSON.stringify(plan),
  "u-boot.bin": "loader",
  "boot.ipxe": "#!ipxe\necho ${net0/ip} proxy ${proxydhcp/next-server}\necho booted\n",
  "test.efi": "not a program",
};
const theirPool = "10.77.0.200,10.77.0.220";
const theirAddress = /^10\.77\.0\.2[012]\d$/;

describe("--answer proxy beside dnsmasq", function () {
  this.timeout(240_000);
  let network: TestNetwork | undefined;
  let folder: TemporaryFolder | undefined;
  let served: Served;
  let theirs: Running;
  let host: (name: keyof typeof layout) => Host;

  const startTheirs = async (lines: readonly string[]): Promise<Running> =>
    startDnsmasq(host("theirs"), { boards: {}, pool: theirPool, lines });

  before(async function () {
    need(this, "dnsmasq", "python3");
    folder = await temporaryFolder(files);
    network = await makeNetwork(this, layout);
    host = (name) => network!.host(name);
    theirs = await startTheirs(await ipv6Router(host("theirs")));
    served = await serve(host("server"), folder.path, ["--address", "eth1", "--answer", "proxy"]);
    const { state, warnings } = served.server("bootp");
    assert.deepEqual([state, warnings], ["running", []]);
  });

  after(async () => {
    await network?.close();
    await folder?.remove();
  });

  it("iPXE, a PC's boot ROM, takes its address from dnsmasq and its script from us", async function () {
    need(this, "qemu-system-x86_64", "pxe-virtio.rom");
    const machine = ["-M", "pc,graphics=off", "-m", "64", "-boot", "n"];
    const pc = switchOn(host("rom"), "qemu-system-x86_64", machine, "virtio-net-pci", romMac);
    const ready = (output: string): string | undefined => (/^booted/m.test(output) ? output : undefined);
    const said = await pc.waitFor("booted", ready, 160_000);
    await pc.kill();
    assert.match(said, /^10\.77\.0\.2[012]\d proxy 10\.77\.0\.1/m);
    const { address, why } = await served.row(
      "client",
      ({ mac, stage }) => mac === romMac && stage === "booted",
    );
    assert.match(address ?? "", theirAddress);
    assert.equal(why, "its user class is iPXE");
  });

  it("UEFI firmware asks at port 4011 once it has its address, and is answered from there (D21)", async function () {
    need(this, "qemu-system-x86_64", "OVMF.fd");
    const watch = await watchBootp(host("uefi"));
    const machine = ["-M", "q35,graphics=off", "-m", "256", "-bios", placeOf("OVMF.fd"), "-boot", "n"];
    const card = "virtio-net-pci,romfile=";
    const pc = switchOn(host("uefi"), "qemu-system-x86_64", machine, card, uefiMac);
    const loaded = /NBP file downloaded successfully/;
    await pc.waitFor("NBP file", (output) => (loaded.test(output) ? true : undefined), 160_000);
    const transfer = await served.row(
      "transfer",
      ({ file, state }) => file === "test.efi" && state === "finished",
    );
    await pc.kill();
    assert.match(transfer.address, theirAddress);
    const isAck = ({ mac, from }: SeenPacket): boolean => mac === uefiMac && from === "10.77.0.1:4011";
    const ack = await watch.packet("an answer from port 4011", isAck);
    const ofIts = watch.seen().filter(({ mac }) => mac === uefiMac);
    const asked = ofIts.find(({ from }) => from === `${transfer.address}:4011`);
    assert.ok(asked !== undefined, JSON.stringify(ofIts));
    assert.equal(ack.xid, asked.xid);
    for (const { from, yiaddr } of ofIts) if (from.startsWith("10.77.0.1:")) assert.equal(yiaddr, "0.0.0.0");
    await watch.running.kill();
  });

  describe("a board that is no PXE client", () => {
    let scripts: TemporaryFolder | undefined;
    let watch: BootpWatch;

    before(async function () {
      need(this, "udhcpc", "ipconfig");
      scripts = await temporaryFolder();
      watch = await watchBootp(host("board"));
    });

    after(async () => {
      await watch.running.kill();
      await scripts?.remove();
    });

    const boot = async (): Promise<Awaited<ReturnType<typeof udhcpc>>> => {
      await host("board").succeed("ip", ["address", "flush", "dev", "eth0", "scope", "global"]);
      return udhcpc(host("board"), scripts!.at("udhcpc.sh"));
    };

    it("listed as it is, gets its address from dnsmasq and from us not one packet, by DHCP and by BOOTP (D20)", async () => {
      const told = await boot();
      assert.match(told?.address ?? "", theirAddress);
      assert.equal(told?.file, "");
      assert.equal(await ipconfig(host("board"), "bootp", 1), undefined);
      await served.row(
        "client",
        ({ mac, trouble }) => mac === boardMac && (trouble?.message.includes("plain BOOTP") ?? false),
      );
      // What comes on this cable from us at last shows that nothing came before.
      const quick = ["-i", "eth0", "-n", "-q", "-f", "-t", "3", "-T", "1", "-s", "/bin/true"];
      const pxe = host("board").start("udhcpc", [...quick, "-V", "PXEClient"]);
      const isOurs = ({ mac, from }: SeenPacket): boolean =>
        mac === boardMac && from.startsWith("10.77.0.1:");
      const offer = await watch.packet("an offer to a PXE client", isOurs);
      await pxe.kill();
      const questions = watch.seen().filter(({ mac, op }) => mac === boardMac && op === "request");
      assert.ok(questions.some((question) => !question.pxe && question.xid !== offer.xid));
      const ofPxe = questions.filter((question) => question.pxe).map(({ xid }) => xid);
      for (const { xid, yiaddr } of watch.seen().filter(isOurs)) {
        assert.ok(ofPxe.includes(xid), "an answer to who is no PXE client");
        assert.equal(yiaddr, "0.0.0.0");
      }
    });

    it("boots from us once dnsmasq has the lines that its row is for", async () => {
      const { nextServer, trouble } = await served.row(
        "client",
        ({ mac, nextServer }) => mac === boardMac && nextServer !== undefined,
      );
      assert.equal(trouble?.remedy, "Ask its owner for: next-server 10.77.0.1, filename u-boot.bin");
      const { servers, file } = nextServer!;
      const [dnsmasq] = nextServerLines({ name: "bench-1", mac: boardMac, server: servers[0]!, file });
      await theirs.kill();
      theirs = await startTheirs(dnsmasq!.lines);
      const told = await boot();
      assert.match(told?.address ?? "", theirAddress);
      assert.deepEqual([told?.server, told?.file], ["10.77.0.1", "u-boot.bin"]);
    });
  });

  describe("another proxy of this computer", () => {
    it("has port 4011: the row says which program it is, and port 67 goes on", async () => {
      await served.stop();
      const lines = ["dhcp-range=10.77.0.0,proxy", "pxe-service=x86PC,theirs,theirs"];
      const other = await startDnsmasq(host("server"), { boards: {}, lines, interfaceName: "eth1" });
      const beside = await serve(host("server"), folder!.path, ["--address", "eth1", "--answer", "proxy"]);
      const { state, warnings } = beside.server("bootp");
      assert.equal(state, "running");
      const held = warnings.find(({ code }) => code === "proxy.port");
      assert.match(
        held?.message ?? "",
        /^UDP port 4011 of 10\.77\.0\.1 is in use by dnsmasq \(pid \d+\): PXE clients/,
      );
      await beside.stop();
      await other.kill();
    });
  });
});
