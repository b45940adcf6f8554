/**
 * Under `proxy`: port 4011 of the served addresses, where PXE clients that have an address may ask for their boot file
 * once more (PXE 2.1 §2.2.3). It is above 1023 and needs no rights; where another program has it, port 67 goes on.
 */

import type { LogRow, ServerRow, Trouble } from "../../model/events";
import { errorMessage } from "../../model/text";
import { bootServerPort } from "../../protocol/bootp/packet";
import { openUdp, type Endpoint, type UdpOptions, type UdpSocket } from "../udp";

const heldCode = "proxy.port";

/** What it means that another program has the port. @param held `in use by dnsmasq (pid 812)`. */
export const proxyPortHeld = (held: string): Trouble => ({
  code: heldCode,
  message: `${held}: PXE clients that ask there for their boot file get it from elsewhere or not at all; most take it from the first answer`,
  remedy: "End that program, or leave PXE clients to it.",
});

/** True where a running server's row says that another program has it. */
export const lacksProxyPort = ({ warnings }: Pick<ServerRow, "warnings">): boolean =>
  warnings.some(({ code }) => code === heldCode);

export interface ProxyPortOptions {
  /** 0: any free one. */
  readonly port?: number;
  readonly onPacket: (packet: Uint8Array, from: Endpoint, on: string) => void;
  readonly onError: (error: Error) => void;
  readonly tap?: UdpOptions["tap"];
  /** It listens on other addresses than before, or cannot. */
  readonly onChange: () => void;
  /** A line for the log. */
  readonly log: (level: LogRow["level"], message: string) => void;
  /** Another one for tests. */
  readonly openSocket?: typeof openUdp;
}

export class ProxyPort {
  private readonly sockets = new Map<string, UdpSocket>();
  private held: readonly Trouble[] = [];
  private closed = false;
  /** Changes are made one after the other. */
  private lastChange: Promise<void> = Promise.resolve();

  constructor(private readonly options: ProxyPortOptions) {}

  /** Listens on these addresses and no others. One that could not be had before is tried again. Never throws. */
  follow(addresses: readonly string[]): Promise<void> {
    this.lastChange = this.lastChange.then(() => this.change(this.closed ? [] : addresses));
    return this.lastChange;
  }

  /** Where it listens: `192.168.7.1:4011`. */
  get listens(): readonly string[] {
    return [...this.sockets.values()].map(({ local }) => `${local.address}:${local.port}`);
  }

  get warnings(): readonly Trouble[] {
    return this.held;
  }

  /** Sends from the port of this served address. */
  send(packet: Uint8Array, via: string, to: Endpoint): void {
    this.sockets.get(via)?.send(packet, to);
  }

  close(): Promise<void> {
    this.closed = true;
    return this.follow([]);
  }

  private async change(addresses: readonly string[]): Promise<void> {
    const before = this.shown();
    for (const [address, socket] of this.sockets) {
      if (addresses.includes(address)) continue;
      this.sockets.delete(address);
      await socket.close();
    }
    const held: Trouble[] = [];
    for (const address of addresses) {
      const trouble = this.sockets.has(address) ? undefined : await this.open(address);
      if (trouble !== undefined) held.push(trouble);
    }
    this.held = held;
    if (!this.closed && this.shown() !== before) this.tell();
  }

  private tell(): void {
    const { log, onChange } = this.options;
    if (this.listens.length > 0) {
      const where = this.listens.join(", ");
      log(
        "info",
        `PXE clients are told their boot file, and nobody an address; ${where} is open for those that ask there`,
      );
    }
    for (const { message } of this.warnings) log("warning", message);
    onChange();
  }

  /** Why it cannot be had. */
  private async open(address: string): Promise<Trouble | undefined> {
    const { openSocket = openUdp, port = bootServerPort, onPacket, onError, tap } = this.options;
    try {
      const socket = await openSocket({
        address,
        port,
        onPacket: (packet, from) => {
          onPacket(packet, from, address);
        },
        onError,
        ...(tap && { tap }),
      });
      this.sockets.set(address, socket);
      return undefined;
    } catch (error) {
      return proxyPortHeld(errorMessage(error));
    }
  }

  private shown(): string {
    return JSON.stringify([this.listens, this.warnings]);
  }
}
