/** Boot loaders' own BOOTP and DHCP clients, which nobody here wrote: what each of them was told. */

import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import type { Host } from "./namespace";
import { findProgram } from "./programs";

/** What a board knows once it was answered. Empty text: it was told nothing. */
export interface Told {
  readonly address: string;
  readonly netmask: string;
  /** `siaddr`; undefined: this client does not tell it. */
  readonly server: string | undefined;
  readonly file: string;
}

/**
 * klibc's ipconfig, the client of initramfs: it also gives the address to `eth0`.
 * @returns undefined when nothing answered within `seconds`.
 */
export async function ipconfig(
  host: Host,
  protocol: "bootp" | "dhcp",
  seconds = 20,
): Promise<Told | undefined> {
  const asked = await host.run("ipconfig", ["-c", protocol, "-t", `${seconds}`, "-d", "eth0"], {
    timeoutMs: (seconds + 30) * 1000,
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

/** Writes a client's script to a path of the test's own. */
const writeScript = (path: string, text: string): Promise<void> =>
  writeFile(path, `#!/bin/sh\nPATH=$PATH:/usr/sbin:/sbin\n${text}`, { mode: 0o755 });

/** What a client's script printed. */
function bound(stdout: string): Told | undefined {
  const line = /^bound (\S+) (\S+) (\S*) ?(\S*)$/m.exec(stdout);
  if (line === null) return undefined;
  const [, address = "", netmask = "", server = "", file = ""] = line;
  return { address, netmask, server: server === "-" ? undefined : server, file };
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
 * @param tries DISCOVERs, a second each.
 * @returns undefined when nothing was offered to them.
 */
export async function udhcpc(
  host: Host,
  script: string,
  tries = 20,
  ...more: string[]
): Promise<Told | undefined> {
  await writeScript(script, udhcpcScript);
  const quick = ["-i", "eth0", "-n", "-q", "-t", `${tries}`, "-T", "1"];
  const asked = await host.run("udhcpc", [...quick, "-s", script, ...more]);
  return bound(asked.stdout);
}

/** What dhclient hands to its script, and the address set as that script would. */
const dhclientScript = `
[ "$reason" = BOUND ] || exit 0
ip address replace "$new_ip_address/24" dev "$interface"
echo "bound $new_ip_address $new_subnet_mask $new_next_server $new_filename"
`;

/** ISC's DHCP client. @param script a path of the test's own for the script that it runs. */
export async function dhclient(host: Host, script: string): Promise<Told | undefined> {
  await writeScript(script, dhclientScript);
  // Some systems (AppArmor) confine the program at its own path to its own script and leases.
  const program = `${script}.program`;
  await copyFile(findProgram("dhclient")!, program);
  const files = ["-lf", `${script}.leases`, "-pf", `${script}.pid`];
  const asked = await host.run(program, ["-1", "-sf", script, ...files, "eth0"]);
  await host.run(program, ["-x", "-sf", "/bin/true", ...files, "eth0"]); // It went on in the background.
  return bound(asked.stdout);
}

const dhcpcdScript = `
case $reason in BOUND | REBOOT) echo "bound $new_ip_address $new_subnet_mask - $new_filename" ;; esac
`;

/** Where dhcpcd keeps its leases, this network's own: to be called before its first boot on a host. */
export const forgetDhcpcdLeases = (host: Host): Promise<unknown> =>
  host.succeed("mount", ["-t", "tmpfs", "tmpfs", "/var/lib/dhcpcd"]);

/**
 * dhcpcd, which sets the address itself; with a lease of an earlier boot it asks for that one.
 * @param script a path of the test's own for the script that it runs.
 */
export async function dhcpcd(host: Host, script: string, ...more: string[]): Promise<Told | undefined> {
  await writeScript(script, dhcpcdScript);
  const quick = ["--oneshot", "--nobackground", "--nodelay", "--noarp", "--ipv4only", "--timeout", "30"];
  const asked = await host.run("dhcpcd", [...quick, "-f", "/dev/null", "-c", script, ...more, "eth0"]);
  return bound(asked.stdout + asked.stderr);
}
