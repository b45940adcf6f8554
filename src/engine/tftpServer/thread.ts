/**
 * A thread that sends files for the TFTP server: the same machine as there, with ports of its own. It judges nothing
 * and opens no file; what happens it tells.
 */

import type { MessagePort } from "node:worker_threads";
import { systemClock as clock, type Timer } from "../clock";
import { plainTrouble } from "../errors";
import { waitMs } from "../measuring";
import { OncePerSecond } from "../oncePerSecond";
import { knownFiles, type KnownFiles } from "../servedRoot/knownFiles";
import type { LentFile } from "../servedRoot/contract";
import { lentFile } from "../servedRoot/lentFile";
import { refusalFrom } from "../servedRoot/refusal";
import type { SendingExchange } from "../tftpExchange";
import type { Endpoint, UdpSocket } from "../udp";
import { noPort, TransferPorts } from "./ports";
import { sendingExchange } from "./sending";
import type { FromThread, ThreadTask, ToThread } from "./threadMessages";

/** The rows of a front end move no more often. */
const tellEveryMs = 200;

/** What all transfers of a thread share. */
interface Home {
  readonly known: KnownFiles;
  readonly foreignTold: OncePerSecond;
  tell(message: FromThread): void;
  /** Something is new that is worth a word, though not at once. */
  moved(): void;
}

class Carried {
  private socket: UdpSocket | undefined;
  private exchange: SendingExchange | undefined;
  private heardAt: number | undefined;
  private toldHeardAt: number | undefined;
  private closed = false;
  /** Resolves when the port is open, or will never be. */
  private readonly opening: Promise<void>;

  constructor(
    private readonly home: Home,
    private readonly task: ThreadTask,
    private readonly file: LentFile,
  ) {
    this.opening = this.begin().catch((error: unknown) => {
      this.fail(error);
    });
  }

  repeat(): void {
    void this.opening.then(() => this.exchange?.repeat());
  }

  send(packet: Uint8Array, to: Endpoint): void {
    void this.opening.then(() => this.socket?.send(packet, to));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.opening;
    await this.exchange?.close();
    await this.socket?.close();
    this.home.tell({ op: "closed", id: this.task.id });
  }

  /** Tells how far it is, if a packet came since it was told last, or `always`. */
  tellStanding(always = false): void {
    const { exchange, heardAt } = this;
    const heard = heardAt !== this.toldHeardAt;
    if (exchange === undefined || !(heard || always)) return;
    this.toldHeardAt = heardAt;
    const now = clock.now();
    const ago = (at: number | undefined): number | undefined => (at === undefined ? undefined : now - at);
    const { bytes, machine } = exchange;
    const { retransmissions, flight, everAnswered, position, firstDataAt, firstAckAt, roundTripMs } = machine;
    const standing = {
      ...{ bytes, retransmissions, flight, everAnswered, position, roundTripMs },
      heardAgoMs: heard ? ago(heardAt) : undefined,
      firstDataAgoMs: ago(firstDataAt),
      firstAckAgoMs: ago(firstAckAt),
    };
    this.home.tell({ op: "standing", id: this.task.id, standing });
  }

  private async begin(): Promise<void> {
    const { home, task } = this;
    const { id, peer, sending, ports } = task;
    const socket = await new TransferPorts(clock, ports)
      .open({ address: task.localAddress, onPacket: this.receive, onError: () => undefined })
      .catch((error: unknown) => {
        throw noPort(error);
      });
    this.socket = socket;
    home.tell({ op: "opened", id, port: socket.local.port });
    if (this.closed) return;
    const file = lentFile(this.file, home.known);
    const send = (packet: Uint8Array): void => {
      socket.send(packet, peer);
    };
    this.exchange = sendingExchange(clock, send, file, sending, {
      silence: () => {
        this.news({ op: "silence", id });
      },
      allSent: () => {
        this.news({ op: "allSent", id });
      },
      ended: (end) => {
        this.news({ op: "ended", id, end, sums: file.sums.result() });
      },
      failed: (error) => {
        this.fail(error);
      },
    });
    this.exchange.start();
  }

  private readonly receive = (bytes: Uint8Array, from: Endpoint): void => {
    const { home, task, exchange } = this;
    if (from.port !== task.peer.port || from.address !== task.peer.address) {
      // Told often enough for an ERROR 5 a second, which the server judges.
      if (!home.foreignTold.allows(from.address)) return;
      home.tell({ op: "foreign", id: task.id, packet: bytes, from });
      return;
    }
    if (exchange === undefined) return;
    const answered = exchange.machine.everAnswered;
    const now = clock.now();
    const waited = this.heardAt !== undefined && now - this.heardAt >= waitMs;
    this.heardAt = now;
    // Before the packet counts: what was sent again meanwhile belongs to the wait.
    if (waited) this.tellStanding();
    exchange.receive(bytes, now);
    if (exchange.machine.everAnswered === answered) home.moved();
    else this.news();
  };

  private fail(error: unknown): void {
    const refusal = refusalFrom(error);
    this.news({ op: "failed", id: this.task.id, kind: refusal.kind, trouble: plainTrouble(refusal) });
  }

  /** Tells how far it is, and then what happened. */
  private news(message?: FromThread): void {
    this.tellStanding(true);
    if (message !== undefined) this.home.tell(message);
  }
}

/** Carries the transfers that come through the port, until the thread is ended. */
export function sendInThread(port: MessagePort): void {
  const carried = new Map<string, Carried>();
  let telling: Timer | undefined;
  const home: Home = {
    known: knownFiles(),
    foreignTold: new OncePerSecond(clock),
    tell: (message) => {
      port.postMessage(message);
    },
    moved: () => {
      telling ??= clock.at(clock.now() + tellEveryMs, () => {
        telling = undefined;
        for (const transfer of carried.values()) transfer.tellStanding();
      });
    },
  };
  port.on("message", (message: ToThread) => {
    const { id } = message;
    const transfer = carried.get(id);
    switch (message.op) {
      case "begin":
        carried.set(id, new Carried(home, message.task, message.file));
        return;
      case "repeat":
        transfer?.repeat();
        return;
      case "send":
        transfer?.send(message.packet, message.to);
        return;
      case "close":
        carried.delete(id);
        void transfer?.close();
        return;
    }
  });
}
