#!/usr/bin/env node
/**
 * Makes the files of samples/firmware-drop/images: the same bytes at every run.
 * The plan and the README of the sample are written by hand. `npm run sample`, or: node makeSample.mjs FOLDER
 */

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const standard = join(dirname(fileURLToPath(import.meta.url)), "../samples/firmware-drop/images");

const text = (string) => Buffer.from(string, "latin1");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Bytes that depend on the seed alone (mulberry32), as incompressible as real code is not, and never periodic. */
function noise(length, seed) {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    bytes[index] = (mixed ^ (mixed >>> 14)) & 0xff;
  }
  return bytes;
}

/** Parts laid over noise: a plausible image of `size` bytes. */
function image(size, seed, parts) {
  const bytes = noise(size, seed);
  for (const [offset, part] of parts) part.copy(bytes, offset);
  return bytes;
}

/** `b #target; nop` and three 64-bit words: how U-Boot's start.S for arm64 begins. */
function uBoot(size, seed, banner) {
  const head = Buffer.alloc(40);
  head.writeUInt32LE(0x14000000 | (40 / 4), 0); // b reset
  head.writeUInt32LE(0xd503201f, 4); // nop
  head.writeBigUInt64LE(0x4020_0000n, 8); // _TEXT_BASE
  head.writeBigUInt64LE(BigInt(size), 16); // _end_ofs
  head.writeBigUInt64LE(BigInt(size), 24); // _bss_start_ofs
  head.writeBigUInt64LE(BigInt(size + 0x8000), 32); // _bss_end_ofs
  const environment = ["bootcmd=bootp; tftpboot ${loadaddr} Image", "bootdelay=2", "baudrate=115200", "", ""];
  return image(size, seed, [
    [0, head],
    [0x2000, text(`${banner}\0`)],
    [0x3000, text(environment.join("\0"))],
  ]);
}

/** The 64 bytes of Linux' Documentation/arch/arm64/booting.rst, and the banner. */
function kernel(size, seed) {
  const head = Buffer.alloc(64);
  head.writeUInt32LE(0xfa405a4d, 0); // ccmp x18, #0, #0xd, pl: "MZ" for UEFI
  head.writeUInt32LE(0x14000000 | (64 / 4), 4); // b primary_entry
  head.writeBigUInt64LE(0n, 8); // text_offset
  head.writeBigUInt64LE(BigInt(size), 16); // image_size
  head.writeBigUInt64LE(0xan, 24); // flags: little endian, 4 KiB pages, anywhere in memory
  text("ARM\x64").copy(head, 56);
  const banner = "Linux version 6.6.30 (build@ci) (aarch64-linux-gnu-gcc 13.2.0) #1 SMP PREEMPT\n\0";
  return image(size, seed, [
    [0, head],
    [0x8000, text(banner)],
  ]);
}

/** A flattened device tree, version 17 (Devicetree Specification §5). A node: `[name, properties, children]`. */
function deviceTree(root) {
  const names = [];
  const nameOffset = (name) => {
    if (!names.includes(name)) names.push(name);
    return names.slice(0, names.indexOf(name)).reduce((sum, each) => sum + each.length + 1, 0);
  };
  const cell = (...values) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
    return bytes;
  };
  const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const valueOf = (value) =>
    typeof value === "string" ? text(`${value}\0`) : Array.isArray(value) ? cell(...value) : value;
  const node = ([name, properties, children = []]) => [
    cell(1),
    padded(text(`${name}\0`)),
    ...Object.entries(properties).flatMap(([key, value]) => {
      const bytes = valueOf(value);
      return [cell(3, bytes.length, nameOffset(key)), padded(bytes)];
    }),
    ...children.flatMap(node),
    cell(2),
  ];
  const structure = Buffer.concat([...node(root), cell(9)]);
  const strings = text(names.map((name) => `${name}\0`).join(""));
  const [reserve, header] = [Buffer.alloc(16), 40];
  const structureAt = header + reserve.length;
  const total = structureAt + structure.length + strings.length;
  const head = cell(
    ...[0xd00dfeed, total, structureAt, structureAt + structure.length, header, 17, 16, 0],
    ...[strings.length, structure.length],
  );
  return Buffer.concat([head, reserve, structure, strings]);
}

