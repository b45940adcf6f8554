/** One transfer of the server, from the request to the last packet: its socket, its file, its row. */

import type { Trouble } from "../../model/events";
import type { Disturber } from "../../model/faults/disturber";
import { type Agreement, announcedSize, type Offer } from "../../protocol/tftp/options";
import { encodeError, type Request } from "../../protocol/tftp/packet";
import { negotiateWith } from "../../protocol/tftp/quirks";
import { Receiver } from "../../protocol/tftp/receiver";
import type { Choice } from "../../protocol/bootp/choice";
import { Checksums, type Sums } from "../checksums";
import { boardAt, namesAt } from "../boardAt";
import { refusalFrom } from "../servedRoot/refusal";
import type { OpenedFile, ServedRoot } from "../servedRoot/servedRoot";
import type { Departure, ServerContext, Situation } from "../server";
import { type Exchange, type ExchangeEvents, ReceivingExchange } from "../tftpExchange";
import { uploadStore } from "./file";
import { receivingOf } from "./receiving";
import { TransferRecord } from "./record";
import { type Sending, sendingExchange, sendingOf } from "./sending";
import type { ThreadEvents, ThreadExchange } from "./threadExchange";
import type { ThreadTask } from "./threadMessages";
import { isWorthThread } from "./threads";
import { Wire, type WireHome } from "./wire";
import { farewell, type ServedEnd } from "./words";
import type { Endpoint, UdpSocket } from "../udp";

/** What a transfer needs of its server. */
export interface TransferHome extends WireHome {
  readonly context: ServerContext;
  /** The peer answered for the first time. */
  answered(transfer: ServedTransfer): void;
  /** The outcome is known; the transfer may stay to repeat its last ACK. */
  concluded(transfer: ServedTransfer): void;
  /** Bytes of one chunk of read-ahead. */
  chunkSize(): number;
  /** The transfer in a thread; undefined: none has less to do. */
  inThread(
    file: OpenedFile,
    task: Omit<ThreadTask, "ports">,
    events: ThreadEvents,
  ): ThreadExchange | undefined;
}

/** A request that comes again this long after the last packet is no late copy: the board was reset. */
const resetMs = 1000;

export class ServedTransfer {
  /** Resolves when socket and file are closed; never rejects. */
  readonly closed: Promise<void>;
  private readonly situation: Situation;
  /** What the plan has for the board that asks. */
  private readonly board: Choice;
  private readonly root: ServedRoot;
  private readonly record: TransferRecord;
  /** Of what was sent or came, once it is whole. */
  private sums: () => Sums | undefined = () => undefined;
  /** Set where a fault profile is about the peer. */
  private readonly disturber: Disturber | undefined;
  private readonly wire: Wire;
  private exchange: Exchange | undefined;
  private outcome: ServedEnd | undefined;
  private hasAnswered = false;
  private readonly over: Promise<void>;
  private leave: () => void = () => undefined;

  constructor(
    private readonly home: TransferHome,
    /** The packet of the request, to know it again. */
    private readonly requestBytes: Uint8Array,
    private readonly request: Request,
    readonly peer: Endpoint,
    readonly localAddress: string,
    listener: Pick<UdpSocket, "send">,
    /** Resolves when an earlier transfer of the same peer has let go of its file. */
    private readonly earlier?: Promise<void>,
  ) {
    // What holds now stays with it, whatever is configured meanwhile.
    this.situation = home.context.situation();
    this.board = boardAt(home.context, peer.address);
    this.root = this.situation.rootOf(this.board);
    const { giveUpSeconds } = this.situation.wanted.limits;
    this.record = new TransferRecord(home.context, request, peer, localAddress, giveUpSeconds, this.board);
    this.disturber = this.situation.injection?.transfer(namesAt(home.context, peer.address));
    const { duplicatePackets: twice = false } = this.board.quirks;
    const options = {
      peer,
      localAddress,
      listener,
      shares: this.sharesPort,
      twice,
      disturber: this.disturber,
    };
    this.wire = new Wire(home, options, this.take);
    this.over = new Promise((resolve) => {
      this.leave = resolve;
    });
    this.closed = this.run();
  }

