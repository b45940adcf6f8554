/** Fetches the files of one board over TFTP and FTP: one step each, and the text of what it fetched for the manifest. */

import { isIPv6 } from "node:net";
import type { StepRow, Trouble } from "../../model/events";
import { manifestsAmong } from "../../model/drop";
import { manifestLimits } from "../../model/manifest";
import { normalizeName } from "../../model/names";
import { sameFile } from "../../model/rounds";
import { buildIt } from "../../model/verdict";
import type { Phase } from "../../model/verification";
import type { FetchFacts, FtpSession, Sink } from "../clients/boardIo";
import { EngineError } from "../errors";
import type { Reception } from "./reception";
import type { PlayedBoard, Run } from "./run";
import { cancelled, troubleOf, type RunningStep, type StepPart } from "./steps";

/** Errors that say nobody is there, or nobody lets us in: whoever comes next would wait in vain. */
const nobodyThere = /\.(timeout|unreachable|login|unanswered)$/;

const endpoint = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** One file to fetch. */
interface Wish {
  readonly protocol: "tftp" | "ftp";
  readonly host: string;
  readonly file: string;
  readonly phase: Phase | undefined;
  /** Takes the bytes as well. */
  readonly keep?: ((chunk: Uint8Array) => void) | undefined;
}

export class Fetcher {
  /** The bytes of each manifest that came over TFTP, by name. */
  private readonly manifests = new Map<string, Uint8Array | "tooLarge">();
  private readonly attempted = new Set<string>();
  /** The hosts that answers have named. */
  private readonly named = new Set<string>();

  constructor(
    private readonly board: PlayedBoard,
    private readonly run: Run,
  ) {}

  /** True once it was the file's turn over TFTP, whatever came of it. */
  hasFetched(file: string): boolean {
    return this.attempted.has(normalizeName(file));
  }

  /** An answer sends the board there. */
  sentTo(host: string): void {
    this.named.add(host);
  }

  /** The manifest as it came over TFTP; undefined: it did not come. */
  manifestBytes(file: string): Uint8Array | "tooLarge" | undefined {
    return this.manifests.get(normalizeName(file));
  }

  /** @returns true: all of it came. */
  async overTftp(host: string, file: string, phase?: Phase): Promise<boolean> {
    this.attempted.add(normalizeName(file));
    if (this.run.steps.leavesOut(this.board.name, "tftp", file, phase)) return false;
    const port = this.board.ports.tftp;
    const kept: Uint8Array[] = [];
    const { bytes: most } = manifestLimits;
    let size = 0;
    const keep = (chunk: Uint8Array): void => {
      size += chunk.length;
      if (size <= most) kept.push(chunk.slice());
    };
    const keeps = this.mayBeManifest(file);
    const wish: Wish = { protocol: "tftp", host, file, phase, keep: keeps ? keep : undefined };
    const row = await this.fetch(wish, (sink) =>
      this.run.io.fetchTftp({ host, port, ...this.local() }, file, sink, this.run.signal),
    );
    if (keeps && row.sha256 !== undefined) {
      this.manifests.set(normalizeName(file), size > most ? "tooLarge" : Buffer.concat(kept));
    }
    return row.sha256 !== undefined;
  }

  /** Logs in, fetches these files one after the other, and logs out. No files: no login. */
  async overFtp(host: string, files: readonly string[], phase?: Phase): Promise<void> {
    const port = this.board.ports.ftp;
    const target = { host, port, ...this.local(), ...this.board.ftp };
    let session: FtpSession | undefined;
    try {
      for (const file of files) {
        if (this.run.steps.leavesOut(this.board.name, "ftp", file, phase)) continue;
        const row = await this.fetch({ protocol: "ftp", host, file, phase }, async (sink) => {
          if (!this.mayBeTold(host)) throw new EngineError(untold(host));
          session ??= await this.run.io.openFtp(target, this.run.signal);
          return session.fetch(file, sink, this.run.signal);
        });
        // A refusal leaves the session as it was; after anything else a new login is the safe way.
        if (
          row.state === "failed" &&
          row.sha256 === undefined &&
          !/\.refused$/.test(row.trouble?.code ?? "")
        ) {
          await session?.close();
          session = undefined;
        }
      }
    } finally {
      await session?.close();
    }
  }

