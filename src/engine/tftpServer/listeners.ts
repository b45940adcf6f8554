/** The listening ports of the TFTP server, one for each address, and the transfers that stay on them (`singlePort`). */

import { isIPv6 } from "node:net";
import type { UdpSocket } from "../udp";
import type { ServedTransfer } from "./transfer";

export class Listeners {
  /** Those that take requests, by address. */
  private readonly taking = new Map<string, UdpSocket>();
  /** By the two endpoints, which tell whose a packet is. */
  private readonly sharing = new Map<string, ServedTransfer>();

  constructor(private readonly open: (address: string) => Promise<UdpSocket>) {}

  /** Listens on these addresses, and no longer on others. @throws EngineError */
  async listenOn(addresses: readonly string[]): Promise<void> {
    await this.close((address) => !addresses.includes(address));
    // Port 0 becomes one port for all: the first address finds it, so IPv4 and IPv6 do not matter.
    for (const address of [...addresses].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)))) {
      if (this.taking.has(address)) continue;
      // It went, and came back while a transfer was still on its port.
      const kept = [...this.sharing.values()].find(({ listener }) => listener.local.address === address);
      this.taking.set(address, kept?.listener ?? (await this.open(address)));
    }
  }

  /** Requests are taken no longer; a port that transfers share is closed at the end of the last one. */
  async close(which: (address: string) => boolean = () => true): Promise<void> {
    const closing = [...this.taking].filter(([address]) => which(address));
    for (const [address] of closing) this.taking.delete(address);
    await Promise.all(closing.map(([, listener]) => this.closeUnused(listener)));
  }

  takesRequests(listener: UdpSocket): boolean {
    return this.taking.get(listener.local.address) === listener;
  }

  /** The transfer between these endpoints that stays on a listening port. */
  sharer(key: string): ServedTransfer | undefined {
    return this.sharing.get(key);
  }

  /** The transfer stays on its listening port. */
  share(key: string, transfer: ServedTransfer): void {
    this.sharing.set(key, transfer);
    void transfer.closed.then(() => {
      if (this.sharing.get(key) === transfer) this.sharing.delete(key);
      void this.closeUnused(transfer.listener);
    });
  }

  private async closeUnused(listener: UdpSocket): Promise<void> {
    const shared = [...this.sharing.values()].some((transfer) => transfer.listener === listener);
    if (!shared && !this.takesRequests(listener)) await listener.close();
  }
}
