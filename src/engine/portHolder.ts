/** Why a port cannot be had: no right to it, or who holds it, as far as this system lets it be read. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isLoopback } from "../protocol/ipv4";
import { errorMessage } from "../model/text";
import type { Protocol, Trouble } from "../model/events";
import { choosePort, highPorts, standardPorts } from "../model/settings";
import { EngineError, systemCode } from "./errors";
import { heldPorts } from "./heldPorts";
import { permissionAdvice, type Transport } from "./portRights";

/** The state of a listening TCP socket in /proc/net/tcp; UDP sockets are all candidates. */
const tcpListening = "0A";

/** The inode of each socket that is bound to the port (`/proc/net`, Linux; empty elsewhere). */
function socketInodes(transport: Transport, port: number): Set<string> {
  const inodes = new Set<string>();
  for (const table of [transport, `${transport}6`]) {
    let text: string;
    try {
      text = readFileSync(`/proc/net/${table}`, "utf8");
    } catch {
      continue; // Not Linux, or without IPv6.
    }
    for (const line of text.split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (parseInt(local.split(":")[1] ?? "", 16) !== port || inode === undefined) continue;
      if (transport === "udp" || state === tcpListening) inodes.add(inode);
    }
  }
  return inodes;
}

/** What our own program is called where it holds a port. */
export const ourName = "boot-servers";

/** What a person knows a process by: of our own program the system says that it is node. */
export function programName(known: string, pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const names = words.map((word) => basename(word));
    return names.includes("serve") && names.some((name) => ourNames.test(name)) ? ourName : known;
  } catch {
    return known;
  }
}

/** The file that is run, as it is built, installed and kept for a pipeline (docs/ci.md). */
const ourNames = /^(cli\.js|boot-servers(\.js)?)$/;

/** The program that holds the port, `dnsmasq (pid 812)`; undefined where that cannot be read. */
export function portHolder(transport: Transport, port: number): string | undefined {
  const inodes = socketInodes(transport, port);
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode === undefined || !inodes.has(inode)) continue;
        const known = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return `${programName(known, pid)} (pid ${pid})`;
      }
    } catch {
      // Another user's process, or one that has just ended: its descriptors cannot be read.
    }
  }
  return undefined;
}

/** It could be bound before, and by who is started again it can be. */
const rootGone = (where: string): Trouble => ({
  code: "port.rootGone",
  message: `${where} wants a right that this process has given up`,
  remedy: "It ends with its last transfer, to be started again.",
});

/** The server that this port is one of; undefined: somebody chose it, for BOOTP or for TFTP. */
function serverAt(transport: Transport, port: number): Protocol | undefined {
  if (transport === "tcp") return "ftp";
  return (["bootp", "tftp"] as const).find((name) => [standardPorts[name], highPorts[name]].includes(port));
}

/** The other way out of a port that is taken, as the end of a sentence: nobody tells a board another one for BOOTP. */
export function orAnotherPort(server: Protocol | undefined): string {
  if (server === "bootp") return ".";
  return `, or ${server === undefined ? "choose another port." : choosePort(server)}`;
}

/** The error of a bind, in words. */
export function bindError(
  transport: Transport,
  wanted: { readonly address: string; readonly port: number },
  error: unknown,
): EngineError {
  const where = `${transport.toUpperCase()} port ${wanted.port} of ${wanted.address}`;
  const cause = { cause: error };
  switch (systemCode(error)) {
    case "EADDRINUSE": {
      const holder = portHolder(transport, wanted.port);
      const other = orAnotherPort(serverAt(transport, wanted.port));
      return new EngineError(
        {
          code: "port.inUse",
          message: `${where} is in use${holder === undefined ? "" : ` by ${holder}`}`,
          remedy:
            holder === undefined
              ? `Find its holder with "sudo ss -lnp 'sport = :${wanted.port}'" and end it${other}`
              : `End that program${other}`,
        },
        cause,
      );
    }
    case "EACCES":
    case "EPERM":
      if (heldPorts.rootIsGone) return new EngineError(rootGone(where), cause);
      return new EngineError(
        {
          code: "port.permission",
          message: `no permission to listen on ${where}`,
          ...permissionAdvice(transport, wanted.port),
        },
        cause,
      );
    case "EADDRNOTAVAIL":
      return new EngineError(
        {
          code: "address.missing",
          message: `${wanted.address} is not an address of this computer`,
          remedy: isLoopback(wanted.address)
            ? "Use 127.0.0.1."
            : "Give an interface that address, or choose one that is there.",
        },
        cause,
      );
    default:
      return new EngineError(
        {
          code: "port.failed",
          message: `cannot listen on ${where}: ${errorMessage(error)}`,
          remedy: "Try another port or address.",
        },
        cause,
      );
  }
}
