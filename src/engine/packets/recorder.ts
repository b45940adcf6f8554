/**
 * Records what the sockets tell: into a ring for each client, and into the capture that runs.
 *
 * While nobody looks at a client, only what says something by itself is kept of it (`TftpWatch`); once its packets were
 * asked for, all of them. While nobody looks, that costs a running transfer 0.02 s of CPU time a GB at most, most of it
 * since system calls leave little in the caches; docs/packets.md has what it costs by itself.
 */

import type { Socket } from "node:net";
import { sumOf } from "../../protocol/capture/frames";
import type { SeenPacket } from "../../protocol/capture/seen";
import { CaptureWriter } from "../../protocol/capture/writer";
import type { ClientRow } from "../../model/events";
import { decodeHint, packetComment } from "../../model/packetWords";
import { concat, toHex } from "../../protocol/bytes";
import { inNetwork } from "../../protocol/ipv4";
import type { Clock } from "../clock";
import { isRequest } from "../../protocol/tftp/packet";
import type { Situation } from "../server";
import type { Endpoint } from "../udp";
import { tapConnection } from "./connection";
import { Remarks } from "./remarks";
import { Rings } from "./rings";
import type { SocketTap, Tap, TappedConnection } from "./tap";
import { TftpTap } from "./tftpTap";

/** Bytes of a DATA packet, or of an FTP data connection's chunk, that a ring keeps. */
const snapLength = 64;

/** Who has no address yet asks everyone (RFC 951 §4). */
const everyone = "255.255.255.255";
/** Users that need no password (RFC 1635 §2). */
const anyonesNames = ["anonymous", "ftp"];

/** What a packet is worth. */
interface Worth {
  /** It says something by itself, and is kept while nobody looks. */
  readonly says: boolean;
  /** Bytes of a file: a ring keeps the first of them. */
  readonly content?: boolean;
}

/** What a socket tells of a packet. */
interface Told extends Omit<SeenPacket, "at" | "length" | "sum" | "note"> {
  readonly note: string | undefined;
}

/**
 * One literal for all: with what is rare spread into it there were several classes of it, and a transfer took 17 µs
 * instead of 10.
 * @param bytes what is kept of its own.
 */
function seenOf(told: Told, at: number, bytes: Uint8Array, sum?: number): SeenPacket {
  const { protocol, kind, local, remote, sent, note } = told;
  const { length } = told.bytes;
  return { at, sent, protocol, kind, local, remote, bytes, length, sum, note };
}

/** The ring of what is kept only because somebody looks. */
const flowOf = (key: string): string => `${key} flow`;

/** By which the packets of a client come: its MAC, and its address. */
const keysOf = (
  clientId: string,
  { mac = clientId, address = clientId }: Partial<ClientRow> = {},
): string[] => [...new Set([clientId, mac, address])];

const ringsOf = (keys: readonly string[]): string[] => keys.flatMap((key) => [key, flowOf(key)]);

/** What takes each packet as it comes, in its own time: the file of a capture. */
export interface CaptureSink {
  /** @param packet its bytes are the sender's own: they are copied before this returns. */
  packet(packet: SeenPacket): void;
}

/** What is served: the networks, and the FTP user, whose name may be shown. */
type Served = Pick<Situation, "networks" | "wanted">;

export class Recorder implements Tap {
  private readonly rings = new Rings();
  private readonly remarks = new Remarks();
  /** Clients whose packets were asked for, by address or MAC. */
  private readonly lookedAt = new Set<string>();
  /** What the monotonic clock says less than the wall's. */
  private readonly ahead: number;

  /** @param sink the capture that runs. @param served undefined: nothing is, as in a board. */
  constructor(
    private readonly clock: Clock,
    private readonly sink?: CaptureSink,
    private readonly served: () => Served | undefined = () => undefined,
  ) {
    this.ahead = clock.wallTime() - clock.now();
  }

  udp(protocol: "bootp" | "tftp", local: Endpoint): SocketTap {
    return protocol === "tftp" ? new TftpTap(this, local) : this.bootp(local);
  }

