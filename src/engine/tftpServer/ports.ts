/** One fresh port (TID) for each transfer, that nobody can guess from the last one (RFC 1350 §4). */

import { randomInt } from "node:crypto";
import { systemCode } from "../errors";
import { isTooMany, raiseOpenFiles, Refusal } from "../servedRoot/refusal";
import { openUdp, type UdpOptions, type UdpSocket } from "../udp";

/** The dynamic ports (RFC 6335 §6). */
const firstDynamic = 49152;
const lastDynamic = 65535;
/** Ports this near to one before count as handed out in order. */
const neighbourhood = 4;
/** A late packet of an ended transfer must not meet a new one on its port: these are not used again soon. */
const remembered = 256;
const attempts = 8;

/** Out of descriptors or ports, or the address has just gone. */
export function noPort(error: unknown): Refusal {
  const cause = systemCode((error as Error).cause);
  const message = `no port for the transfer can be had${cause === undefined ? "" : ` (${cause})`}`;
  return new Refusal("busy", {
    code: "tftp.noPort",
    message,
    remedy: `Try again when other transfers have ended${isTooMany(cause) ? `, or ${raiseOpenFiles}` : ""}.`,
  });
}

/** Opens TIDs, and remembers which were used last. */
export class TransferPorts {
  private readonly used: number[] = [];

  /** @throws EngineError when no socket can be had. */
  async open(options: Omit<UdpOptions, "port">): Promise<UdpSocket> {
    // Linux hands out ports at random; where the system counts up, we choose.
    const first = await openUdp({ ...options, port: 0 });
    if (this.isFresh(first.local.port)) return this.remember(first);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const port = randomInt(firstDynamic, lastDynamic + 1);
      if (!this.isFresh(port)) continue;
      try {
        const socket = await openUdp({ ...options, port });
        await first.close();
        return this.remember(socket);
      } catch (error) {
        const cause = (error as Error).cause;
        if (systemCode(cause) !== "EADDRINUSE" && systemCode(cause) !== "EACCES") break;
      }
    }
    return this.remember(first);
  }

  private isFresh(port: number): boolean {
    const last = this.used.at(-1);
    return !this.used.includes(port) && (last === undefined || Math.abs(port - last) > neighbourhood);
  }

  private remember(socket: UdpSocket): UdpSocket {
    this.used.push(socket.local.port);
    if (this.used.length > remembered) this.used.shift();
    return socket;
  }
}
