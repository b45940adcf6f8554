/**
 * Requests as real boot firmware and DHCP clients put them on the wire (test/interop has the programs). Every byte is
 * theirs, but for the host's name and kernel, which are anybody's; the zeros between the fields are left out.
 */

import { encodeText } from "../../src/protocol/bytes";

interface Captured {
  readonly xid: string;
  readonly chaddr: string;
  /** `options` with the cookie, up to the last byte that is not 0. */
  readonly vendor: string;
  readonly length?: number;
  readonly file?: string;
  readonly hops?: number;
  readonly secs?: number;
  readonly flags?: number;
  readonly ciaddr?: string;
  readonly giaddr?: string;
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");

function request({
  length = 300,
  file = "",
  hops = 0,
  secs = 0,
  flags = 0,
  ciaddr = "00000000",
  giaddr = "00000000",
  ...rest
}: Captured): Uint8Array {
  const packet = Buffer.alloc(length);
  packet.set([1, 1, 6, hops]);
  packet.set(bytesOf(rest.xid), 4);
  packet.writeUInt16BE(secs, 8);
  packet.writeUInt16BE(flags, 10);
  packet.set(bytesOf(ciaddr), 12);
  packet.set(bytesOf(giaddr), 24);
  packet.set(bytesOf(rest.chaddr), 28);
  packet.set(encodeText(file), 108);
  packet.set(bytesOf(rest.vendor), 236);
  return packet;
}

const uBoot = { chaddr: "525400770020" };
const uBootOptions = "5d0200165e030100003c0c552d426f6f742e61726d763837050103060c11ff";
const linux = { chaddr: "525400770010" };
const dhclientOptions = "0c026231370d011c02030f06770c2c2f1a792aff";
const dhcpcdClass =
  "370701031c21333a3b390205c03c2c6468637063642d392e342e313a4c696e75782d362e312e303a7838365f36343a47656e75696e65496e74656c910101ff";
const ipxe = { chaddr: "525400770030", xid: "dc49fd1e" };
const ipxeOptions =
  "390205c05d0200005e030102013c20505845436c69656e743a417263683a30303030303a554e44493a3030323030314d04695058453717010306070c0f111a2b3c4243778081828384858687afcbaf30b105011af41000eb030100001701012201011301011101012701011901012901011001022101011501011801011201013d07015254007700306111" +
  "00".repeat(17);
const uefi = { chaddr: "525400770030", xid: "ba0b172f", flags: 0x8000 };
const uefiAsks = "37230102030405060c0d0f111216171c28292a2b3233363a3b3c42436180818283848586";
const uefiClass = "3c20505845436c69656e743a417263683a30303030373a554e44493a303033303030";
const uefiOptions = `${uefiAsks}876111${"00".repeat(17)}5e030103005d020007${uefiClass}ff`;
const perfdhcp = { chaddr: "000c01020304", xid: "00000000", hops: 1, giaddr: "0a4d0002" };

/** All of them were answered by 10.77.0.1: what they ask for, they were offered. */
export const captured = {
  uBootDiscover: request({ ...uBoot, xid: "0077027d", vendor: `6382536335010139020240${uBootOptions}` }),
  uBootRequest: request({
    ...uBoot,
    xid: "0077027d",
    vendor: `638253633501033902024036040a4d000132040a4d0014${uBootOptions}`,
  }),
  /** Its retry, a quarter of a second later: an xid of its own, and in `file` what it loaded the last time. */
  uBootAgain: request({
    ...uBoot,
    xid: "00770831",
    vendor: `6382536335010139020240${uBootOptions}`,
    file: "u-boot.bin",
  }),
  dhclientDiscover: request({ ...linux, xid: "18cdf355", vendor: `63825363350101${dhclientOptions}` }),
  dhclientRequest: request({
    ...linux,
    xid: "18cdf355",
    vendor: `6382536335010336040a4d000132040a4d000a${dhclientOptions}`,
  }),
  /** The client before, started again with its lease: no option 54 (RFC 2131 §4.3.2, INIT-REBOOT). */
  dhclientReboot: request({
    ...linux,
    xid: "89ab9100",
    vendor: `6382536335010332040a4d000a${dhclientOptions}`,
  }),
  /** 64 zeros where options could be. */
  dhcpcdBootp: request({ ...linux, xid: "81e70f69", vendor: "" }),
  dhcpcdDiscover: request({
    ...linux,
    xid: "0dde6ed6",
    length: 306,
    vendor: `63825363350101${dhcpcdClass}`,
  }),
  dhcpcdReboot: request({
    ...linux,
    xid: "3bd31a34",
    length: 312,
    vendor: `6382536332040a4d000a350103${dhcpcdClass}`,
  }),
  ipxeDiscover: request({
    ...ipxe,
    length: 400,
    secs: 4,
    vendor: `63825363350101${ipxeOptions}ff`,
  }),
  ipxeRequest: request({
    ...ipxe,
    length: 412,
    secs: 11,
    vendor: `63825363350103${ipxeOptions}36040a4d000132040a4d001eff`,
  }),
  uefiDiscover: request({
    ...uefi,
    length: 347,
    vendor: `63825363350101390205c0${uefiOptions}`,
  }),
  /** As a relay sends it, shorter than RFC 951 asks for, with the xid 0. */
  perfdhcpDiscover: request({
    ...perfdhcp,
    length: 262,
    vendor: "638253633501013707011c02030f060c3d0701000c01020304ff",
  }),
} as const;

/** A PC's UEFI firmware beside a proxy: 10.77.0.2 gives addresses, 10.77.0.1 told it no way to find its boot file. */
export const capturedBesideProxy = {
  /** To 10.77.0.2, by broadcast. */
  request: request({
    ...uefi,
    length: 359,
    vendor: `6382536335010336040a4d000232040a4d00d63902ff00${uefiOptions}`,
  }),
  /** To port 4011 of 10.77.0.1, from its own: the xid is another, and the order of its options too. */
  bootServerRequest: request({
    ...uefi,
    xid: "cf56c44b",
    flags: 0,
    ciaddr: "0a4d00d6",
    length: 347,
    vendor: `63825363350103${uefiAsks}87390205c0${uefiClass}5d0200075e030103006111${"00".repeat(17)}ff`,
  }),
} as const;

/** Read requests, whole. */
export const capturedReads = {
  uBoot: encodeText("\0\u0001u-boot.bin\0octet\0timeout\x005\0blksize\x001468\0"),
  uBootWindow: encodeText("\0\u0001u-boot.bin\0octet\0timeout\x005\0blksize\x001468\0windowsize\x0016\0"),
  uBootNoFile: encodeText("\0\u00010A4D0014.img\0octet\0timeout\x005\0blksize\x001468\0"),
  ipxe: encodeText("\0\u0001boot.ipxe\0octet\0blksize\x001432\0tsize\x000\0"),
} as const;
