/** A client's socket for one TFTP transfer: it asks, holds to the port that answers first, and turns others away. */

import { isIPv6 } from "node:net";
import type { Step } from "../../protocol/machine";
import { encodeError, errorCode, packetOf, type Packet } from "../../protocol/tftp/packet";
import { type Patience, Retransmission } from "../../protocol/tftp/patience";
import { unmapped } from "../access";
import type { Clock } from "../clock";
import { Driver } from "../driver";
import { OncePerSecond } from "../oncePerSecond";
import { type Endpoint, openUdp, routeTo, type UdpSocket } from "../udp";
import type { TftpTarget } from "./boardIo";

/** A packet that came from the server's host. */
export interface Answer {
  readonly packet: Packet;
  readonly bytes: Uint8Array;
}

/** An upload's or a download's window may come faster than it is stored. */
const receiveBufferSize = 1 << 20;

export class Conversation {
  private socket: UdpSocket | undefined;
  /** The server's TID: its address, and the port of its first answer (RFC 1350 §4). */
  private peer: Endpoint | undefined;
  /** What answers the request. */
  private answers: (packet: Packet) => boolean = () => false;
  /** What came instead. */
  private stray: Answer | undefined;
  private receiver: (bytes: Uint8Array) => void = () => undefined;
  private readonly errorTo: OncePerSecond;

  constructor(
    private readonly clock: Clock,
    private readonly target: TftpTarget,
  ) {
    this.errorTo = new OncePerSecond(clock);
  }

  /** @throws EngineError when the local address cannot be bound. */
  async open(): Promise<void> {
    const { tap, host, localAddress } = this.target;
    // A socket on the wildcard does not know the address that it sends from.
    const own = tap && (localAddress ?? (await routeTo(host)).local);
    this.socket = await openUdp({
      address: localAddress ?? (isIPv6(host) ? "::" : "0.0.0.0"),
      port: 0,
      receiveBufferSize,
      onPacket: (bytes, from) => {
        this.receive(bytes, from);
      },
      ...(tap && own !== undefined && { tap: ({ port }) => tap.udp("tftp", { address: own, port }) }),
    });
  }

  /** What the peer sends from now on goes there. */
  listen(receiver: (bytes: Uint8Array) => void): void {
    this.receiver = receiver;
  }

  /** To the peer; before it has answered, to the server's own port. */
  readonly send = (packet: Uint8Array): void => {
    this.socket?.send(packet, this.peer ?? { address: this.target.host, port: this.target.port });
  };

  /**
   * Sends the request until something answers it. A packet that is none may be the last one of a transfer to who had
   * this port before: it is waited on, and told only where nothing else comes. Undefined: silence.
   * @throws the signal's reason
   */
  ask(
    request: Uint8Array,
    answers: (packet: Packet) => boolean,
    patience: Patience,
    signal?: AbortSignal,
  ): Promise<Answer | undefined> {
    this.answers = answers;
    return new Promise((resolve, reject) => {
      const timing = new Retransmission(patience, this.clock.now());
      const asking = (now: number, again: boolean): Step<"silence"> => {
        timing.sent(now, again);
        return { send: [request], wakeAt: timing.wakeAt };
      };
      const end = (): void => {
        driver.close();
        signal?.removeEventListener("abort", abort);
        this.listen(() => undefined);
      };
      const driver = new Driver<"silence">(
        this.clock,
        this.send,
        (now) => {
          const due = timing.due(now);
          if (due === "again") return asking(now, true);
          return { send: [], wakeAt: timing.wakeAt, ...(due === "giveUp" ? { done: "silence" } : {}) };
        },
        () => {
          end();
          resolve(this.stray);
        },
      );
      const abort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      this.listen((bytes) => {
        const packet = packetOf(bytes);
        if (packet === undefined) return;
        end();
        resolve({ packet, bytes });
      });
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener("abort", abort, { once: true });
      driver.apply(asking(this.clock.now(), false));
    });
  }

  /** Tells the peer why it ends; nobody answers that (RFC 1350 §7). */
  refuse(code: number, message: string): void {
    this.send(encodeError(code, message));
  }

  async close(): Promise<void> {
    this.listen(() => undefined);
    await this.socket?.close();
  }

  private receive(bytes: Uint8Array, from: Endpoint): void {
    const isHost = unmapped(from.address) === unmapped(this.target.host);
    if (this.peer === undefined && isHost) {
      const packet = packetOf(bytes);
      if (packet !== undefined && this.answers(packet)) this.peer = from;
      else if (packet !== undefined) this.stray = { packet, bytes };
    }
    if (isHost && from.port === this.peer?.port) {
      this.receiver(bytes);
      return;
    }
    // A stranger, or a second server's answer to the request: ERROR 5, and the transfer goes on (RFC 1350 §4).
    const packet = packetOf(bytes);
    if (packet === undefined || packet.op === "ERROR" || !this.errorTo.allows(from.address)) return;
    this.socket?.send(encodeError(errorCode.unknownTid, "unknown transfer ID"), from);
  }
}
