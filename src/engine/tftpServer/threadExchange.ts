/** A transfer that a thread sends, as its server sees it: an exchange whose machine and port are in the thread. */

import type { Clock } from "../clock";
import { Refusal } from "../servedRoot/refusal";
import type { OpenedFile } from "../servedRoot/servedRoot";
import type { Exchange, ExchangeEvents, ExchangeMachine } from "../tftpExchange";
import type { Endpoint } from "../udp";
import type { FromThread, Standing, ThreadTask, ToThread } from "./threadMessages";

const threadEnded = (): Refusal =>
  new Refusal("busy", {
    code: "tftp.threadEnded",
    message: "the thread that sent the file has ended",
    remedy: "Ask for it again.",
  });

/** What a transfer in a thread hears. */
export interface ThreadEvents extends ExchangeEvents {
  /** The peer was last heard then. */
  heard(at: number): void;
  foreign(packet: Uint8Array, from: Endpoint): void;
}

export class ThreadExchange implements Exchange {
  bytes = 0;
  machine: ExchangeMachine = {
    ...{ retransmissions: 0, everAnswered: false, position: 0, roundTripMs: undefined },
    ...{ firstDataAt: undefined, firstAckAt: undefined },
  };
  /** Its own, once it is open. */
  private port: number | undefined;
  private over = false;
  /** Resolves when it has no port any more, and uses no file. */
  readonly closed: Promise<void>;
  private hasClosed: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (message: ToThread) => void,
    private readonly task: ThreadTask,
    private readonly file: OpenedFile,
    private readonly ownPorts: Set<number>,
    private readonly events: ThreadEvents,
  ) {
    this.closed = new Promise((resolve) => {
      this.hasClosed = resolve;
    });
    void this.closed.then(() => {
      if (this.port !== undefined) this.ownPorts.delete(this.port);
    });
  }

  start(): void {
    const { file, task } = this;
    this.tell({ op: "begin", id: task.id, task, file: file.lend() });
  }

  /** True where it ended before it had a port. */
  get portless(): boolean {
    return this.over && this.port === undefined;
  }

  /** Its packets come to the thread. */
  receive(): void {}

  repeat(): void {
    this.tell({ op: "repeat", id: this.task.id });
  }

  /** Sends a packet from its port. */
  readonly send = (packet: Uint8Array, to: Endpoint): void => {
    this.tell({ op: "send", id: this.task.id, packet, to });
  };

  close(): Promise<void> {
    this.over = true;
    this.tell({ op: "close", id: this.task.id });
    return this.closed;
  }

  /** What the thread told. */
  told(message: FromThread): void {
    if (message.op === "closed") {
      this.hasClosed();
      return;
    }
    if (this.over) return;
    switch (message.op) {
      case "opened":
        this.port = message.port;
        this.ownPorts.add(this.port);
        return;
      case "standing":
        this.stands(message.standing);
        return;
      case "silence":
        this.events.silence?.();
        return;
      case "allSent":
        this.events.allSent?.();
        return;
      case "foreign":
        this.events.foreign(message.packet, message.from);
        return;
      case "ended":
        this.over = true;
        this.file.sums.learn(message.sums);
        this.events.ended(message.end);
        return;
      case "failed":
        this.fail(new Refusal(message.kind, message.trouble));
        return;
    }
  }

  /** The thread has ended: its port is closed, and nothing comes from it any more. */
  threadEnded(): void {
    this.fail(threadEnded());
    this.hasClosed();
  }

  private fail(refusal: Refusal): void {
    if (this.over) return;
    this.over = true;
    this.events.failed(refusal);
  }

  private stands(standing: Standing): void {
    const { bytes, retransmissions, flight, everAnswered, position, roundTripMs, ...ago } = standing;
    const now = this.clock.now();
    const at = (agoMs: number | undefined): number | undefined =>
      agoMs === undefined ? undefined : now - agoMs;
    const { firstDataAt, firstAckAt } = this.machine;
    const more = bytes > this.bytes;
    this.bytes = bytes;
    this.machine = {
      ...{ retransmissions, flight, everAnswered, position, roundTripMs },
      firstDataAt: firstDataAt ?? at(ago.firstDataAgoMs),
      firstAckAt: firstAckAt ?? at(ago.firstAckAgoMs),
    };
    const heardAt = at(ago.heardAgoMs);
    if (heardAt !== undefined) this.events.heard(heardAt);
    if (more) this.events.progress?.();
  }
}