const board = deviceTree([
  "",
  {
    "#address-cells": [2],
    "#size-cells": [2],
    model: "Bench Switch 4",
    compatible: "example,bench-switch-4",
  },
  [
    ["chosen", { bootargs: "console=ttyS0,115200 ip=bootp", "stdout-path": "/soc/serial@12100" }],
    ["memory@0", { device_type: "memory", reg: [0, 0, 0, 0x40000000] }],
    [
      "soc",
      { "#address-cells": [1], "#size-cells": [1], compatible: "simple-bus", ranges: Buffer.alloc(0) },
      [
        ["serial@12100", { compatible: "snps,dw-apb-uart", reg: [0x12100, 0x100], "reg-shift": [2] }],
        ...Array.from({ length: 4 }, (_, port) => [
          `ethernet@${(0x70000 + port * 0x4000).toString(16)}`,
          {
            compatible: "example,bench-switch-4-port",
            reg: [0x70000 + port * 0x4000, 0x4000],
            "local-mac-address": Buffer.from([0x52, 0x54, 0x00, 0x12, 0x34, 0x56 + port]),
            "phy-mode": "sgmii",
          },
        ]),
      ],
    ],
  ],
]);

const files = {
  "u-boot.bin": uBoot(196_711, 1, "U-Boot 2024.04 (bench-switch-4)"),
  "bench1.bin": uBoot(48_003, 2, "U-Boot 2024.04-bench (bench-1: memory test)"),
  Image: kernel(655_873, 3),
  "board.dtb": board,
  // The switch's own firmware: a header of 32 bytes, then its code.
  "etsw.b3": image(310_554, 4, [[0, text("ETSW\0\x03\0\0bench-switch-4 b3 3.1.7\0")]]),
  // An exact multiple of 512 bytes: its TFTP transfer ends with an empty DATA (RFC 1350 §6).
  "fpga/line-card.bit": image(131_072, 5, [[0, text("\xff\xff\xff\xff\xaa\x99\x55\x66")]]),
  "config/switch.cfg": text(
    ["hostname bench-switch-4", "interface range 1-4", " no shutdown", "!", "snmp location lab", ""].join(
      "\n",
    ),
  ),
  // An empty file: its presence is its meaning.
  "config/first-boot.flag": Buffer.alloc(0),
};

const line = (label, name, ...extras) => [`${label}: ${name}`, ...extras].join(" : ");
const hash = (name) => `sha256=${sha256(files[name])}`;
const size = (name) => `size=${files[name].length}`;

files["copy-files4.rc"] = text(
  [
    "# What the switch copies to its flash, over FTP, once it has loaded this file over TFTP.",
    "# label: filename [: sha256=<hex>] [: size=<bytes>]",
    "",
    line("firmware", "etsw.b3", hash("etsw.b3"), size("etsw.b3")),
    line("line card", "fpga/line-card.bit", hash("fpga/line-card.bit")),
    line("configuration", "config/switch.cfg"),
    line("first boot", "config/first-boot.flag", size("config/first-boot.flag")),
    line("kernel", "Image"),
    line("device tree", "board.dtb"),
    "",
  ].join("\n"),
);

// As `sha256sum u-boot.bin … > SHA256SUMS` writes it.
files["SHA256SUMS"] = text(
  ["u-boot.bin", "bench1.bin", "copy-files4.rc", "Image", "board.dtb"]
    .map((name) => `${sha256(files[name])}  ${name}\n`)
    .join(""),
);

const target = process.argv[2] ?? standard;
// Only our own folder is emptied first: what an earlier version made must not stay.
if (target === standard) rmSync(target, { recursive: true, force: true });
for (const [name, bytes] of Object.entries(files)) {
  const path = join(target, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
const total = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
process.stdout.write(`${Object.keys(files).length} files, ${total} bytes in ${target}\n`);
