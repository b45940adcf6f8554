/** Asks once whether other DHCP servers are on networks of this computer. No address is taken, and nothing is kept. */

import { randomBytes, randomUUID } from "node:crypto";
import { errorMessage } from "../model/text";
import { getOption, messageTypes } from "../protocol/bootp/options";
import { BOOTREPLY, clientPort, decodePacket, serverPort, type BootpPacket } from "../protocol/bootp/packet";
import { encodeProbe, probePrefix } from "../protocol/bootp/probe";
import { tries, tryMs } from "../protocol/bootp/rivals";
import { MalformedPacket } from "../protocol/errors";
import { isLoopback, type Network } from "../protocol/ipv4";
import { delay, systemClock, type Clock, type Timer } from "./clock";
import { hardwareAddress, isOwnAddress } from "./interfaces";
import { openUdp, type Endpoint, type UdpSocket } from "./udp";

const wildcard = "0.0.0.0";
const everyServer: Endpoint = { address: "255.255.255.255", port: serverPort };
/** Where one has answered, others have this time more. */
const othersMs = 500;

/** How long a search may take. */
export const searchMs = tries * tryMs;

/** A DHCP server that made an OFFER. */
export interface Rival {
  /** The network that was asked, by this computer's address on it. */
  readonly on: string;
  /** What it calls itself (option 54). */
  readonly server: string;
  /** Where its packet came from, which a relay agent may have passed on. */
  readonly from: string;
  readonly offered: string;
  /** Option 1, where it said so. */
  readonly netmask?: string;
}

/** `blind`: nothing could be asked, and why. */
export type RivalSearch =
  | { readonly kind: "looked"; readonly rivals: readonly Rival[] }
  | { readonly kind: "blind"; readonly why: string };

export interface SearchOptions {
  readonly clock?: Clock;
  readonly openSocket?: typeof openUdp;
  readonly platform?: NodeJS.Platform;
}

/** True for such a question of this computer, which comes back to its own port 67: it is no board's. */
export const isOwnProbe = (packet: Uint8Array, from: Endpoint): boolean =>
  Buffer.from(packet.buffer, packet.byteOffset, packet.length).includes(probePrefix) &&
  isOwnAddress(from.address);

/** Asks on all of the networks at once, loopback left out. It takes up to `searchMs`, less where all have answered. */
export async function searchRivals(
  networks: readonly Network[],
  options: SearchOptions = {},
): Promise<RivalSearch> {
  const { clock = systemClock } = options;
  const asked = networks
    .filter(({ address }) => !isLoopback(address))
    .map(({ address }) => ({ address, xid: randomBytes(4).readUInt32BE(), id: randomUUID() }));
  if (asked.length === 0) return { kind: "looked", rivals: [] };
  const rivals = new Map<string, Rival>();
  const enough = new AbortController();
  let ending: Timer | undefined;
  const onPacket = (bytes: Uint8Array, from: Endpoint): void => {
    const packet = decoded(bytes);
    const question = asked.find(({ xid }) => xid === packet?.xid);
    const rival = packet && question && rivalOf(packet, question.address, from);
    if (rival === undefined) return;
    rivals.set(`${rival.on} ${rival.server} ${rival.from}`, rival);
    const all = asked.every(({ address }) => [...rivals.values()].some(({ on }) => on === address));
    if (all)
      ending ??= clock.at(clock.now() + othersMs, () => {
        enough.abort();
      });
  };
  const opened: UdpSocket[] = [];
  try {
    const addresses = asked.map(({ address }) => address);
    const { asRelay, senders } = await openWay(addresses, onPacket, opened, options);
    for (let turn = 0; turn < tries && !enough.signal.aborted; turn += 1) {
      for (const { address, xid, id } of asked) {
        const relay = asRelay ? address : undefined;
        const packet = encodeProbe({ id, xid, chaddr: hardwareAddress(address), relay });
        senders.get(address)?.send(packet, everyServer);
      }
      await delay(clock, tryMs, enough.signal).catch(() => undefined);
    }
  } catch (error) {
    return { kind: "blind", why: errorMessage(error) };
  } finally {
    ending?.cancel();
    await Promise.all(opened.map((socket) => socket.close()));
  }
  return { kind: "looked", rivals: [...rivals.values()] };
}

interface Way {
  readonly asRelay: boolean;
  readonly senders: ReadonlyMap<string, UdpSocket>;
}

/** As a client from port 68; where that cannot be had, as a relay agent from port 67. @throws EngineError; both cannot. */
async function openWay(
  addresses: readonly string[],
  onPacket: (packet: Uint8Array, from: Endpoint) => void,
  opened: UdpSocket[],
  { openSocket = openUdp, platform = process.platform }: SearchOptions,
): Promise<Way> {
  const open = async (address: string, port: number, reuseAddr: boolean): Promise<UdpSocket> => {
    const socket = await openSocket({ address, port, reuseAddr, broadcast: true, onPacket });
    opened.push(socket);
    return socket;
  };
  const each = async (port: number, reuseAddr: boolean): Promise<ReadonlyMap<string, UdpSocket>> => {
    const senders = new Map<string, UdpSocket>();
    for (const address of addresses) senders.set(address, await open(address, port, reuseAddr));
    return senders;
  };
  // Beside the system's own DHCP client; on Windows that would take the port away from it.
  const reuseAddr = platform !== "win32";
  try {
    await open(wildcard, clientPort, reuseAddr);
    return { asRelay: false, senders: await each(clientPort, reuseAddr) };
  } catch (first) {
    try {
      return { asRelay: true, senders: await each(serverPort, false) };
    } catch (second) {
      throw new Error(`${errorMessage(first)}; ${errorMessage(second)}`, { cause: second });
    }
  }
}

function decoded(bytes: Uint8Array): BootpPacket | undefined {
  try {
    return decodePacket(bytes);
  } catch (error) {
    if (error instanceof MalformedPacket) return undefined;
    throw error;
  }
}

function rivalOf(packet: BootpPacket, on: string, from: Endpoint): Rival | undefined {
  const { op, options, yiaddr } = packet;
  if (op !== BOOTREPLY || options === undefined) return undefined;
  if (getOption(options, "messageType") !== messageTypes.OFFER) return undefined;
  const netmask = getOption(options, "subnetMask");
  const server = getOption(options, "serverIdentifier") ?? from.address;
  return { on, server, from: from.address, offered: yiaddr, ...(netmask !== undefined && { netmask }) };
}
