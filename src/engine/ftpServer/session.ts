/**
 * One control connection: its commands one after the other, its timers, its running transfer, its end.
 * Its state beyond ftp-srv's own (user name, TYPE) is here.
 */

import type { Limits } from "../../model/settings";
import { isLocal } from "../access";
import type { Timer } from "../clock";
import { boardAt, senderAt } from "../boardAt";
import type { SessionLines } from "../bootLog/sessionLines";
import type { ServerContext, Situation } from "../server";
import type { ServedRoot } from "../servedRoot/servedRoot";
import { CommandReader, parseCommand, tooLong } from "./commandReader";
import { CommandTurns } from "./commandTurns";
import type { Activity } from "./dataTransfer";
import { sendReply, takeControl, watchReplies, type FtpSrvConnection } from "./ftpSrv";
import { NextTransfer } from "./nextTransfer";
import { Failure, failureOf, replyLines, replyText, type Letter } from "./replies";
import type { Summing } from "./summing";
import { peerOf, type Peer } from "./transferRecord";

/** Bytes of one command line; RFC 959 sets none, paths end at 1024. */
const longestLine = 4096;
/** How long a client may take to close after it was told to go. */
const goodbyeMs = 1_000;

interface Running extends Activity {
  /** The row's id; undefined for a listing. */
  readonly id: string | undefined;
}

/** The files that the client sees, and the situation in which that was found. */
interface Seen {
  readonly situation: Situation;
  readonly root: ServedRoot;
  readonly own: string | undefined;
}

/** Why a session is ended by this server. */
export interface Goodbye {
  readonly code: number;
  readonly text: string;
}

export class Session {
  readonly peer: Peer;
  readonly next = new NextTransfer();
  /** The current folder, relative to the served root, without `/` at either end. */
  folder = "";
  /** After EPSV ALL only EPSV makes data connections (RFC 2428 §4). */
  epsvOnly = false;
  mayUpload = false;
  failedLogins = 0;
  /** The last name that was refused without a transfer. */
  lastRefused: string | undefined;
  private readonly reader = new CommandReader(longestLine);
  private readonly commands: CommandTurns;
  private seen: Seen | undefined;
  private running: Running | undefined;
  private telling = false;
  private ending = false;
  private leaveAfterTransfer: Goodbye | undefined;
  private idle: Timer | undefined;
  private login: Timer | undefined;
  private goodbye: Timer | undefined;
  /** The last reply that was sent in parts. */
  private inParts: Promise<void> = Promise.resolve();
  private readonly lines: SessionLines;

  /**
   * @param run carries out one command line and sends its reply; what it throws becomes the reply.
   * @param onLimit hears why the session is ended beyond a limit.
   * @param ownPorts the TCP ports that the server listens on: those of control and of all passive listeners.
   */
  constructor(
    readonly context: ServerContext,
    readonly connection: FtpSrvConnection,
    private readonly run: (session: Session, line: string) => Promise<void>,
    private readonly onLimit: (session: Session, code: string, message: string) => void,
    readonly ownPorts: Set<number>,
    readonly summing: Summing,
  ) {
    const socket = connection.commandSocket;
    this.peer = peerOf(socket);
    this.commands = new CommandTurns(socket, this.carryOut, this.leaveWithClient);
    this.lines = context.bootLog.sessionOf(() => senderAt(context, this.peer.address));
    watchReplies(connection, (code, text) => {
      this.lines.replied(code, text, this.loggedIn);
    });
    takeControl(connection, (chunk) => {
      this.receive(chunk);
    });
    socket.on("error", () => undefined); // "close" follows.
    socket.once("end", () => {
      this.inputEnded();
    });
    socket.once("close", () => {
      this.closed();
    });
    this.armLogin();
    this.armIdle();
  }

  get limits(): Limits {
    return this.context.situation().wanted.limits;
  }

