import assert from "node:assert/strict";
import { getOption, messageTypes } from "../../src/protocol/bootp/options";
import { negotiate } from "../../src/protocol/tftp/options";
import { decodePacket, encodeOack } from "../../src/protocol/tftp/packet";
import { decodeText, readUint32 } from "../../src/protocol/bytes";
import { Bench, network, situation } from "../support/bootp";
import { captured, capturedBesideProxy, capturedReads } from "../support/captured";

const networks = [network("10.77.0.1")];
const clients = [
  { name: "u-boot", mac: "52:54:00:77:00:20", address: "10.77.0.20" },
  { name: "linux", mac: "52:54:00:77:00:10", address: "10.77.0.10" },
  { name: "pc", mac: "52:54:00:77:00:30", address: "10.77.0.30" },
  { name: "relayed", mac: "00:0c:01:02:03:04", address: "10.77.0.21" },
];
const match = [{ userClass: "iPXE", boot: "boot.ipxe" }];
const server = (boot: string | readonly string[] = "u-boot.bin"): Bench =>
  new Bench(situation({ boot, clients, match }, { networks }));

/** What one request is answered: type, address, file and where to. */
function answer(request: Uint8Array): readonly unknown[] {
  const { packet, to } = server().reply(request);
  const type = packet.options === undefined ? 0 : (getOption(packet.options, "messageType") ?? 0);
  const name = Object.entries(messageTypes).find(([, code]) => code === type)?.[0];
  assert.deepEqual([packet.siaddr, packet.xid], ["10.77.0.1", readUint32(request, 4)]);
  return [name ?? "BOOTP", packet.yiaddr, packet.file, to];
}

describe("requests of real firmware and clients", () => {
  const everyone = "255.255.255.255:68";
  const expected: Readonly<Record<keyof typeof captured, readonly string[]>> = {
    uBootDiscover: ["OFFER", "10.77.0.20", "u-boot.bin", everyone],
    uBootRequest: ["ACK", "10.77.0.20", "u-boot.bin", everyone],
    uBootAgain: ["OFFER", "10.77.0.20", "u-boot.bin", everyone],
    dhclientDiscover: ["OFFER", "10.77.0.10", "u-boot.bin", everyone],
    dhclientRequest: ["ACK", "10.77.0.10", "u-boot.bin", everyone],
    dhclientReboot: ["ACK", "10.77.0.10", "u-boot.bin", everyone],
    dhcpcdBootp: ["BOOTP", "10.77.0.10", "u-boot.bin", everyone],
    dhcpcdDiscover: ["OFFER", "10.77.0.10", "u-boot.bin", everyone],
    dhcpcdReboot: ["ACK", "10.77.0.10", "u-boot.bin", everyone],
    // Its user class is the bare word, not RFC 3004's list.
    ipxeDiscover: ["OFFER", "10.77.0.30", "boot.ipxe", everyone],
    ipxeRequest: ["ACK", "10.77.0.30", "boot.ipxe", everyone],
    uefiDiscover: ["OFFER", "10.77.0.30", "u-boot.bin", everyone],
    perfdhcpDiscover: ["OFFER", "10.77.0.21", "u-boot.bin", "10.77.0.2:67"],
  };

  for (const [name, wanted] of Object.entries(expected)) {
    it(`${name} is answered with ${wanted.slice(0, 3).join(", ")}`, () => {
      assert.deepEqual(answer(captured[name as keyof typeof captured]), wanted);
    });
  }

  it("U-Boot names in `file` what it loaded the last time: it is given what the sequence says", () => {
    const bench = server(["u-boot.bin", "copy-files4.rc"]);
    bench.reply(captured.uBootDiscover);
    bench.reply(captured.uBootRequest);
    bench.fetches("10.77.0.20", "u-boot.bin");
    assert.equal(bench.reply(captured.uBootAgain).packet.file, "copy-files4.rc");
  });

  it("64 zeros are no options: none come back (B3)", () => {
    assert.equal(server().reply(captured.dhcpcdBootp).packet.options, undefined);
  });

  describe("to a proxy (D20, D21)", () => {
    const proxy = (boot: string | readonly string[] = "u-boot.bin"): Bench =>
      new Bench(situation({ boot, clients, match }, { networks, proxy: true }));

    for (const [name, file] of [
      ["ipxeDiscover", "boot.ipxe"],
      ["uefiDiscover", "u-boot.bin"],
    ] as const) {
      it(`${name} is offered ${file}, and no address`, () => {
        const { packet, to } = proxy().reply(captured[name]);
        assert.deepEqual([packet.yiaddr, packet.file, to], ["0.0.0.0", file, everyone]);
      });
    }

    it("UEFI firmware asks port 4011 with another xid: it is told the same file, once more", () => {
      const bench = proxy(["a.efi", "b.efi"]);
      assert.equal(bench.reply(captured.uefiDiscover).packet.file, "a.efi");
      assert.deepEqual(bench.ask(capturedBesideProxy.request), []);
      assert.equal(bench.view.address, "10.77.0.214");
      const from = { address: "10.77.0.214", port: 4011 };
      const [ack] = bench.askBootServer(capturedBesideProxy.bootServerRequest, from);
      assert.deepEqual([ack?.packet.file, ack?.to], ["a.efi", "10.77.0.214:4011"]);
      bench.fetches("10.77.0.214", "a.efi");
      assert.equal(bench.reply(captured.uefiDiscover).packet.file, "b.efi");
    });

    const others = ["uBoot", "dhclient", "dhcpcd", "perfdhcp"];
    for (const [name, request] of Object.entries(captured)) {
      if (!others.some((other) => name.startsWith(other))) continue;
      it(`${name} is no PXE client's, and gets not one packet`, () => {
        const bench = proxy();
        assert.deepEqual(bench.ask(request), []);
        assert.equal(bench.view.notice?.code, "proxy.notPxe");
      });
    }
  });

  const offer = { maxBlksize: 65464, maxWindowsize: 64, size: 108 };
  const oacks: Readonly<Record<keyof typeof capturedReads, string>> = {
    uBoot: "\0\u0006timeout\x005\0blksize\x001468\0",
    uBootWindow: "\0\u0006timeout\x005\0blksize\x001468\0windowsize\x0016\0",
    uBootNoFile: "\0\u0006timeout\x005\0blksize\x001468\0",
    ipxe: "\0\u0006blksize\x001432\0tsize\x00108\0",
  };
  for (const [name, oack] of Object.entries(oacks)) {
    it(`the read request ${name} is granted all that it asks for, in its order (RFC 2347)`, () => {
      const request = decodePacket(capturedReads[name as keyof typeof capturedReads]);
      assert.ok(request.op === "RRQ");
      assert.equal(decodeText(encodeOack(negotiate(request, offer).options)), oack);
    });
  }
});
