/** One fresh port (TID) for each transfer, that nobody can guess from the last one (RFC 1350 §4). */

import { randomInt } from "node:crypto";
import type { Clock } from "../clock";
import { systemCode } from "../errors";
import { isTooMany, raiseOpenFiles, Refusal } from "../servedRoot/refusal";
import { openUdp, type UdpOptions, type UdpSocket } from "../udp";

/** The dynamic ports (RFC 6335 §6). */
const firstDynamic = 49152;
const lastDynamic = 65535;
/** Ports this near to one before count as handed out in order. */
const neighbourhood = 4;
/** A late packet of an ended transfer must not meet a new one on its port: it is not used again before. */
const restMs = 60_000;
/** Where more transfers than that end meanwhile, the ports of the oldest are used again. */
const mostResting = (lastDynamic + 1 - firstDynamic) / 2;
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
  private last: number | undefined;
  /** Port -> when its transfer ended, the oldest first. */
  private readonly resting = new Map<number, number>();

  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly openSocket = openUdp,
  ) {}

  /** @throws EngineError when no socket can be had. */
  async open(options: Omit<UdpOptions, "port">): Promise<UdpSocket> {
    // Linux hands out ports at random; where the system counts up, we choose.
    const first = await this.openSocket({ ...options, port: 0 });
    if (this.isFresh(first.local.port)) return this.lend(first);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const port = randomInt(firstDynamic, lastDynamic + 1);
      if (!this.isFresh(port)) continue;
      try {
        const socket = await this.openSocket({ ...options, port });
        await first.close();
        return this.lend(socket);
      } catch (error) {
        const cause = (error as Error).cause;
        if (systemCode(cause) !== "EADDRINUSE" && systemCode(cause) !== "EACCES") break;
      }
    }
    return this.lend(first);
  }

  private isFresh(port: number): boolean {
    const endedAt = this.resting.get(port) ?? -Infinity;
    const isNear = this.last !== undefined && Math.abs(port - this.last) <= neighbourhood;
    return this.clock.now() - endedAt >= restMs && !isNear;
  }

  private lend(socket: UdpSocket): UdpSocket {
    const { port } = socket.local;
    this.last = port;
    return {
      ...socket,
      close: () => {
        this.rest(port);
        return socket.close();
      },
    };
  }

  private rest(port: number): void {
    const now = this.clock.now();
    this.resting.delete(port);
    this.resting.set(port, now);
    for (const [oldest, endedAt] of this.resting) {
      if (this.resting.size <= mostResting && now - endedAt < restMs) break;
      this.resting.delete(oldest);
    }
  }
}
