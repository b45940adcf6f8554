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

/** What is remembered of ports. A server and its threads share one: the system may give any of them another's last port. */
export interface PortMemory {
  /** By port, when its transfer ended: Unix ms, as threads have no other clock in common. */
  readonly endedAt: Float64Array;
  /** By port, how many transfers had ended by then. */
  readonly ending: Int32Array;
  /** How many have ended, and the port that was opened last. */
  readonly latest: Int32Array;
}

export const portMemory = (): PortMemory => ({
  endedAt: new Float64Array(new SharedArrayBuffer(8 * (lastDynamic + 1))),
  ending: new Int32Array(new SharedArrayBuffer(4 * (lastDynamic + 1))),
  latest: new Int32Array(new SharedArrayBuffer(8)),
});

/** Opens TIDs, and remembers which were used last. */
export class TransferPorts {
  constructor(
    private readonly clock: Pick<Clock, "wallTime">,
    readonly memory: PortMemory,
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
    const { endedAt, ending, latest } = this.memory;
    const [ended = 0, last = 0] = latest;
    // A wall clock that was set back must not make them rest for as long.
    const rested = Math.abs(this.clock.wallTime() - (endedAt[port] ?? 0)) >= restMs;
    const isOldest = ended - (ending[port] ?? 0) > mostResting;
    return (rested || isOldest) && Math.abs(port - last) > neighbourhood;
  }

  private lend(socket: UdpSocket): UdpSocket {
    const { port } = socket.local;
    const { endedAt, ending, latest } = this.memory;
    latest[1] = port;
    return {
      local: socket.local,
      send: socket.send,
      close: () => {
        endedAt[port] = this.clock.wallTime();
        ending[port] = Atomics.add(latest, 0, 1);
        return socket.close();
      },
    };
  }
}
