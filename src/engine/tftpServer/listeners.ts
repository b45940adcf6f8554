/** The listening ports of the TFTP server, one for each address, and the transfers that stay on them (`singlePort`). */

import { isIPv6 } from "node:net";
import { isRequest } from "../../protocol/tftp/packet";
import { openUdp, type Endpoint, type UdpOptions, type UdpSocket } from "../udp";
import type { ServedTransfer } from "./transfer";

/** Takes what comes to a listening port and belongs to no transfer there. */
export type Hear = (listener: Listener, bytes: Uint8Array, from: Endpoint) => void;

/** Requests come in bursts when a rack of boards is switched on. */
const receiveBufferSize = 1 << 20;

const endpointKey = ({ address, port }: Endpoint): string => `${address} ${port}`;

/** Ports whose server has stopped while a transfer stayed on them: the next server on them takes them over. */
const leftBehind = new Map<string, Listener>();

export class Listener {
  private readonly sharing = new Map<string, ServedTransfer>();
  private socket: UdpSocket | undefined;

  private constructor(private hear: Hear | undefined) {}

  /** @throws EngineError */
  static async open(
    { address, port }: Endpoint,
    hear: Hear,
    { onError, tap }: Pick<UdpOptions, "onError" | "tap">,
  ): Promise<Listener> {
    const left = leftBehind.get(endpointKey({ address, port }));
    if (left !== undefined) {
      leftBehind.delete(endpointKey(left.local));
      left.hear = hear;
      return left;
    }
    const listener = new Listener(hear);
    listener.socket = await openUdp({
      address,
      port,
      receiveBufferSize,
      onPacket: listener.receive,
      ...(onError && { onError }),
      ...(tap && { tap }),
    });
    return listener;
  }

  get local(): Endpoint {
    return this.socket?.local ?? { address: "", port: 0 };
  }

  send(packet: Uint8Array, to: Endpoint, note?: string): void {
    this.socket?.send(packet, to, note);
  }

  /** The transfer stays here: what its peer sends is its own. */
  share(transfer: ServedTransfer): void {
    const key = endpointKey(transfer.peer);
    this.sharing.set(key, transfer);
    void transfer.closed.then(() => {
      if (this.sharing.get(key) === transfer) this.sharing.delete(key);
      void this.closeUnused();
    });
  }

  /** Nobody takes requests any more; the port is closed at the end of the last transfer on it. */
  async close(): Promise<void> {
    this.hear = undefined;
    if (this.sharing.size > 0) leftBehind.set(endpointKey(this.local), this);
    await this.closeUnused();
  }

  private readonly receive = (bytes: Uint8Array, from: Endpoint): void => {
    const transfer = isRequest(bytes) ? undefined : this.sharing.get(endpointKey(from));
    if (transfer === undefined) this.hear?.(this, bytes, from);
    else transfer.receive(bytes, from);
  };

  private async closeUnused(): Promise<void> {
    if (this.hear !== undefined || this.sharing.size > 0) return;
    leftBehind.delete(endpointKey(this.local));
    await this.socket?.close();
  }
}

export class Listeners {
  private readonly byAddress = new Map<string, Listener>();

  constructor(private readonly open: (address: string) => Promise<Listener>) {}

  /** Listens on these addresses, and on others no longer. @throws EngineError */
  async listenOn(addresses: readonly string[]): Promise<void> {
    await this.close((address) => !addresses.includes(address));
    // Port 0 becomes one port for all: the first address finds it, so IPv4 and IPv6 do not matter.
    for (const address of [...addresses].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)))) {
      if (!this.byAddress.has(address)) this.byAddress.set(address, await this.open(address));
    }
  }

  async close(which: (address: string) => boolean = () => true): Promise<void> {
    const closing = [...this.byAddress].filter(([address]) => which(address));
    for (const [address] of closing) this.byAddress.delete(address);
    await Promise.all(closing.map(([, listener]) => listener.close()));
  }
}