  /** What the board at the other end saw when it logged in; another one only after the plan has changed. */
  get root(): ServedRoot {
    return this.sees().root;
  }

  /** Its own root's folder below the served root; undefined: it sees everybody's. */
  get ownRoot(): string | undefined {
    return this.sees().own;
  }

  private sees(): Seen {
    const { seen, context } = this;
    return seen?.situation === context.situation() ? seen : this.look();
  }

  private look(): Seen {
    const situation = this.context.situation();
    const board = boardAt(this.context, this.peer.address);
    this.seen = { situation, root: situation.rootOf(board), own: board.root };
    return this.seen;
  }

  get ascii(): boolean {
    return this.connection.transferType === "ascii";
  }

  get loggedIn(): boolean {
    return this.connection.authenticated === true;
  }

  /** The client runs where the server does. */
  get isOfThisHost(): boolean {
    const { address, localAddress } = this.peer;
    const { networks } = this.context.situation();
    return (
      isLocal(address) || address === localAddress || networks.some((network) => network.address === address)
    );
  }

  /** Commands are held back: whether the client is still there cannot be seen. */
  get isDeaf(): boolean {
    return this.commands.isFull;
  }

  /** The running transfer's row id. */
  get transferId(): string | undefined {
    return this.running?.id;
  }

  /** A client's name as the door takes it: from the served root, unless it begins with a slash of either kind. */
  resolve(name: string): string {
    return /^[\\/]/.test(name) || this.folder === "" ? name : `${this.folder}/${name}`;
  }

  /** Sends one reply; several letters make it one of several lines. */
  reply(code: number, ...letters: Letter[]): Promise<void> {
    this.lines.replied(code, letters[0], this.loggedIn);
    return this.send(replyLines(code, letters));
  }

  /** Sends lines of a reply. A client that does not read them is dropped. */
  send(lines: string): Promise<void> {
    return sendReply(this.connection, lines, this.context.clock, this.limits.ftpDataSeconds * 1000);
  }

  /** A reply of several sends, which must not throw. A goodbye waits for the last of them: it is none of its lines. */
  replyInParts(sends: () => Promise<void>): Promise<void> {
    return (this.inParts = sends());
  }

  /** As it was right after connecting (USER, REIN). */
  reset(): void {
    this.connection.authenticated = false;
    this.connection.username = undefined;
    this.connection.transferType = "binary";
    this.mayUpload = false;
    this.folder = "";
    this.epsvOnly = false;
    this.next.reset();
    if (this.login === undefined) this.armLogin();
  }

  welcomed(): void {
    this.look();
    this.login?.cancel();
    this.login = undefined;
  }

  /** Runs one data transfer: idle time stands still, and what ends it early reaches it. `work` must not throw. */
  async transferring(id: string | undefined, work: (activity: Activity) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const activity = {
      id,
      signal: controller.signal,
      abort: (failure: Failure) => {
        controller.abort(failure);
      },
    };
    this.running = activity;
    // RFC 1123 §4.1.3.2: the idle timer is off during a transfer (F3).
    this.idle?.cancel();
    const socket = this.connection.commandSocket;
    if (socket.readableEnded || socket.destroyed) activity.abort(connectionLost());
    // An ABOR may have come in one segment with the command that it ends.
    if (this.commands.some(isAbort)) activity.abort(aborted());
    await work(activity);
    this.running = undefined;
    this.armIdle();
  }

  abortTransfer(failure: Failure): void {
    this.running?.abort(failure);
  }

  /** Ends the session now: the reply, then the connection. */
  end(goodbye: Goodbye, patienceMs = goodbyeMs): void {
    if (this.ending) return;
    this.ending = true;
    this.commands.clear();
    this.commands.readOn();
    const socket = this.connection.commandSocket;
    const { clock } = this.context;
    this.idle?.cancel();
    this.goodbye = clock.at(clock.now() + patienceMs, () => {
      socket.destroy();
    });
    void this.inParts.then(() => this.reply(goodbye.code, goodbye.text)).then(() => socket.end());
  }

