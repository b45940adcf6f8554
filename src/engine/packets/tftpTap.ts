/**
 * The tap of one UDP socket of TFTP. It hears of each block of each transfer: what it does for one that only counts on
 * is what all this costs a server (docs/packets.md).
 */

import { ordinal } from "../../model/packetWords";
import { TftpWatch } from "../../protocol/capture/tftpWatch";
import type { Endpoint } from "../../protocol/endpoint";
import { Recent } from "../../protocol/recent";
import { opcodes } from "../../protocol/tftp/packet";
import type { Recorder } from "./recorder";
import type { SocketTap } from "./tap";

/** One peer of the socket. */
class Watched extends TftpWatch {
  /** Packets since the last one that was kept. */
  left = 0;

  constructor(readonly peer: Endpoint) {
    super();
  }
}

export class TftpTap implements SocketTap {
  // Of a transfer's own port there is one peer; of the listening port there are many.
  private last: Watched | undefined;
  private others: Recent<Watched> | undefined;

  constructor(
    private readonly recorder: Pick<Recorder, "looks" | "tapsWhole" | "record" | "here">,
    private readonly local: Endpoint,
  ) {}

  received(packet: Uint8Array, from: Endpoint): void {
    this.see(false, packet, from);
  }

  sent(packet: Uint8Array, to: Endpoint, note?: string): void {
    this.see(true, packet, to, note);
  }

  private see(sent: boolean, bytes: Uint8Array, remote: Endpoint, words?: string): void {
    const { last } = this;
    const watched = last !== undefined && isOne(last.peer, remote) ? last : this.turnTo(remote);
    const says = watched.looksAt(bytes, sent) || words !== undefined;
    if (says || (this.recorder.looks && this.recorder.tapsWhole(remote.address)))
      this.keep(watched, sent, bytes, remote, says, words);
    else watched.left += 1;
  }

  private turnTo(remote: Endpoint): Watched {
    if (this.last !== undefined) {
      this.others ??= new Recent();
      this.others.set(keyOf(this.last.peer), this.last);
    }
    return (this.last = this.others?.get(keyOf(remote)) ?? new Watched(remote));
  }

  private keep(
    watched: Watched,
    sent: boolean,
    bytes: Uint8Array,
    remote: Endpoint,
    says: boolean,
    words: string | undefined,
  ): void {
    const note = noteOf(watched, sent, words);
    watched.left = 0;
    const local = this.recorder.here(this.local, remote.address, sent);
    const packet = { protocol: "tftp", kind: "datagram", local, remote, sent, bytes, note } as const;
    this.recorder.record(remote.address, packet, { says, content: bytes[1] === opcodes.DATA });
  }
}

/** A transfer names its peer by one object. */
const isOne = (one: Endpoint, other: Endpoint): boolean =>
  one === other || (one.port === other.port && one.address === other.address);

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

function noteOf({ times, left }: Watched, sent: boolean, words: string | undefined): string | undefined {
  if (times === 1 && left === 0) return words;
  const parts = [
    ...(times > 1
      ? [sent ? `sent again, ${ordinal(times)} time` : `came again, ${ordinal(times)} time`]
      : []),
    ...(left > 0 ? [`${left} packets before it are not kept`] : []),
    ...(words === undefined ? [] : [words]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}
