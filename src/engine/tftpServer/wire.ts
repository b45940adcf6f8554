/** The way between a transfer and its peer: its port, and what stands between: a quirk of the board, a fault profile. */

import type { Disturber } from "../../model/faults/disturber";
import { Late } from "../late";
import type { ServerContext } from "../server";
import type { Endpoint, UdpSocket } from "../udp";
import { noPort } from "./ports";
import type { ThreadExchange } from "./threadExchange";
import { Twice } from "./twice";

/** What the way needs of the server. */
export interface WireHome {
  readonly context: Pick<ServerContext, "clock" | "tap">;
  /** Opens the TID on the address that was asked. */
  openPort(address: string, onPacket: (bytes: Uint8Array, from: Endpoint) => void): Promise<UdpSocket>;
  /** A packet came to the TID from somebody else than the peer. */
  foreign(socket: Pick<UdpSocket, "send">, bytes: Uint8Array, from: Endpoint): void;
}

export interface WireOptions {
  readonly peer: Endpoint;
  readonly localAddress: string;
  /** Speaks for the transfer until it has a port of its own, or all the time. */
  readonly listener: Pick<UdpSocket, "send">;
  /** The quirk `singlePort`: the peer's packets come to the listening port. */
  readonly shares: boolean;
  /** The quirk `duplicatePackets`. */
  readonly twice: boolean;
  /** Set where a fault profile is about the peer. */
  readonly disturber: Disturber | undefined;
}

type Send = (packet: Uint8Array) => void;

export class Wire {
  private port: Pick<UdpSocket, "send" | "close"> | undefined;
  /** Has nothing to do with the transfer, for faults that come from elsewhere. */
  private foreignPort: UdpSocket | undefined;
  private isOpen = false;
  private readonly twice: Twice | undefined;
  private readonly late: Late;

  /** @param onPacket takes what the peer sends. */
  constructor(
    private readonly home: WireHome,
    private readonly options: WireOptions,
    private readonly onPacket: (bytes: Uint8Array) => void,
  ) {
    const { clock } = home.context;
    if (options.twice) this.twice = new Twice(clock, this.send);
    this.late = new Late(clock);
  }

  /** @throws Refusal when no port can be had. */
  async open(): Promise<void> {
    const { shares, disturber } = this.options;
    if (!shares)
      this.port = await this.openPort((bytes, from) => {
        this.receive(bytes, from);
      });
    // What comes there is not looked at: whether the peer goes on is what matters.
    if (disturber?.wantsForeignPort === true) this.foreignPort = await this.openPort(() => undefined);
    this.isOpen = true;
  }

  /** The transfer goes on at a port elsewhere, by which this sends if there is one; its own is closed. */
  moveTo(elsewhere: Pick<ThreadExchange, "send" | "portless">): void {
    const closing = this.port?.close() ?? Promise.resolve();
    this.port = {
      send: (packet, to, note) => {
        const { listener } = this.options;
        (elsewhere.portless ? listener : elsewhere).send(packet, to, note);
      },
      close: () => closing,
    };
  }

  readonly send: Send = (packet) => {
    const { disturber } = this.options;
    if (disturber === undefined) {
      this.sendNow(packet);
      return;
    }
    const all = disturber.disturb("out", packet, this.now());
    if (all.length === 0) this.remark(disturber);
    for (const { packet: carried, at, note, foreign } of all) {
      // Acknowledged, its memory is another one's (`Sender`).
      const kept = at === undefined ? carried : carried.slice();
      this.late.add(at, () => {
        if (foreign) this.foreignPort?.send(kept, this.options.peer, note);
        else this.sendNow(kept, note);
      });
    }
  };

  /** True when nothing stands between the transfer and a port of its own. */
  get isPlain(): boolean {
    const { shares, twice, disturber } = this.options;
    return !shares && !twice && disturber === undefined;
  }

  get sendData(): Send {
    return this.twice?.send ?? this.send;
  }

  /** A packet came to its port. */
  receive(bytes: Uint8Array, from: Endpoint): void {
    if (!this.isOpen) return;
    const { peer, listener, disturber } = this.options;
    // The TID is the pair of ports, and the peer's address belongs to it (RFC 1350 §4).
    if (from.port !== peer.port || from.address !== peer.address) {
      this.home.foreign(this.port ?? listener, bytes, from);
      return;
    }
    if (disturber === undefined) {
      this.onPacket(bytes);
      return;
    }
    const all = disturber.disturb("in", bytes, this.now());
    this.remark(disturber);
    for (const { packet, at } of all)
      this.late.add(at, () => {
        this.onPacket(packet);
      });
  }

  /** Tells who looks at the packets what was done to one that is lost, or was seen before it was done. */
  private remark({ note }: Disturber): void {
    if (note !== undefined) this.home.context.tap?.remark(this.options.peer.address, note);
  }

  /** The outcome is known: no more copies of what was sent. */
  concluded(): void {
    this.twice?.close();
  }

  /** What waits still is lost. */
  async close(): Promise<void> {
    this.isOpen = false;
    this.late.close();
    await this.foreignPort?.close();
    await this.port?.close();
  }

  private readonly sendNow = (packet: Uint8Array, note?: string): void => {
    (this.port ?? this.options.listener).send(packet, this.options.peer, note);
  };

  private now(): number {
    return this.home.context.clock.now();
  }

  private async openPort(onPacket: (bytes: Uint8Array, from: Endpoint) => void): Promise<UdpSocket> {
    try {
      return await this.home.openPort(this.options.localAddress, onPacket);
    } catch (error) {
      throw noPort(error);
    }
  }
}