  /** Only the bytes of a manifest are kept: the drop's, or where there is no plan any that may become it. */
  private mayBeManifest(file: string): boolean {
    const { drop, compare } = this.board;
    if (drop.manifest !== undefined) return sameFile(file, drop.manifest);
    return !compare && manifestsAmong([file]).length > 0;
  }

  /** Whether the password, if there is one, is for this host. */
  private mayBeTold(host: string): boolean {
    const { ftp, unproven } = this.board;
    return ftp.password === undefined || host !== unproven || this.named.has(host);
  }

  private local(): { localAddress?: string } {
    return this.board.localAddress === undefined ? {} : { localAddress: this.board.localAddress };
  }

  /** One file as one step. Only the signal's reason is thrown. */
  private async fetch(
    { protocol, host, file, phase, keep }: Wish,
    transfer: (sink: Sink) => Promise<FetchFacts>,
  ): Promise<StepRow> {
    const { run, board } = this;
    run.signal.throwIfAborted();
    const step = run.steps.begin(board.name, protocol, file, phase);
    const where = endpoint(host, board.ports[protocol]);
    const key = `${protocol} ${where}`;
    if (run.unanswered.has(key)) return step.end({ state: "failed", trouble: notAsked(protocol, where) });
    let reception: Reception;
    try {
      reception = await board.receiver.receive(file);
    } catch (error) {
      return step.end({ state: "failed", trouble: troubleOf(error, `${protocol}.refusedHere`) });
    }
    if (reception.size !== undefined) step.tell({ size: reception.size });
    let bytes = 0;
    const sink: Sink = (chunk) => {
      bytes += chunk.length;
      keep?.(chunk);
      step.progress(bytes);
      return reception.sink(chunk);
    };
    const facts = await transfer(sink).catch((error: unknown) => new Failure(error));
    if (facts instanceof Failure) {
      return this.brokeOff(step, reception, facts.error, { protocol, where, key, bytes });
    }
    try {
      const judged = await reception.finish();
      const short = facts.announced !== undefined && facts.announced !== bytes;
      return step.end({
        ...judged,
        bytes,
        size: reception.size ?? bytes,
        from: where,
        ...measuredFacts(facts),
        warnings: [
          ...(judged.warnings ?? []),
          ...(short ? [`the server announced ${facts.announced ?? 0} bytes and sent ${bytes}`] : []),
        ],
      });
    } catch (error) {
      return step.end({
        state: "failed",
        trouble: troubleOf(error, `${protocol}.local`),
        bytes,
        from: where,
      });
    }
  }

  private async brokeOff(
    step: RunningStep,
    reception: Reception,
    error: unknown,
    at: { protocol: "tftp" | "ftp"; where: string; key: string; bytes: number },
  ): Promise<StepRow> {
    const { run } = this;
    const stopped = run.signal.aborted;
    const described = await reception.abort(stopped);
    if (stopped) {
      step.end({ state: "skipped", trouble: cancelled, bytes: at.bytes });
      throw run.signal.reason;
    }
    const told = troubleOf(error, `${at.protocol}.failed`);
    // Our own servers have what the workspace has.
    const isAbsent = this.board.filesFrom !== undefined && reception.size === undefined;
    const trouble = isAbsent && /\.refused$/.test(told.code) ? { ...told, remedy: buildIt } : told;
    if (at.bytes === 0 && nobodyThere.test(trouble.code)) run.unanswered.add(at.key);
    const came: StepPart = at.bytes === 0 ? {} : { ...described, bytes: at.bytes, from: at.where };
    return step.end({ state: "failed", trouble, ...came });
  }
}

/** Of the facts, what the step's row has of its way. */
function measuredFacts(facts: FetchFacts): StepPart {
  const { options, retransmissions, bytesPerSecond, firstByteMs, roundTripMs } = facts;
  return {
    options,
    retransmissions,
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(roundTripMs !== undefined && { roundTripMs }),
  };
}

/** An error as a value, so that it cannot be taken for one of the code around it. */
class Failure {
  constructor(readonly error: unknown) {}
}

const untold = (host: string): Trouble => ({
  code: "ftp.untold",
  message: `the FTP password was not told to ${host}: the plan alone names that server, and no BOOTP answer does`,
  remedy: `Verify against it, if it is yours: --target ${host}.`,
});

const notAsked = (protocol: string, where: string): Trouble => ({
  code: `${protocol}.unanswered`,
  message: `not asked: ${where} gave nothing over ${protocol.toUpperCase()} before`,
  remedy: "See the first file that failed there.",
});
