/**
 * The sockets of the BOOTP server (facts/boards.md): one receiver on the wildcard, since a broadcast reaches no
 * other, and one socket for each served address, since only that one sends a broadcast out of the right interface.
 */

import { isIPv4 } from "node:net";
import { isLoopback } from "../../protocol/ipv4";
import type { Trouble } from "../../model/events";
import { EngineError } from "../errors";
import { openUdp, type Endpoint, type UdpOptions, type UdpSocket } from "../udp";

const wildcard = "0.0.0.0";

export interface BootpSocketsOptions {
  /** The served addresses; other families are left out: BOOTP is IPv4. */
  readonly addresses: readonly string[];
  /** 0: any free port, one for all. */
  readonly port: number;
  /** `process.platform`; what a port may be shared with differs. */
  readonly platform: NodeJS.Platform;
  /** `on`: the served address whose socket received it; undefined: the wildcard's. It must not throw. */
  readonly onPacket: (packet: Uint8Array, from: Endpoint, on: string | undefined) => void;
  readonly onError: (error: Error) => void;
  readonly tap?: UdpOptions["tap"];
  /** Opens one socket; another one for tests of systems that are not at hand. */
  readonly openSocket?: typeof openUdp;
}

export interface BootpSockets {
  readonly port: number;
  /** The addresses that packets can be sent from. */
  readonly addresses: readonly string[];
  readonly warnings: readonly Trouble[];
  /** True: there is the wildcard's socket only, and a broadcast needs the subnet's address (macOS without rights). */
  readonly wildcardOnly: boolean;
  /** Serves these addresses instead; the sockets that both need stay open. @throws EngineError as opening does. */
  listenOn(addresses: readonly string[]): Promise<void>;
  /** Sends from the socket of this served address. */
  send(packet: Uint8Array, via: string, to: Endpoint): void;
  close(): Promise<void>;
}

/** @throws EngineError `port.inUse`, `port.permission`, `address.missing`; then nothing is left open. */
export async function openBootpSockets(options: BootpSocketsOptions): Promise<BootpSockets> {
  const sockets = new Sockets(options);
  try {
    await sockets.listenOn(options.addresses);
    return sockets;
  } catch (error) {
    await sockets.close();
    throw error;
  }
}

class Sockets implements BootpSockets {
  port: number;
  addresses: readonly string[] = [];
  /** On the wildcard; undefined where loopback alone is served: nothing outside this computer can reach that. */
  private receiver: UdpSocket | undefined;
  /** By the address that they are bound to. */
  private readonly senders = new Map<string, UdpSocket>();
  /** Likewise. */
  private readonly troubles = new Map<string, Trouble>();
  private readonly open: typeof openUdp;

  constructor(private readonly options: BootpSocketsOptions) {
    this.port = options.port;
    this.open = options.openSocket ?? openUdp;
  }

  get warnings(): readonly Trouble[] {
    return [...this.troubles.values()];
  }

  get wildcardOnly(): boolean {
    return this.troubles.get(wildcard)?.code === wildcardOnly.code;
  }

  async listenOn(all: readonly string[]): Promise<void> {
    const addresses = all.filter((address) => isIPv4(address) && address !== wildcard);
    if (addresses.length === 0) {
      throw new EngineError({
        code: "address.noIpv4",
        message: "BOOTP needs an IPv4 address, and none is served",
        remedy:
          "Serve an IPv4 address as well, or leave BOOTP out: --servers tftp,ftp, setting bootServers.servers.",
      });
    }
    const alone = addresses.every(isLoopback);
    // A socket that is not shared keeps the wildcard's from the port.
    if (alone !== (this.receiver === undefined)) await this.close();
    await this.closeSenders((address) => !addresses.includes(address));
    this.addresses = addresses;
    if (alone) await this.openAlone();
    else await this.openShared();
  }

  send(packet: Uint8Array, via: string, to: Endpoint): void {
    (this.senders.get(via) ?? this.receiver)?.send(packet, to);
  }

  async close(): Promise<void> {
    const { receiver } = this;
    this.receiver = undefined;
    this.troubles.delete(wildcard);
    await Promise.all([receiver?.close(), this.closeSenders(() => true)]);
  }

  private async closeSenders(which: (address: string) => boolean): Promise<void> {
    const closing = [...this.senders].filter(([address]) => which(address));
    for (const [address] of closing) {
      this.senders.delete(address);
      this.troubles.delete(address);
    }
    await Promise.all(closing.map(([, socket]) => socket.close()));
  }

  /** One socket for each loopback address, and none on the wildcard. */
  private async openAlone(): Promise<void> {
    for (const address of this.missing()) {
      const socket = await this.open(this.at(address)).catch((error: unknown) => {
        this.troubles.set(address, sharedPort(error, this.options.platform));
        return this.open({ ...this.at(address), reuseAddr: true });
      });
      this.senders.set(address, socket);
      this.port = socket.local.port;
    }
  }

  private async openShared(): Promise<void> {
    const { platform } = this.options;
    // On Windows `reuseAddr` takes the port away from the other program; there both binds work without it.
    const reuseAddr = platform !== "win32";
    this.receiver ??= await this.openReceiver(reuseAddr);
    for (const address of this.missing()) {
      try {
        this.senders.set(address, await this.open({ ...this.at(address), reuseAddr }));
      } catch (error) {
        if (platform !== "darwin" || !(error instanceof EngineError) || error.code !== "port.permission")
          throw error;
        this.troubles.set(wildcard, wildcardOnly);
        break;
      }
    }
  }

  private async openReceiver(reuseAddr: boolean): Promise<UdpSocket> {
    // `reuseAddr` would hide another server on the port, so the first bind is a plain one.
    let plain: UdpSocket | undefined;
    try {
      plain = await this.open(this.at(wildcard));
      this.port = plain.local.port;
    } catch (error) {
      this.troubles.set(wildcard, sharedPort(error, this.options.platform));
    }
    if (!reuseAddr && plain !== undefined) return plain;
    await plain?.close();
    return this.open({ ...this.at(wildcard), reuseAddr });
  }

  private missing(): readonly string[] {
    return this.addresses.filter((address) => !this.senders.has(address));
  }

  private at(address: string): UdpOptions {
    const on = address === wildcard ? undefined : address;
    return {
      address,
      port: this.port,
      // Without it a send to a broadcast address is EACCES.
      broadcast: true,
      onPacket: (packet, from) => {
        this.options.onPacket(packet, from, on);
      },
      onError: this.options.onError,
      ...(this.options.tap && { tap: this.options.tap }),
    };
  }
}

const wildcardOnly: Trouble = {
  code: "bootp.wildcardOnly",
  message:
    "macOS lets a user bind this port on every interface only: other networks' requests are dropped, " +
    "and replies go to the subnet's broadcast address, which a few boot loaders do not hear",
  remedy: "Start it with sudo to answer those as well.",
};

/** The warning about another holder of the port, where both can have it. @throws the error where they cannot. */
function sharedPort(error: unknown, platform: NodeJS.Platform): Trouble {
  if (!(error instanceof EngineError) || error.code !== "port.inUse" || platform !== "linux") throw error;
  return {
    code: "port.shared",
    message: `${error.message}; both receive what comes, and both may answer`,
    remedy: "A dnsmasq of libvirt on its own bridge is no conflict; else end that program.",
  };
}
