/** Who is measured: our program, and the servers that one would take instead. Each has a loopback address of its own. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findProgram, isRoot } from "../test/support/programs";
import { run, startDaemon, type Daemon } from "./processes";

export type Kind = "tftp" | "upload" | "ftp" | "bootp" | "verify" | "folder" | "unseen";

export interface Peer {
  readonly name: string;
  /** What it can be measured at. */
  readonly kinds: readonly Kind[];
  /** The Debian package, with what has to be said of it; absent: it is here. */
  readonly package?: string;
  readonly needsRoot?: boolean;
  readonly program: string;
  /** @param own a folder for its configuration. */
  command(program: string, address: string, folder: string, own: string): readonly string[];
}

/** Our program's name in the report. */
export const ourName = "Boot Servers";

/** @param bundle the program, or one that was made of it. */
const ourProgram = (bundle: string): Pick<Peer, "program" | "command"> => ({
  program: process.execPath,
  command: (node, address, folder) => [
    ...[node, bundle, "serve", folder, "--json", "--address", address, "--uploads", "new"],
    ...(isRoot ? ["--as-root"] : []),
    // The row with 1,000 clients.
    ...["--limit", "tftpTransfers=4096"],
  ],
});

const ours: Peer = {
  name: ourName,
  kinds: ["tftp", "upload", "ftp", "bootp", "verify", "folder", "unseen"],
  ...ourProgram(resolve("dist/cli.js")),
};

/** Ours with neither tap nor boot log: what it costs that the packets are seen. */
const unseen = (bundle: string): Peer => ({
  name: "without tap and boot log",
  kinds: ["unseen"],
  ...ourProgram(bundle),
});

const buildMs = 300_000;

/** Builds it. @returns its bundle. */
export async function buildUnseen(own: string): Promise<string> {
  const config = ["--config", "bench/unseen/webpack.config.js", "--mode", "production"];
  await run(
    [process.execPath, resolve("node_modules/webpack/bin/webpack.js"), ...config, "-o", own],
    buildMs,
  );
  return join(own, "cli.js");
}

const inTftpd: Peer = {
  name: "in.tftpd",
  kinds: ["tftp", "upload"],
  package: "tftpd-hpa",
  needsRoot: true,
  program: "in.tftpd",
  command: (program, address, folder) =>
    [program, "-L", "-c", "-u", "root", "-s", "--address", `${address}:69`].concat(folder),
};

const atftpd: Peer = {
  name: "atftpd",
  kinds: ["tftp", "upload"],
  package: "atftpd (it conflicts with tftpd-hpa: .ci/run has both)",
  program: "atftpd",
  command: (program, address, folder) =>
    [program, "--daemon", "--no-fork", "--user", "root", "--group", "root", "--logfile", "-"].concat([
      "--maxthread",
      "2000",
      "--bind-address",
      address,
      folder,
    ]),
};

const dnsmasq: Peer = {
  name: "dnsmasq",
  kinds: ["tftp"],
  package: "dnsmasq-base",
  program: "dnsmasq",
  command: (program, address, folder) => [
    ...[program, "--no-daemon", "--conf-file=/dev/null", "--log-facility=-", "--pid-file=", "--port=0"],
    ...["--bind-interfaces", `--listen-address=${address}`, "--enable-tftp", `--tftp-root=${folder}`],
    ...["--tftp-max=2000"],
  ],
};

const python: Peer = {
  name: "Python threads",
  kinds: ["tftp"],
  package: "python3",
  program: "python3",
  command: (program, address, folder) => [program, resolve("bench/peer.py"), address, folder],
};

const vsftpd: Peer = {
  name: "vsftpd",
  kinds: ["ftp"],
  package: "vsftpd",
  program: "vsftpd",
  command: (program, address, folder, own) => {
    const empty = join(own, "empty");
    mkdirSync(empty, { recursive: true });
    const settings = [
      ...["listen=YES", `listen_address=${address}`, "background=NO", "anonymous_enable=YES"],
      ...["no_anon_password=YES", `anon_root=${folder}`, "anon_world_readable_only=NO"],
      ...[
        "run_as_launching_user=YES",
        `secure_chroot_dir=${empty}`,
        "seccomp_sandbox=NO",
        "xferlog_enable=NO",
      ],
    ];
    const file = join(own, "vsftpd.conf");
    writeFileSync(file, settings.join("\n") + "\n");
    return [program, file];
  },
};

const pureFtpd: Peer = {
  name: "pure-ftpd",
  kinds: ["ftp"],
  package: "pure-ftpd",
  needsRoot: true,
  program: "pure-ftpd",
  // It serves the home of the user "ftp", in which the folder is seen within our mount namespace alone.
  command: (program, address, folder) => [
    ...["sh", "-c", 'mount --bind "$1" ~ftp && shift && exec "$@"', "sh", folder],
    ...[program, "--bind", `${address},21`, "--anonymousonly", "--anonymouscantupload", "--dontresolve"],
  ],
};

const all: readonly Peer[] = [ours, inTftpd, atftpd, dnsmasq, python, vsftpd, pureFtpd];

/** A peer that runs. */
export interface RunningPeer extends Daemon {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly package?: string;
  readonly address: string;
}

export interface Started {
  readonly peers: readonly RunningPeer[];
  /** A sentence for each that is not here. */
  readonly missing: readonly string[];
}

/**
 * Starts all that are installed.
 * @param folder what they serve; @param own an empty folder for what else they need. @param bundle of `buildUnseen`.
 */
export function startPeers(folder: string, own: string, bundle?: string): Started {
  const missing: string[] = [];
  const peers: RunningPeer[] = [];
  if (!existsSync(resolve("dist/cli.js"))) throw new Error("dist/cli.js is not there: npm run build");
  [...all, ...(bundle === undefined ? [] : [unseen(bundle)])].forEach((peer, index) => {
    const program = peer.program.startsWith("/") ? peer.program : findProgram(peer.program);
    if (program === undefined) {
      missing.push(`missing: ${peer.name} (install: apt-get install ${peer.package ?? ""})`);
    } else if (peer.needsRoot === true && !isRoot) {
      missing.push(`missing: ${peer.name} (it runs as root only)`);
    } else {
      const address = `127.0.0.${index + 2}`;
      const daemon = startDaemon(peer.command(program, address, folder, own));
      const { name, kinds, package: origin } = peer;
      peers.push({ ...daemon, name, kinds, address, ...(origin === undefined ? {} : { package: origin }) });
    }
  });
  return { peers, missing };
}
