/** A network that does what a test wrote down: each answer, each file, each lie. A real `BoardIo`, without sockets. */

import type {
  BoardIo,
  BootpAnswer,
  BootpAsker,
  BootpOptions,
  FetchFacts,
  FtpSession,
  FtpTarget,
  Sink,
  TftpTarget,
} from "../../src/engine/clients/boardIo";
import { EngineError } from "../../src/engine/errors";

/** What a server does with one file: gives it, or fails, maybe after its first bytes. */
export type Given =
  | Uint8Array
  | {
      readonly bytes?: Uint8Array;
      /** What tsize or SIZE claims. */
      readonly announced?: number;
      /** Breaks off after the bytes with this code. */
      readonly error?: string;
    };

/** Files by name; a list: what the first, the second … fetch gives, and the last of it ever after. */
export type Files = Readonly<Record<string, Given | readonly Given[]>>;

export interface Script {
  /** The answers in order, a file name or more; null: silence. After the last: silence. */
  readonly answers?: readonly (string | Partial<BootpAnswer> | null)[];
  /** After the last answer of `answers` comes this one for ever, numbered from 0. */
  readonly forever?: (index: number) => string;
  readonly tftp?: Files;
  readonly ftp?: Files;
  /** The code of the error of every login. */
  readonly login?: string;
  /** No server answers anything. */
  readonly dead?: boolean;
  readonly triedClientPort?: boolean;
  readonly obstacles?: readonly string[];
  /** Called before each thing that the board does, with the word of `calls`. */
  readonly before?: (call: string) => void;
  /** Called when the first part of a file has gone out. */
  readonly midway?: (file: string) => void;
}

const server = "192.0.2.1";

export class ScriptedBoard implements BoardIo {
  /** What was done, in order: `bootp`, `tftp 192.0.2.1 u-boot.bin`, `login 192.0.2.1`, `ftp etsw.b3`, `logout`. */
  readonly calls: string[] = [];
  /** How BOOTP was opened, each time. */
  readonly asked: BootpOptions[] = [];
  /** Askers and sessions that are still open: none after a run. */
  open = 0;
  private answered = 0;
  private readonly fetches = new Map<string, number>();

  constructor(private readonly script: Script) {}

  openBootp(options: BootpOptions): BootpAsker {
    this.asked.push(options);
    this.open += 1;
    return {
      triedClientPort: this.script.triedClientPort ?? true,
      obstacles: this.script.obstacles ?? [],
      ask: async (signal) => {
        this.did("bootp");
        await Promise.resolve();
        signal?.throwIfAborted();
        return this.script.dead === true ? undefined : this.nextAnswer();
      },
      close: () => this.closed(),
    };
  }

  async fetchTftp(target: TftpTarget, file: string, sink: Sink, signal?: AbortSignal): Promise<FetchFacts> {
    this.did(`tftp ${target.host} ${file}`);
    return this.give("tftp", this.script.tftp, file, sink, signal);
  }

  async openFtp(target: FtpTarget, signal?: AbortSignal): Promise<FtpSession> {
    this.did(`login ${target.host}`);
    await Promise.resolve();
    signal?.throwIfAborted();
    if (this.script.dead === true) throw failure("ftp.unreachable");
    if (this.script.login !== undefined) throw failure(this.script.login);
    this.open += 1;
    return {
      fetch: (file, sink, stop) => {
        this.did(`ftp ${file}`);
        return this.give("ftp", this.script.ftp, file, sink, stop);
      },
      close: () => {
        this.did("logout");
        return this.closed();
      },
    };
  }

  private did(call: string): void {
    this.calls.push(call);
    this.script.before?.(call);
  }

  private closed(): Promise<void> {
    this.open -= 1;
    return Promise.resolve();
  }

  private nextAnswer(): BootpAnswer | undefined {
    const { answers = [], forever } = this.script;
    const index = this.answered;
    this.answered += 1;
    const scripted = index < answers.length ? answers[index] : forever?.(index - answers.length);
    if (scripted === undefined || scripted === null) return undefined;
    const part = typeof scripted === "string" ? { file: scripted } : scripted;
    return {
      file: "",
      siaddr: server,
      yiaddr: "192.0.2.10",
      sname: "",
      sender: server,
      by: "bootp",
      ...part,
    };
  }

  private async give(
    protocol: "tftp" | "ftp",
    files: Files | undefined,
    file: string,
    sink: Sink,
    signal: AbortSignal | undefined,
  ): Promise<FetchFacts> {
    await Promise.resolve();
    signal?.throwIfAborted();
    if (this.script.dead === true) throw failure(`${protocol}.timeout`);
    const count = this.fetches.get(`${protocol} ${file}`) ?? 0;
    this.fetches.set(`${protocol} ${file}`, count + 1);
    const scripted = files?.[file];
    const given = isList(scripted) ? (scripted[count] ?? scripted.at(-1)) : scripted;
    if (given === undefined) throw failure(`${protocol}.refused`);
    const {
      bytes = new Uint8Array(),
      announced,
      error,
    } = given instanceof Uint8Array ? { bytes: given } : given;
    // In two parts that no block size divides: what is compared must not hang on how it comes.
    const middle = Math.floor(bytes.length / 3);
    for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
      if (part.length > 0) await sink(part);
      this.script.midway?.(file);
      signal?.throwIfAborted();
    }
    if (error !== undefined) throw failure(error);
    return {
      bytes: bytes.length,
      ...(announced !== undefined && { announced }),
      options: protocol === "tftp" ? { blksize: 512 } : {},
      retransmissions: 0,
    };
  }
}

const isList = (given: Given | readonly Given[] | undefined): given is readonly Given[] =>
  Array.isArray(given);

const failure = (code: string): EngineError =>
  new EngineError({ code, message: `scripted: ${code}`, remedy: "Read the script." });