  tcp(socket: Socket, connection: TappedConnection): void {
    tapConnection(this, socket, connection, () => {
      const user = this.served()?.wanted.ftpUser;
      return user === undefined ? anyonesNames : [user, ...anyonesNames];
    });
  }

  /** False: each packet that says nothing by itself is left out. */
  get looks(): boolean {
    return this.sink !== undefined || this.lookedAt.size > 0;
  }

  readonly tapsWhole = (address: string): boolean => this.sink !== undefined || this.lookedAt.has(address);

  /**
   * The capture of what is kept of a client, empty where nothing is; from now on each packet of it is.
   * @param clientId the id of its row, or an address.
   */
  captureOf(clientId: string, row?: ClientRow): Uint8Array {
    const keys = keysOf(clientId, row);
    for (const key of keys) this.lookedAt.add(key);
    const kept = this.rings.of(ringsOf(keys));
    if (kept.length === 0) return new Uint8Array(0);
    const writer = new CaptureWriter();
    const commented = commenter();
    return concat(writer.head, ...kept.flatMap((packet) => writer.blocksOf(packet, commented(packet))));
  }

  /**
   * Says something of the last packet of a client; in the capture that runs, which has it already, of the next one.
   * @param clientId as for `captureOf`.
   */
  remark(clientId: string, words: string, row?: ClientRow): void {
    const keys = keysOf(clientId, row);
    this.rings.remark(ringsOf(keys), words);
    if (this.sink !== undefined) this.remarks.add(keys, words);
  }

  /** Takes a packet. @param key whose it is: a MAC or an address. */
  record(key: string, packet: Told, { says, content = false }: Worth): void {
    const { bytes } = packet;
    const at = this.ahead + this.clock.now();
    this.sink?.packet(this.remarks.onto(key, seenOf(packet, at, bytes)));
    if (!says && !this.lookedAt.has(key)) return;
    const kept =
      content && bytes.length > snapLength
        ? seenOf(packet, at, new Uint8Array(bytes.subarray(0, snapLength)), sumOf(bytes))
        : seenOf(packet, at, new Uint8Array(bytes));
    // What says something is not pushed out by what does not.
    this.rings.add(says ? key : flowOf(key), kept);
  }

  private bootp(local: Endpoint): SocketTap {
    const record = (sent: boolean, bytes: Uint8Array, remote: Endpoint, note?: string): void => {
      // RFC 951 §3: hlen and chaddr.
      const key = bytes[2] === 6 && bytes.length >= 34 ? toHex(bytes.subarray(28, 34), ":") : remote.address;
      const own = this.here(local, remote.address, sent);
      const packet = { protocol: "bootp", kind: "datagram", local: own, remote, sent, bytes, note } as const;
      this.record(key, packet, { says: true });
    };
    return {
      received: (packet, from) => {
        record(false, packet, from);
      },
      sent: (packet, to, note) => {
        record(true, packet, to, note);
      },
    };
  }

  /** Where a packet came to, or came from, on this host. */
  here(local: Endpoint, peer: string, sent: boolean): Endpoint {
    if (local.address !== "0.0.0.0" && local.address !== "::") return local;
    const { networks = [] } = this.served() ?? {};
    const network = networks.find((candidate) => inNetwork(candidate, peer));
    return { address: network?.address ?? (sent ? local.address : everyone), port: local.port };
  }
}

/** The comment of each packet of one capture; what Wireshark is to be told of a port is said once. */
export function commenter(): (packet: SeenPacket) => string | undefined {
  const told = new Set<string>();
  return (packet) => {
    const { protocol, local, remote, kind } = packet;
    // Transfers have ports of their own, which follow from the request at the server's.
    if (kind !== "open" && (kind !== "datagram" || !asksServer(packet))) return packetComment(packet);
    const { port } = packet.sent ? remote : local;
    const key = `${protocol} ${port}`;
    if (told.has(key)) return packetComment(packet);
    told.add(key);
    return packetComment(packet, decodeHint(protocol, port));
  };
}

/** A packet to a server's own port: a BOOTREQUEST, an RRQ or a WRQ. */
const asksServer = ({ protocol, bytes }: SeenPacket): boolean =>
  protocol === "bootp" ? bytes[0] === 1 : isRequest(bytes);
