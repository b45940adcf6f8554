/** Servers that nobody here wrote, serving a folder on one address at the standard ports, in the foreground. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "./namespace";
import type { Running } from "./processes";
import type { ProgramName } from "./programs";

export interface ForeignServer {
  /** As it stands in a test's name. */
  readonly name: string;
  readonly program: ProgramName;
  /** Resolves when it listens. */
  readonly start: (host: Host, address: string, folder: string) => Promise<Running>;
}

const tftpPort = { transport: "udp", port: 69 } as const;

const inTftpd = (name: string, ...options: readonly string[]): ForeignServer => ({
  name,
  program: "in.tftpd",
  start: (host, address, folder) =>
    host.daemon(
      "in.tftpd",
      ["-L", "-v", "-u", "root", "-s", "--address", `${address}:69`, ...options, folder],
      tftpPort,
    ),
});

const atftpd = (name: string, ...options: readonly string[]): ForeignServer => ({
  name,
  program: "atftpd",
  start: (host, address, folder) =>
    host.daemon(
      "atftpd",
      ["--daemon", "--no-fork", "--user", "root", "--group", "root", "--logfile", "-"].concat(
        ["--bind-address", address],
        options,
        folder,
      ),
      tftpPort,
    ),
});

/**
 * What dnsmasq writes goes where the namespace has its own files. `--no-daemon` also keeps it from changing its
 * user and groups, which an unprivileged namespace does not allow (user_namespaces(7), setgroups).
 */
const dnsmasqArguments = [
  ...["--no-daemon", "--conf-file=/dev/null", "--log-facility=-", "--log-dhcp", "--pid-file="],
  ...["--port=0", "--dhcp-leasefile=/run/dnsmasq.leases"],
];

const dnsmasqTftp = (name: string, ...options: readonly string[]): ForeignServer => ({
  name,
  program: "dnsmasq",
  start: (host, address, folder) =>
    host.daemon(
      "dnsmasq",
      [
        ...dnsmasqArguments,
        `--listen-address=${address}`,
        "--enable-tftp",
        `--tftp-root=${folder}`,
        ...options,
      ],
      tftpPort,
    ),
});

/** TFTP servers as they come. */
export const tftpServers: readonly ForeignServer[] = [
  inTftpd("in.tftpd"),
  atftpd("atftpd"),
  dnsmasqTftp("dnsmasq"),
];

/** Those that let anybody write a new file. */
export const writableTftpServers: readonly ForeignServer[] = [
  inTftpd("in.tftpd, which may create files", "--create", "--permissive"),
  atftpd("atftpd"),
];

/** TFTP servers that send blocks of 512 whatever they are asked. */
export const plainTftpServers: readonly ForeignServer[] = [
  inTftpd("in.tftpd with blocks of 512", "--refuse", "blksize", "--refuse", "blksize2"),
  atftpd("atftpd without blksize", "--no-blksize"),
  dnsmasqTftp("dnsmasq --tftp-no-blocksize", "--tftp-no-blocksize"),
];

export interface DnsmasqOptions {
  /** The boot file of every answer; absent: it gives addresses and knows nothing of booting. */
  readonly file?: string;
  /** By MAC; without a pool only these are answered. `file`: another than everybody's. */
  readonly boards: Readonly<Record<string, { readonly address: string; readonly file?: string }>>;
  /** Addresses for everybody, as `10.77.0.200,10.77.0.220`. */
  readonly pool?: string;
  /** Served by TFTP as well. */
  readonly folder?: string;
  /** It shares its ports with others and hears this interface alone, as libvirt starts it; absent: it has them all. */
  readonly interfaceName?: string;
  /** More lines of its configuration, without `--`. */
  readonly lines?: readonly string[];
}

/** dnsmasq as BOOTP and DHCP server of 10.77.0.0/24, and as TFTP server where it has a folder. */
export function startDnsmasq(host: Host, options: DnsmasqOptions): Promise<Running> {
  const { file, boards, pool = "10.77.0.0,static", folder, interfaceName, lines = [] } = options;
  return host.daemon(
    "dnsmasq",
    [
      ...dnsmasqArguments,
      // The ping before the first OFFER would take three seconds.
      "--no-ping",
      `--dhcp-range=${pool}`,
      ...(file === undefined ? [] : [`--dhcp-boot=${file}`]),
      ...lines.map((line) => `--${line}`),
      ...Object.entries(boards).flatMap(([mac, board], index) => [
        `--dhcp-host=${mac},set:board${index},${board.address}`,
        ...(board.file === undefined ? [] : [`--dhcp-boot=tag:board${index},${board.file}`]),
      ]),
      ...(interfaceName === undefined ? [] : ["--bind-interfaces", `--interface=${interfaceName}`]),
      ...(folder === undefined ? [] : ["--enable-tftp", `--tftp-root=${folder}`]),
    ],
    { transport: "udp", port: 67 },
  );
}

/**
 * Lines by which dnsmasq is an IPv6 router at the host's `eth0` too, without addresses to give: iPXE waits a quarter of
 * a minute for one. None where this system has no IPv6.
 */
export async function ipv6Router(host: Host): Promise<readonly string[]> {
  const prefix = "fd00:77::";
  const address = ["-6", "address", "replace", `${prefix}2/64`, "dev", "eth0", "nodad"];
  const { code } = await host.run("ip", address);
  return code === 0 ? ["enable-ra", `dhcp-range=${prefix},ra-only`] : [];
}

/** vsftpd, anonymous and read only. `own` is a folder for its configuration. */
export async function startVsftpd(
  host: Host,
  address: string,
  folder: string,
  own: string,
): Promise<Running> {
  const empty = join(own, "empty");
  await mkdir(empty, { recursive: true });
  const settings = {
    listen: "YES",
    listen_address: address,
    background: "NO",
    anonymous_enable: "YES",
    no_anon_password: "YES",
    anon_root: folder,
    anon_world_readable_only: "NO",
    run_as_launching_user: "YES",
    secure_chroot_dir: empty,
    seccomp_sandbox: "NO",
    xferlog_enable: "NO",
  };
  const file = join(own, "vsftpd.conf");
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, text.join(""));
  return host.daemon("vsftpd", [file], { transport: "tcp", port: 21 });
}