  get id(): string {
    return this.record.id;
  }

  /** True when the peer's packets come to the listening port. */
  get sharesPort(): boolean {
    return this.board.quirks.singlePort === true;
  }

  /** False once the outcome is known. */
  get running(): boolean {
    return this.outcome === undefined;
  }

  /** True once the peer answered anything: until then nobody knows that it is there. */
  get answered(): boolean {
    return this.hasAnswered;
  }

  /** A request from the peer's own port: true when it is the same one again, answered by the current packet (T34). */
  repeats(requestBytes: Uint8Array): boolean {
    if (Buffer.compare(requestBytes, this.requestBytes) !== 0) return false;
    if (this.hasAnswered && this.record.silentMs() >= resetMs) return false;
    this.exchange?.repeat();
    return true;
  }

  /** Ends it, and tells the peer why; `silent`: the peer has turned to something else. */
  cancel(trouble: Trouble, silent = false): void {
    this.conclude({ kind: "cancelled", trouble, silent });
    this.leave();
  }

  private async run(): Promise<void> {
    try {
      await this.earlier;
      await this.wire.open();
      await this.delay(this.board.quirks.answerDelayMs);
      if (this.outcome === undefined)
        await (this.request.op === "RRQ" ? this.serveRead() : this.serveWrite());
    } catch (error) {
      this.refuse(error);
    }
    await this.wire.close();
  }

