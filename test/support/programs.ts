/**
 * The programs that nobody here wrote, and what installs them. A missing one is never a green test: it is named
 * at the end of the run with the command that installs it, and where `CI` is "true" it is a failure (DESIGN §7).
 */

import assert from "node:assert/strict";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Program {
  /** The Debian package. */
  readonly package: string;
  /** What has to be said beside "apt-get install". */
  readonly note?: string;
  /** It gives up rights that an unprivileged namespace does not have (only uid 0 is mapped there). */
  readonly needsRoot?: boolean;
  /** No command but a file at this place. */
  readonly file?: string;
}

const programs = {
  "in.tftpd": { package: "tftpd-hpa", needsRoot: true },
  tftp: { package: "tftp-hpa" },
  atftpd: { package: "atftpd", note: "; it conflicts with tftpd-hpa: .ci/run has both" },
  atftp: { package: "atftp" },
  dnsmasq: { package: "dnsmasq-base" },
  busybox: { package: "busybox" },
  udhcpc: { package: "udhcpc" },
  ipconfig: { package: "klibc-utils" },
  dhclient: { package: "isc-dhcp-client" },
  dhcpcd: { package: "dhcpcd-base" },
  perfdhcp: { package: "kea-admin" },
  vsftpd: { package: "vsftpd" },
  lftp: { package: "lftp" },
  tshark: { package: "tshark" },
  dumpcap: { package: "wireshark-common" },
  curl: { package: "curl" },
  xmllint: { package: "libxml2-utils" },
  python3: { package: "python3" },
  ip: { package: "iproute2" },
  ss: { package: "iproute2" },
  unshare: { package: "util-linux" },
  nsenter: { package: "util-linux" },
  sysctl: { package: "procps" },
  pgrep: { package: "procps" },
  setpriv: { package: "util-linux" },
  "qemu-system-aarch64": { package: "--no-install-recommends qemu-system-arm" },
  "qemu-system-x86_64": { package: "--no-install-recommends qemu-system-x86" },
  "pxe-virtio.rom": { package: "ipxe-qemu", file: "/usr/lib/ipxe/qemu/pxe-virtio.rom" },
  "OVMF.fd": { package: "ovmf", file: "/usr/share/ovmf/OVMF.fd" },
  "u-boot.bin": { package: "u-boot-qemu", file: "/usr/lib/u-boot/qemu_arm64/u-boot.bin" },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/**
 * Where packages put programs, daemons and boot loaders' tools among them; an ordinary PATH does not name them all,
 * and may name a wrapper before them that another user cannot run.
 */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/klibc/bin"];

/** True where a network namespace can give any right that a program wants. */
export const isRoot = process.getuid?.() === 0;

/** The absolute path of a program; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...systemFolders, ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Whether a program, or a file that a package brings, is installed. */
function isThere(name: ProgramName): boolean {
  const { file }: Program = programs[name];
  return file === undefined ? findProgram(name) !== undefined : existsSync(file);
}

/** Where a file stands that a package brings. */
export function placeOf(name: ProgramName): string {
  const { file }: Program = programs[name];
  assert.ok(file !== undefined, `${name} is a command`);
  return file;
}

const missing = new Set<string>();

process.on("exit", () => {
  if (missing.size > 0) process.stderr.write(`\n${[...missing].join("\n")}\n\n`);
});

/** What keeps a program from being used here, as a sentence for the end of the run; undefined: nothing. */
function lack(name: ProgramName): string | undefined {
  const program: Program = programs[name];
  if (!isThere(name)) {
    return `missing: ${name} (install: apt-get install ${program.package}${program.note ?? ""})`;
  }
  return program.needsRoot === true && !isRoot ? `missing: ${name} (it runs as root only)` : undefined;
}

/** Skips the test or suite with the reason in its title; where `CI` is "true" it fails instead. */
export function skipOrFail(context: Mocha.Context, reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  for (const reason of reasons) missing.add(reason);
  assert.notEqual(process.env["CI"], "true", reasons.join("; "));
  const runnable = context.test;
  if (runnable !== undefined) runnable.title += ` [${reasons.join("; ")}]`;
  context.skip();
}

/** To be called first in a test or a `before`: what it needs has to be there. */
export function need(context: Mocha.Context, ...names: readonly ProgramName[]): void {
  skipOrFail(
    context,
    names.map(lack).filter((reason) => reason !== undefined),
  );
}
