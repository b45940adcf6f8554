import assert from "node:assert/strict";
import { isOptional } from "../../src/protocol/bootp/profiles";
import { getOption, optionTable } from "../../src/protocol/bootp/options";
import { Bench, bench, boardMac, dhcp, otherMac, situation, type ReadReply } from "../support/bootp";

const rom = {
  vendorClassIdentifier: "PXEClient:Arch:00000:UNDI:002001",
  clientArchitecture: [0],
  // What the ROM of a 3 asks for (Raspberry Pi documentation, "DHCP request and reply").
  parameterRequestList: Uint8Array.of(43, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135, 66),
};
const pi = { name: "pi", mac: boardMac, address: "192.168.7.20", profile: "raspberry-pi" } as const;
const plan = { boot: "u-boot.bin", clients: [pi] };

const said = ({ packet: { options } }: ReadReply): unknown[] => [
  getOption(options!, "vendorClassIdentifier"),
  options!.get(optionTable.vendorSpecific.code),
  getOption(options!, "tftpServerName"),
];

describe("a Raspberry Pi", () => {
  /** As dnsmasq sends it for `pxe-service=0,"Raspberry Pi Boot   "`. */
  const menu = Uint8Array.of(
    ...[6, 1, 3],
    ...[10, 4, 0, 0x50, 0x58, 0x45],
    ...[9, 23, 0, 0, 20, ...new TextEncoder().encode("Raspberry Pi Boot   ")],
    255,
  );

  it("is told its address, its server in header and option 66, and the menu that it looks for; no boot file", () => {
    const server = new Bench(situation(plan));
    for (const type of ["DISCOVER", "REQUEST"] as const) {
      const reply = server.reply(dhcp(type, { ...rom, requestedAddress: pi.address }));
      assert.deepEqual(said(reply), ["PXEClient", menu, bench.address]);
      const { yiaddr, siaddr, file, options } = reply.packet;
      assert.deepEqual([yiaddr, siaddr, file, options?.has(67)], [pi.address, bench.address, "", false]);
    }
    assert.deepEqual(
      [server.view.profile, server.view.detail, server.view.file],
      ["Raspberry Pi", "no boot file", ""],
    );
  });

  it("is told nothing of that when its Linux asks, nor is any other PXE client", () => {
    const linux = new Bench(situation(plan)).reply(dhcp("DISCOVER", { vendorClassIdentifier: "dhcpcd-9" }));
    assert.deepEqual(said(linux), [undefined, undefined, undefined]);
    const clients = [pi, { mac: otherMac, address: "192.168.7.21" }];
    const other = new Bench(situation({ ...plan, clients })).reply(dhcp("DISCOVER", rom, { mac: otherMac }));
    assert.equal(other.packet.file, "u-boot.bin");
    assert.deepEqual(said(other)[1], Uint8Array.of(6, 1, 8, 255));
  });

  it("is one by a rule as well, and loads the file that its entry or a rule names for what it boots", () => {
    const match = [
      { architecture: [11], boot: "ipxe.efi" },
      { mac: "52:54:00:*:*:*", profile: "raspberry-pi" },
    ] as const;
    const clients = [{ mac: boardMac, address: "192.168.7.20" }];
    const server = new Bench(situation({ boot: "u-boot.bin", clients, match }));
    assert.deepEqual(said(server.reply(dhcp("DISCOVER", rom)))[1], menu);
    const uefi = dhcp("DISCOVER", { ...rom, clientArchitecture: [11] });
    assert.equal(server.reply(uefi).packet.file, "ipxe.efi");
  });

  it("counts less than an option of the plan", () => {
    const options = [[43, Uint8Array.of(1, 0)]] as const;
    const server = new Bench(situation({ clients: [{ ...pi, options }] }));
    assert.deepEqual(said(server.reply(dhcp("DISCOVER", rom)))[1], Uint8Array.of(1, 0));
  });

  it("asks for files that it does without, and for others that it does not", () => {
    const without = [
      ...["recovery.elf", "recover4.elf", "recovery8.img", "pieeprom.sig", "pieeprom.upd", "vl805.sig"],
      ...["dt-blob.bin", "bootcfg.txt", "bootsig.bin", "autoboot.txt", "tryboot.txt", "armstub8-gic.bin"],
      ...["overlays/overlay_map.dtb", "overlays/rpi-poe.dtbo", "kernel8.img", "9ffefdef/recovery.elf"],
    ];
    for (const file of without) assert.ok(isOptional("raspberry-pi", file), file);
    for (const file of [
      ...["start4.elf", "9ffefdef/start4.elf", "bootcode.bin", "config.txt", "cmdline.txt", "kernel.img"],
      ...["bcm2711-rpi-4-b.dtb", "overlays/vc4-kms-v3d.dtbo", "fixup4.dat", "recovery.elf.bak"],
    ])
      assert.ok(!isOptional("raspberry-pi", file), file);
  });
});
