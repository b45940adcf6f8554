/** The sequence numbers of TCP connections of which only the bytes are known (RFC 9293 §3.4). */

import { Recent } from "../recent";
import { tcpFlag, type TcpHeader } from "./frames";
import type { SeenPacket } from "./seen";

/** A segment that is to be written: from this host or to it, with how much of the payload. */
export interface Segment {
  readonly sent: boolean;
  readonly tcp: TcpHeader;
  readonly start: number;
  readonly length: number;
}

/** What one side has sent: the next sequence number, and how much of it the other one has not acknowledged yet. */
interface Side {
  next: number;
  unacknowledged: number;
}

interface Connection {
  readonly here: Side;
  readonly there: Side;
}

/** A write of many bytes is told as segments of this length, as where the network card cuts them up. */
export const longestSegment = 32_768;
/** Bytes of one side after which the other one acknowledges them, if it has nothing to say. */
const acknowledgedAfter = 65_536;
/** Connections whose numbers are remembered: beyond it the oldest begins anew. */
const mostConnections = 4_096;

const modulo = (value: number): number => value % 2 ** 32;

export class TcpSides {
  private readonly connections = new Recent<Connection>(mostConnections);

  /** The segments that a packet stands for. */
  segmentsOf(packet: SeenPacket): Segment[] {
    const key = `${packet.local.address} ${packet.local.port} ${packet.remote.address} ${packet.remote.port}`;
    const { sent, kind, length } = packet;
    const connection = kind === "open" ? this.begin(key) : (this.connections.get(key) ?? this.begin(key));
    const { psh, ack, syn, fin, rst } = tcpFlag;
    switch (kind) {
      case "datagram":
        return [];
      case "open":
        // RFC 9293 §3.5, the three of the handshake; each SYN is one number.
        return [
          segment(connection, sent, syn, 1),
          segment(connection, !sent, syn | ack, 1),
          segment(connection, sent, ack, 0),
        ];
      case "bytes": {
        const segments: Segment[] = [];
        for (let start = 0; start < length; start += longestSegment) {
          const part = Math.min(longestSegment, length - start);
          segments.push({ ...segment(connection, sent, psh | ack, part), start, length: part });
          const { unacknowledged } = sent ? connection.here : connection.there;
          if (unacknowledged >= acknowledgedAfter) segments.push(segment(connection, !sent, ack, 0));
        }
        return segments;
      }
      case "end":
        return [segment(connection, sent, fin | ack, 1), segment(connection, !sent, ack, 0)];
      case "reset":
        this.connections.delete(key);
        return [segment(connection, sent, rst | ack, 0)];
    }
  }

  private begin(key: string): Connection {
    const connection = { here: { next: 1, unacknowledged: 0 }, there: { next: 1, unacknowledged: 0 } };
    this.connections.set(key, connection);
    return connection;
  }
}

/** One that takes so many sequence numbers, and acknowledges all that the other side has sent. */
function segment({ here, there }: Connection, sent: boolean, flags: number, numbers: number): Segment {
  const [own, other] = sent ? [here, there] : [there, here];
  const seq = own.next;
  own.next = modulo(own.next + numbers);
  own.unacknowledged += numbers;
  other.unacknowledged = 0;
  return { sent, tcp: { seq, ack: other.next, flags }, start: 0, length: 0 };
}
