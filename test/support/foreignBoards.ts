/** Boot loaders' own BOOTP and DHCP clients, which nobody here wrote: what each of them was told. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import type { Host } from "./namespace";

/** What a board knows once it was answered. Empty text: it was told nothing. */
export interface Told {
  readonly address: string;
  readonly netmask: string;
  /** `siaddr`. */
  readonly server: string;
  readonly file: string;
}

/**
 * klibc's ipconfig, the client of initramfs: it also gives the address to `eth0`.
 * @returns undefined when nothing answered within `seconds`.
 */
export async function ipconfig(
  host: Host,
  protocol: "bootp" | "dhcp",
  seconds = 5,
): Promise<Told | undefined> {
  const asked = await host.run("ipconfig", ["-c", protocol, "-t", `${seconds}`, "-d", "eth0"], {
    timeoutMs: (seconds + 10) * 1000,
  });
  if (!asked.stdout.includes("complete")) return undefined;
  const told = (name: string): string =>
    new RegExp(`${name} *: (\\S*)`).exec(asked.stdout)?.[1] ?? assert.fail(asked.stdout);
  return {
    address: told("address"),
    netmask: told("netmask"),
    server: told("rootserver"),
    file: told("filename"),
  };
}

/** What udhcpc hands to its script, and the address set as that script would. */
const udhcpcScript = `
[ "$1" = bound ] || exit 0
ip address replace "$ip/$mask" dev "$interface"
echo "bound $ip $subnet $siaddr $boot_file"
`;

/**
 * busybox's DHCP client.
 * @param script a path of the test's own for the script that it runs.
 * @returns undefined when nothing was offered to three DISCOVERs.
 */
export async function udhcpc(host: Host, script: string): Promise<Told | undefined> {
  await writeFile(script, `#!/bin/sh\nPATH=$PATH:/usr/sbin:/sbin\n${udhcpcScript}`, { mode: 0o755 });
  const asked = await host.run("udhcpc", ["-i", "eth0", "-n", "-q", "-t", "3", "-T", "1", "-s", script]);
  const bound = /^bound (\S+) (\S+) (\S*) ?(\S*)$/m.exec(asked.stdout);
  if (bound === null) return undefined;
  const [, address = "", netmask = "", server = "", file = ""] = bound;
  return { address, netmask, server, file };
}