  /** The board is not ready yet for what it has asked for. */
  private async delay(ms = 0): Promise<void> {
    if (ms === 0) return;
    const { clock } = this.home.context;
    await new Promise<void>((resolve) => {
      const timer = clock.at(clock.now() + ms, resolve);
      void this.over.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  private async serveRead(): Promise<void> {
    const file = await this.root.open(this.request.file);
    try {
      if (this.outcome !== undefined) return;
      this.record.names(file.name, file.size);
      const agreement = this.agree({ size: file.size });
      const rollover = this.board.quirks.rollover === 1 ? 1 : 0;
      const sending: Sending = {
        ...sendingOf(this.request, agreement, this.situation.wanted.limits),
        ...{ rollover, chunkSize: this.home.chunkSize() },
      };
      this.sums = () => file.sums.result();
      const events = this.events({
        allSent: () => {
          this.depart(file, "sent");
        },
      });
      this.depart(file, "started");
      // Not after the closing, for which a thread takes its time: the board goes on meanwhile.
      void this.over.then(() => {
        if (this.outcome?.kind === "complete") this.depart(file, "fetched");
      });
      await this.runExchange(
        this.inThread(file, sending, events) ??
          sendingExchange(this.home.context.clock, this.wire.sendData, file, sending, events),
      );
      this.depart(file, "ended");
    } finally {
      await file.close();
    }
  }

  /** Gives the transfer to a thread, where it has another port; undefined: it stays. */
  private inThread(file: OpenedFile, sending: Sending, events: ExchangeEvents): Exchange | undefined {
    const { id, peer, localAddress } = this;
    if (!isWorthThread(file.size) || !this.wire.isPlain) return undefined;
    if (this.home.context.tap?.tapsWhole(peer.address) === true) return undefined;
    const exchange = this.home.inThread(
      file,
      { id, sending, peer, localAddress },
      {
        ...events,
        heard: (at) => {
          this.heard(at);
          this.noteAnswer();
        },
        foreign: (bytes, from) => {
          this.receive(bytes, from);
        },
      },
    );
    if (exchange !== undefined) this.wire.moveTo(exchange);
    return exchange;
  }

  private async serveWrite(): Promise<void> {
    const announced = announcedSize(this.request);
    const upload = await this.root.create(this.request.file, announced);
    try {
      if (this.outcome !== undefined) return;
      this.record.names(upload.name, announced);
      const { clock } = this.home.context;
      const { limits } = this.situation.wanted;
      const heldBackMs = this.disturber?.longestStallMs ?? 0;
      const options = receivingOf(this.request, this.agree({}), limits, heldBackMs);
      const receiver = new Receiver(options, clock.now());
      const checksums = new Checksums();
      this.sums = () => checksums.result();
      const store = uploadStore(upload, this.request.mode === "netascii", checksums);
      const events = this.events({
        stored: () => {
          this.conclude({ kind: "complete" });
        },
      });
      await this.runExchange(new ReceivingExchange(clock, this.wire.send, receiver, store, events));
    } finally {
      // After a commit this does nothing; else nothing may be left behind.
      await upload.abort();
    }
  }

  private async runExchange(exchange: Exchange): Promise<void> {
    this.exchange = exchange;
    exchange.start();
    this.report();
    await this.over;
    await exchange.close();
  }

  private events({ allSent, stored }: Pick<ExchangeEvents, "allSent" | "stored">): ExchangeEvents {
    return {
      allSent,
      stored,
      progress: () => {
        // The last ACK has told the end already.
        if (this.running && this.record.isDue()) this.report();
      },
      silence: () => {
        this.report();
      },
      ended: (end) => {
        this.conclude(end);
        this.leave();
      },
      failed: (error) => {
        this.refuse(error);
      },
    };
  }

  /** A packet came to its port. */
  receive(bytes: Uint8Array, from: Endpoint): void {
    this.wire.receive(bytes, from);
  }

  private readonly take = (bytes: Uint8Array): void => {
    const now = this.home.context.clock.now();
    this.heard(now);
    this.exchange?.receive(bytes, now);
    this.noteAnswer();
  };

  private heard(at: number): void {
    this.home.context.heard("tftp");
    if (this.exchange !== undefined) this.record.heard(this.exchange.machine, at);
  }

  private noteAnswer(): void {
    if (this.hasAnswered || this.exchange?.machine.everAnswered !== true) return;
    this.hasAnswered = true;
    this.home.answered(this);
  }

  private refuse(error: unknown): void {
    const refusal = refusalFrom(error);
    const first = this.outcome === undefined;
    this.conclude({ kind: "refused", refusal });
    this.leave();
    if (first && this.record.isMissing) void this.suggest();
  }

  /** The nearest names of a missing file come after the ERROR: looking for them takes time. */
  private async suggest(): Promise<void> {
    const nearest = await this.root.nearest(this.request.file).catch(() => []);
    if (nearest.length === 0) return;
    this.record.add({ nearest });
    this.report();
  }

  /** The first end counts. The peer hears of it where it does not know, and the row says it. */
  private conclude(end: ServedEnd): void {
    if (this.outcome !== undefined) return;
    this.outcome = end;
    this.wire.concluded();
    const words = farewell(end);
    if (words !== undefined) this.wire.send(encodeError(words.code, words.message));
    const sums = end.kind === "complete" ? this.sums() : {};
    this.record.add({ endedAt: this.home.context.clock.wallTime(), ...sums });
    this.report();
    this.home.concluded(this);
  }

  private agree(file: Pick<Offer, "size">): Agreement {
    const { maxBlksize, maxWindowsize } = this.situation.wanted.limits;
    const offer = { maxBlksize, maxWindowsize, ...file };
    const { agreement, inForce } = negotiateWith(this.request, offer, this.board.quirks);
    if (this.disturber !== undefined) this.disturber.blksize = agreement.blksize;
    this.record.granted(agreement, inForce);
    return agreement;
  }

  private depart(file: OpenedFile, stage: Departure["stage"]): void {
    this.home.context.departed({ protocol: "tftp", address: this.peer.address, file: file.name, stage });
  }

  private report(): void {
    const { lines: injected = [] } = this.disturber ?? {};
    if (injected.length > 0) this.record.add({ injected });
    this.record.report(this.exchange, this.outcome);
    if (this.request.op === "WRQ") this.home.context.heardFrom?.(this.peer.address);
  }
}
