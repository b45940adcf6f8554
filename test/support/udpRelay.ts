/**
 * A relay between real UDP sockets which loses, doubles, delays and reorders from a seed, as a router with address
 * translation would: who asks its port asks the server; each port from which the server answers (RFC 1350 §4: the TID)
 * is a port of the relay again.
 */

import { systemClock, type Clock } from "../../src/engine/clock";
import { openUdp, type Endpoint, type UdpSocket } from "../../src/engine/udp";
import { seededRandom } from "./random";
import { VirtualLink, type Faults, type LinkEnd } from "./virtualLink";

export interface RelayOptions {
  /** Where the server listens. */
  readonly to: Endpoint;
  readonly faults: Faults;
  /** The n-th sending of a block or ACK by one side meets the same fate in every run, whenever it comes. */
  readonly seed: number;
  /** Where the relay is; default: 127.0.0.1. */
  readonly localAddress?: string;
  readonly clock?: Clock;
}

export interface Relay {
  readonly local: Endpoint;
  /** Packets that each side has sent, those included that were lost. */
  readonly sent: { readonly byClient: number; readonly byServer: number };
  close(): Promise<void>;
}

/** Between one port of a client and one of the server. */
interface Path {
  readonly toServer: Way;
  readonly toClient: Way;
}

type Way = Pick<LinkEnd, "send"> & Readonly<Pick<LinkEnd, "sent">>;

/** The opcode and the number of block or ACK (RFC 1350 §5). */
const nameOf = (packet: Uint8Array): string => packet.subarray(0, 4).join(" ");

/** A seed for each text (FNV-1a). */
const numberOf = (text: string): number =>
  Buffer.from(text).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5) >>> 0;

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

/** Opens one; it forgets nobody until it is closed. */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { to, faults, seed, localAddress = "127.0.0.1", clock = systemClock } = options;
  const sockets: Promise<UdpSocket>[] = [];
  const paths = new Map<string, Path>();
  const clients = new Map<string, (packet: Uint8Array) => void>();

  const open = (onPacket: (packet: Uint8Array, from: Endpoint) => void): Promise<UdpSocket> => {
    const opening = openUdp({ address: localAddress, port: 0, onPacket });
    sockets.push(opening);
    return opening;
  };
  const sendings = new Map<string, number>();
  /** One direction. */
  const link = (side: keyof Path, arrive: (packet: Uint8Array) => void): Way => {
    let luck = (): number => 0;
    const { left, right } = new VirtualLink(clock, () => luck(), faults);
    right.onPacket = arrive;
    return {
      send(packet) {
        const which = `${side} ${nameOf(packet)}`;
        const times = (sendings.get(which) ?? 0) + 1;
        sendings.set(which, times);
        luck = seededRandom(numberOf(`${seed} ${which} ${times}`));
        left.send(packet);
      },
      get sent() {
        return left.sent;
      },
    };
  };
  const pathOf = (
    client: Endpoint,
    server: Endpoint,
    outer: Promise<UdpSocket>,
    inner: (path: () => Path) => Promise<UdpSocket>,
  ): Path => {
    const key = `${keyOf(client)} ${keyOf(server)}`;
    const known = paths.get(key);
    if (known !== undefined) return known;
    const socket = inner(() => path);
    const path = {
      toServer: link(
        "toServer",
        (packet) =>
          void outer.then((each) => {
            each.send(packet, server);
          }),
      ),
      toClient: link(
        "toClient",
        (packet) =>
          void socket.then((each) => {
            each.send(packet, client);
          }),
      ),
    };
    paths.set(key, path);
    return path;
  };
  const clientAt = (client: Endpoint): ((packet: Uint8Array) => void) => {
    const known = clients.get(keyOf(client));
    if (known !== undefined) return known;
    const outer = open((packet, server) => {
      pathOf(client, server, outer, (path) =>
        // Where the server answers from is a port of the relay for this client alone.
        open((answer, from) => {
          if (keyOf(from) === keyOf(client)) path().toServer.send(answer);
        }),
      ).toClient.send(packet);
    });
    const asking = pathOf(client, to, outer, () => listening);
    const hear = (packet: Uint8Array): void => {
      asking.toServer.send(packet);
    };
    clients.set(keyOf(client), hear);
    return hear;
  };
  const listening = open((packet, client) => {
    clientAt(client)(packet);
  });
  const { local } = await listening;
  const total = (end: keyof Path): number =>
    [...paths.values()].reduce((sum, path) => sum + path[end].sent, 0);
  return {
    local,
    get sent() {
      return { byClient: total("toServer"), byServer: total("toClient") };
    },
    close: async () => {
      for (const opening of sockets) await (await opening).close();
    },
  };
}
