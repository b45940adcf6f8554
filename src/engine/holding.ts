/** Binds, as root, the low ports that servers will ask for once this process is root no more (heldPorts.ts). */

import type { Socket } from "node:dgram";
import { createServer, isIPv6, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import type { Protocol } from "../model/events";
import type { Wanted } from "../model/settings";
import { isLoopback } from "../protocol/ipv4";
import type { EngineError } from "./errors";
import { heldPorts, type Held, type Place } from "./heldPorts";
import { listeningAddresses, type InterfaceTable } from "./interfaces";
import { bindError } from "./portHolder";
import { bindUdp } from "./udp";

/** Of these any user may have each (ip_unprivileged_port_start; elsewhere it is IPPORT_RESERVED). */
const firstHighPort = 1024;
const wildcard = "0.0.0.0";

/** Binds them without a pause in which a packet could be read. What cannot be bound is told by the server's own row. */
export async function holdLowPorts(
  wanted: Wanted,
  table: InterfaceTable = networkInterfaces(),
): Promise<void> {
  const { networks, ipv6 } = listeningAddresses(wanted.addresses, table);
  const ipv4 = networks.map(({ address }) => address);
  const isLow = (protocol: Protocol): boolean => {
    const port = wanted.ports[protocol];
    return wanted.servers.includes(protocol) && port > 0 && port < firstHighPort;
  };
  const at = (protocol: Protocol, addresses: readonly string[]): Place[] =>
    isLow(protocol) ? addresses.map((address) => ({ address, port: wanted.ports[protocol] })) : [];
  const shares = !ipv4.every(isLoopback);
  for (const place of at("bootp", shares ? [wildcard, ...ipv4] : ipv4))
    heldPorts.udp.hold(place, await outcome(bindBootp(place, shares)));
  for (const place of at("tftp", [...ipv4, ...ipv6]))
    heldPorts.udp.hold(place, await outcome(bindUdp(place).then((socket) => ({ socket }))));
  for (const place of at("ftp", [...ipv4, ...ipv6]))
    heldPorts.tcp.hold(place, await outcome(bindTcp(place).then((socket) => ({ socket }))));
}

const outcome = <Bound>(bound: Promise<Held<Bound>>): Promise<Held<Bound>> =>
  bound.catch((error: unknown) => ({ error: error as EngineError }));

/** As the BOOTP server does: a plain bind tells whether another program has the port; it can still be shared. */
async function bindBootp(place: Place, shares: boolean): Promise<Held<Socket>> {
  let notAlone: EngineError | undefined;
  if (!shares || place.address === wildcard) {
    try {
      const socket = await bindUdp(place);
      if (!shares) return { socket };
      socket.close();
    } catch (error) {
      notAlone = error as EngineError;
    }
  }
  const socket = await bindUdp({ ...place, reuseAddr: true });
  return { socket, ...(notAlone !== undefined && { notAlone }) };
}

/** A connection that comes before the FTP server is there finds nobody. */
function bindTcp(place: Place): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise<Server>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: place.address, port: place.port, ipv6Only: isIPv6(place.address) }, () => {
      server.off("error", reject);
      resolve(server);
    });
  }).catch((error: unknown) => {
    throw bindError("tcp", place, error);
  });
}