  /** Ends the session once its transfer is over; at once when there is none. */
  endAfterTransfer(goodbye: Goodbye): void {
    this.leaveAfterTransfer = goodbye;
    if (this.running === undefined) this.end(goodbye);
  }

  private receive(chunk: Buffer): void {
    if (this.ending) return; // Read and forgotten, so that the goodbye is not lost to a reset.
    this.context.heard("ftp");
    this.context.heardFrom?.(this.peer.address);
    const lines = this.reader.push(chunk);
    if (lines === tooLong) {
      this.onLimit(this, "ftp.lineTooLong", `a command line of more than ${longestLine} bytes`);
      return;
    }
    if (this.running === undefined) this.armIdle();
    this.commands.add(lines.filter((line) => !this.tookAtOnce(line)));
  }

  /** What concerns the running transfer does not wait for its end. @returns true: the line needs no turn of its own. */
  private tookAtOnce(line: string): boolean {
    const { verb, argument } = parseCommand(line);
    if (isAbort(line)) this.abortTransfer(aborted());
    if (verb !== "STAT" || argument !== "" || this.running === undefined || this.telling) return false;
    void this.tell();
    return true;
  }

  private readonly carryOut = async (line: string): Promise<void> => {
    this.lines.began(line);
    try {
      await this.run(this, line);
    } catch (error) {
      await this.reply(failureOf(error).replyCode, replyText(error));
    }
    if (this.leaveAfterTransfer !== undefined) this.end(this.leaveAfterTransfer);
  };

  /**
   * The client sends nothing more: what it has sent is answered. A transfer is ended as by ABOR (RFC 959 §4.1.1):
   * a client that died looks the same, and a cut upload must not count as a whole one.
   */
  private inputEnded(): void {
    this.abortTransfer(connectionLost());
    if (!this.commands.isBusy) this.leaveWithClient();
  }

  /**
   * RFC 959 §4.1.3: STAT during a transfer tells how it goes, at once. One at a time: to a client that does not
   * read they would pile up (F24), so the others wait in the queue.
   */
  private async tell(): Promise<void> {
    this.telling = true;
    await this.reply(213, "A transfer is running");
    this.telling = false;
  }

  /** Ends this side once the client has ended its own and every reply is sent. */
  private readonly leaveWithClient = (): void => {
    const socket = this.connection.commandSocket;
    if (!this.ending && socket.readableEnded) socket.end();
  };

  private armIdle(): void {
    const { clock } = this.context;
    this.idle?.cancel();
    if (this.ending || this.connection.commandSocket.destroyed) return;
    this.idle = clock.at(clock.now() + this.limits.ftpIdleSeconds * 1000, () => {
      this.end({ code: 421, text: `Idle for ${this.limits.ftpIdleSeconds} seconds, closing` });
    });
  }

  private armLogin(): void {
    const { clock } = this.context;
    this.login = clock.at(clock.now() + this.limits.ftpLoginSeconds * 1000, () => {
      this.onLimit(this, "ftp.loginTime", `no login within ${this.limits.ftpLoginSeconds} s`);
    });
  }

  private closed(): void {
    this.ending = true;
    this.commands.clear();
    this.abortTransfer(connectionLost());
    this.next.dropChannel();
    for (const timer of [this.idle, this.login, this.goodbye]) timer?.cancel();
  }
}

const isAbort = (line: string): boolean => parseCommand(line).verb === "ABOR";

const aborted = (): Failure =>
  new Failure(426, { code: "ftp.aborted", message: "the client ended the transfer (ABOR)" });

const connectionLost = (): Failure =>
  new Failure(426, {
    code: "ftp.connectionLost",
    message: "the client's control connection ended",
    remedy: "Look at the board and its cable; it has to ask again.",
  });
