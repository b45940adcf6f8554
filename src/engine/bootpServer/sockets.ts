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
  /** Opens one socket; another one for tests of systems that are not at hand. */
  readonly openSocket?: typeof openUdp;
}

type Opening = BootpSocketsOptions & Required<Pick<BootpSocketsOptions, "openSocket">>;

export interface BootpSockets {
  readonly port: number;
  /** The addresses that packets can be sent from. */
  readonly addresses: readonly string[];
  readonly warnings: readonly Trouble[];
  /** True: there is the wildcard's socket only, and a broadcast needs the subnet's address (macOS without rights). */
  readonly wildcardOnly: boolean;
  /** Sends from the socket of this served address. */
  send(packet: Uint8Array, via: string, to: Endpoint): void;
  close(): Promise<void>;
}

/** @throws EngineError `port.inUse`, `port.permission`, `address.missing`; then nothing is left open. */
export async function openBootpSockets(options: BootpSocketsOptions): Promise<BootpSockets> {
  const addresses = options.addresses.filter((address) => isIPv4(address) && address !== wildcard);
  if (addresses.length === 0) {
    throw new EngineError({
      code: "address.noIpv4",
      message: "BOOTP needs an IPv4 address, and none is served",
      remedy: "Serve an IPv4 address as well, or leave BOOTP out with --servers tftp,ftp.",
    });
  }
  const opened: UdpSocket[] = [];
  try {
    return await (addresses.every(isLoopback) ? openLoopback : openNetworks)(
      { openSocket: openUdp, ...options, addresses },
      opened,
    );
  } catch (error) {
    await Promise.all(opened.map((socket) => socket.close()));
    throw error;
  }
}

/** One socket for each address, and none on the wildcard: nothing outside this computer can reach it. */
async function openLoopback(options: Opening, opened: UdpSocket[]): Promise<BootpSockets> {
  const warnings: Trouble[] = [];
  const senders = new Map<string, UdpSocket>();
  let { port } = options;
  for (const address of options.addresses) {
    const wanted = socketOptions(options, address, port);
    const socket = await options.openSocket(wanted).catch((error: unknown) => {
      warnings.push(sharedPort(error, options.platform));
      return options.openSocket({ ...wanted, reuseAddr: true });
    });
    opened.push(socket);
    senders.set(address, socket);
    port = socket.local.port;
  }
  return bootpSockets(port, senders, undefined, opened, warnings);
}

async function openNetworks(options: Opening, opened: UdpSocket[]): Promise<BootpSockets> {
  const { addresses, platform } = options;
  const warnings: Trouble[] = [];
  // `reuseAddr` would hide another server on the port, so the first bind is a plain one.
  let port = options.port;
  let receiver: UdpSocket | undefined;
  try {
    receiver = await options.openSocket(socketOptions(options, wildcard, port));
    port = receiver.local.port;
  } catch (error) {
    warnings.push(sharedPort(error, platform));
  }
  // On Windows `reuseAddr` takes the port away from the other program; there both binds work without it.
  const reuseAddr = platform !== "win32";
  if (reuseAddr) {
    await receiver?.close();
    receiver = await options.openSocket({ ...socketOptions(options, wildcard, port), reuseAddr });
  }
  if (receiver !== undefined) opened.push(receiver);
  const senders = new Map<string, UdpSocket>();
  for (const address of addresses) {
    try {
      const sender = await options.openSocket({ ...socketOptions(options, address, port), reuseAddr });
      opened.push(sender);
      senders.set(address, sender);
    } catch (error) {
      if (platform !== "darwin" || !(error instanceof EngineError) || error.code !== "port.permission")
        throw error;
      warnings.push({
        code: "bootp.wildcardOnly",
        message:
          "macOS lets a user bind this port on every interface only: other networks' requests are dropped, " +
          "and replies go to the subnet's broadcast address, which a few boot loaders do not hear",
        remedy: "Start it with sudo to answer those as well.",
      });
      break;
    }
  }
  return bootpSockets(port, senders, receiver, opened, warnings, addresses);
}

function socketOptions(options: BootpSocketsOptions, address: string, port: number): UdpOptions {
  const on = address === wildcard ? undefined : address;
  return {
    address,
    port,
    // Without it a send to a broadcast address is EACCES.
    broadcast: true,
    onPacket: (packet, from) => {
      options.onPacket(packet, from, on);
    },
    onError: options.onError,
  };
}

/** The warning about another holder of the port, where both can have it. @throws the error where they cannot. */
function sharedPort(error: unknown, platform: NodeJS.Platform): Trouble {
  if (!(error instanceof EngineError) || error.code !== "port.inUse" || platform !== "linux") throw error;
  return {
    code: "port.shared",
    message: `${error.message}; both receive what comes, and both may answer`,
    remedy: "A dnsmasq of libvirt on its own bridge is no conflict; else end that program.",
  };
}

function bootpSockets(
  port: number,
  senders: ReadonlyMap<string, UdpSocket>,
  receiver: UdpSocket | undefined,
  opened: readonly UdpSocket[],
  warnings: readonly Trouble[],
  addresses: readonly string[] = [...senders.keys()],
): BootpSockets {
  return {
    port,
    addresses,
    warnings,
    wildcardOnly: senders.size < addresses.length,
    send: (packet, via, to) => {
      (senders.get(via) ?? receiver)?.send(packet, to);
    },
    close: async () => {
      await Promise.all(opened.map((socket) => socket.close()));
    },
  };
}
