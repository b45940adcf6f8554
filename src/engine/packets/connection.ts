/** The tap of a TCP connection: what goes through its socket, without a change to how that is read or written. */

import type { Socket } from "node:net";
import { withoutSecrets } from "../../model/packetWords";
import { encodeText } from "../../protocol/bytes";
import type { SeenPacket } from "../../protocol/capture/seen";
import { longestSegment } from "../../protocol/capture/tcpSides";
import { unmapped } from "../access";
import { CommandReader, tooLong } from "../ftpServer/commandReader";
import type { Recorder } from "./recorder";
import type { TappedConnection } from "./tap";

/** What a ring keeps of a data connection while nobody looks: its first bytes. */
const firstBytes = 1_460;
/** Bytes of a line of a control connection; a longer one is not kept. */
const longestLine = 8_192;

type Done = (error?: Error | null) => void;

/** The inner methods of a stream (Node's "API for stream implementers"): everything passes them, in its order. */
interface Inner {
  push: (chunk: Uint8Array | null, encoding?: BufferEncoding) => boolean;
  _write: (chunk: Uint8Array | string, encoding: BufferEncoding, done: Done) => void;
  _writev?: (
    chunks: readonly { readonly chunk: Uint8Array | string; readonly encoding: BufferEncoding }[],
    done: Done,
  ) => void;
  _final: (done: Done) => void;
  resetAndDestroy: () => unknown;
}

const nothing = new Uint8Array(0);

/** Taps it from now on. @param users the user names that may be shown. */
export function tapConnection(
  recorder: Pick<Recorder, "record" | "tapsWhole">,
  socket: Socket,
  { kind, opened }: TappedConnection,
  users: () => readonly string[],
): void {
  const local = { address: unmapped(socket.localAddress ?? ""), port: socket.localPort ?? 0 };
  const remote = { address: unmapped(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
  const protocol = kind === "control" ? "ftp" : "ftp-data";
  const tell = (
    what: SeenPacket["kind"],
    sent: boolean,
    bytes: Uint8Array = nothing,
    note?: string,
  ): void => {
    const packet = { protocol, kind: what, local, remote, sent, bytes, note } as const;
    recorder.record(remote.address, packet, { says: true });
  };
  const side = (sent: boolean): Side => {
    if (kind === "control") {
      return new ControlSide((line, note) => {
        tell("bytes", sent, line, note);
      }, users);
    }
    const about = { protocol, kind: "bytes", local, remote, sent, note: undefined } as const;
    return new DataSide(
      (bytes, says) => {
        recorder.record(remote.address, { ...about, bytes }, { says, content: true });
      },
      () => recorder.tapsWhole(remote.address),
    );
  };
  const [here, there] = [side(true), side(false)];
  const over = { here: false, there: false };
  const end = (sent: boolean): void => {
    const which = sent ? "here" : "there";
    if (over[which]) return;
    over[which] = true;
    tell("end", sent, undefined, (sent ? here : there).note());
  };
  const reset = (sent: boolean): void => {
    if (over.here && over.there) return;
    over.here = over.there = true;
    tell("reset", sent);
  };

  tell("open", opened);
  const inner = socket as unknown as Inner;
  const { push, _write: write, _writev: writev, _final: final, resetAndDestroy } = inner;
  inner.push = (chunk, encoding) => {
    if (chunk === null) end(false);
    else there.bytes(chunk);
    return push.call(socket, chunk, encoding);
  };
  inner._write = (chunk, encoding, done) => {
    here.bytes(asBytes(chunk, encoding));
    write.call(socket, chunk, encoding, done);
  };
  if (writev !== undefined) {
    inner._writev = (chunks, done) => {
      for (const { chunk, encoding } of chunks) here.bytes(asBytes(chunk, encoding));
      writev.call(socket, chunks, done);
    };
  }
  inner._final = (done) => {
    end(true);
    final.call(socket, done);
  };
  inner.resetAndDestroy = () => {
    reset(true);
    return resetAndDestroy.call(socket);
  };
  socket.once("close", (hadError) => {
    if (hadError) reset(false);
    else end(true);
  });
}

const asBytes = (chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array =>
  typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;

/** What one end of the connection says. */
interface Side {
  bytes(chunk: Uint8Array): void;
  /** What is to be said of it at its end. */
  note(): string | undefined;
}

/** Whole lines, without Telnet's commands: so a password is known as one, however it is cut into segments. */
class ControlSide implements Side {
  private readonly reader = new CommandReader(longestLine);

  constructor(
    private readonly tell: (line: Uint8Array, note?: string) => void,
    private readonly users: () => readonly string[],
  ) {}

  bytes(chunk: Uint8Array): void {
    const lines = this.reader.push(chunk);
    if (lines === tooLong) return;
    for (const said of lines) {
      const { line, note } = withoutSecrets(said, this.users());
      this.tell(encodeText(`${line}\r\n`), note);
    }
  }

  note(): undefined {
    return undefined;
  }
}

/** All bytes where somebody looks, else the first ones. */
class DataSide implements Side {
  private kept = 0;
  private left = 0;

  constructor(
    private readonly tell: (bytes: Uint8Array, says: boolean) => void,
    private readonly isWhole: () => boolean,
  ) {}

  bytes(chunk: Uint8Array): void {
    const room = this.isWhole() ? chunk.length : Math.min(chunk.length, Math.max(0, firstBytes - this.kept));
    for (let at = 0; at < room; at += longestSegment)
      this.tell(chunk.subarray(at, Math.min(at + longestSegment, room)), this.kept + at < firstBytes);
    this.kept += room;
    this.left += chunk.length - room;
  }

  note(): string | undefined {
    return this.left > 0 ? `${this.left} bytes of ${this.left + this.kept} are not kept` : undefined;
  }
}
