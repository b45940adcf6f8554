/**
 * The lines of one file over TFTP or FTP: the request and what was granted, the first DATA, what went out again, the gaps,
 * the end. Nothing is done for each block but a few comparisons of numbers.
 */

import type { BootLineRow, TransferRow } from "../../model/events";
import { diagnosis, largestUnfragmented, type DiagnosisCode } from "../../model/bootDiagnoses";
import { describeMeasured, type Measured } from "../../model/measured";
import { formatDuration, formatSize } from "../../model/text";
import { describeError } from "../../protocol/tftp/describe";
import { defaultBlksize, errorCode, type ErrorPacket } from "../../protocol/tftp/packet";
import type { Agreement } from "../../protocol/tftp/options";
import type { Journal } from "../journal";
import { measuredOf, type Measuring } from "../measuring";
import type { ClientLog } from "./clientLog";
import { type Line, type LineText, often } from "./line";

/** Blocks and gaps of one transfer that have a line each; the others share one. */
const mostLines = 20;
/** A block that goes out again for so long waits for a board that does something else, or was lost each time. */
const silentLongMs = 3_000;
/** A silence that is worth a line. */
const gapMs = 1_000;

/** What a machine tells of itself: `Sender` or `Receiver`. */
export interface Machine extends Measuring {
  readonly everAnswered: boolean;
  /** The block that the peer is to acknowledge, or acknowledged last; absent: it is not known. */
  readonly position?: number;
  /** Packets that went out again together, the last time; absent: they go one by one. */
  readonly flight?: number | undefined;
}

/** One flight that went out again was lost, however long the timeout was; with several the board was busy. */
const wasBusy = ({ flight = 1 }: Machine, sentAgain: number): boolean => sentAgain > flight;

/** How a transfer ended, as far as its packets are concerned. */
export interface FileEnd {
  /** The ERROR that the client sent. */
  readonly heard?: Pick<ErrorPacket, "code" | "message">;
  /** What it was sent: `ERROR 1 "no such file"`, `550 no such file`. */
  readonly sent?: string | undefined;
  /** Nothing came from it for too long. */
  readonly silent: boolean;
  /** What it means, where the packets do not say it. */
  readonly code?: DiagnosisCode | undefined;
}

const plainTerms: Pick<Agreement, "blksize" | "windowsize"> = { blksize: defaultBlksize, windowsize: 1 };

export class FileLines {
  private readonly at: number;
  private readonly askedAt: number;
  private readonly isRead: boolean;
  /** The line of the request, once it is answered. */
  private line: Line | undefined;
  private answer: string | undefined;
  private terms = plainTerms;
  /** The line of what is sent again and again. */
  private resending: { readonly position: number | undefined; readonly line: Line } | undefined;
  /** Lines about waits so far. */
  private written = 0;
  private others: Line | undefined;
  private isAnswered = false;
  private hasBegun = false;
  /** Packets that were sent again while nothing came: the board was busy, and the link may be good. */
  private sentInSilence = 0;
  private over = false;

  constructor(
    private readonly journal: Journal,
    private readonly log: ClientLog,
    restartMs: number,
    private readonly protocol: BootLineRow["protocol"],
    private readonly transfer: string,
    private readonly request: string,
  ) {
    this.at = journal.clock.wallTime();
    this.askedAt = journal.clock.now();
    this.isRead = /^(RRQ|RETR) /.test(request);
    this.line = log.requested(request, restartMs);
  }

  /** What the request was answered with: "OACK blksize 1468". */
  granted(answer: string | undefined, terms: Pick<Agreement, "blksize" | "windowsize"> = plainTerms): void {
    this.answer = answer;
    this.terms = terms;
    const { transfer } = this;
    const answered = answer === undefined ? {} : { answer };
    if (this.line === undefined) {
      this.line = this.write({
        at: this.at,
        event: "request",
        request: this.request,
        ...answered,
        open: true,
      });
    } else {
      const repeated = this.line.times + 1 >= often;
      this.line.change({ transfer, ...answered });
      this.line.again(repeated ? "tftp.repeated" : undefined);
    }
    this.current.unansweredYet(this.request, this.line);
  }

  /**
   * A packet of the client came.
   * @param sentAgain packets that were sent once more since its last one, which was `silentMs` ago.
   */
  heard(machine: Machine, sentAgain: number, silentMs: number): void {
    // Whoever lost the last ACK of an upload asks for it once more (RFC 1350 §6): the file is told.
    if (this.over) return;
    if (!this.isAnswered && machine.everAnswered) this.answered();
    if (silentMs >= gapMs && wasBusy(machine, sentAgain)) this.sentInSilence += sentAgain;
    if (sentAgain > 0) this.resent(machine, sentAgain, silentMs, false);
    else if (silentMs >= gapMs) this.gap(machine, silentMs);
  }

  /** It runs, and nothing came from the client for `silentMs`. */
  waits(machine: Machine, sentAgain: number, silentMs: number): void {
    if (machine.everAnswered) this.mayBegin(machine);
    if (sentAgain > 0) this.resent(machine, sentAgain, silentMs, true);
  }

  /** The client answered for the first time. */
  answered(): void {
    this.isAnswered = true;
    this.current.answered(this.request);
    this.line?.retract("tftp.repeated");
    this.line?.close();
  }

  /** Rows come five times a second: it is measured once. */
  private mayBegin(machine: Machine): void {
    if (!this.hasBegun) this.begins(measuredOf(machine, this.askedAt));
  }

  /** The first byte of a file that the client reads went out: how long it waited for that. */
  begins(measured: Measured): void {
    const { firstByteMs } = measured;
    if (firstByteMs === undefined || this.hasBegun || !this.isRead) return;
    this.hasBegun = true;
    this.answered();
    // The wall's clock tells whole milliseconds: rounded up, it would stand behind the end.
    const at = Math.min(Math.round(this.at + firstByteMs), this.journal.clock.wallTime());
    const answer = this.protocol === "tftp" ? { answer: "DATA 1" } : {};
    const { roundTripMs, waits, ...times } = measured;
    this.write({ at, event: "data", ...answer, note: describeMeasured(times).join(", ") });
  }

  private resent(machine: Machine, sentAgain: number, silentMs: number, open: boolean): void {
    const now = this.journal.clock.wallTime();
    const times = this.terms.windowsize === 1 ? sentAgain + 1 : undefined;
    const patch = { until: now, ...(times !== undefined && { times }) };
    if (!machine.everAnswered) {
      // Before the first answer it is the answer to the request that goes out again.
      this.line?.change({ ...patch, open: true });
      return;
    }
    this.mayBegin(machine);
    const { position } = machine;
    if (this.resending?.position !== position) this.resending?.line.close();
    const packet = `${this.isRead ? "DATA" : "ACK"}${position === undefined ? "" : ` ${position}`}`;
    const answer = times === undefined ? `${sentAgain} packets from ${packet} on sent again` : packet;
    const isBusy = silentMs >= silentLongMs && wasBusy(machine, sentAgain);
    const silent = isBusy ? { diagnosis: diagnosis("tftp.silent") } : {};
    const text = { ...patch, answer, ...silent };
    const known = this.resending?.position === position ? this.resending?.line : undefined;
    // One that has no line of its own is counted when it ends.
    if (open && known === undefined && this.written >= mostLines) return;
    const line =
      known ?? this.oneOfMany({ event: "resent", at: Math.round(now - silentMs), ...text, open: true });
    if (line !== undefined && open) {
      if (known !== undefined) line.change({ ...text, open: true });
      this.resending = { position, line };
    } else {
      line?.close(text);
      this.resending = undefined;
    }
  }

  /** Nothing came from the client for a while, and then its answer; there was nothing to remind it of. */
  private gap(machine: Machine, ms: number): void {
    const { position, everAnswered } = machine;
    if (!everAnswered || !this.isRead) return;
    this.mayBegin(machine);
    this.silence(ms, `no ACK${position === undefined ? "" : ` for DATA ${position}`}`, "tftp.asleep");
  }

  /** FTP: nothing moved for a while. */
  stoodStill(ms: number): void {
    this.silence(ms, "nothing moved", "ftp.stoodStill");
  }

  /** @param what was so for these `ms`, until now. */
  private silence(ms: number, what: string, code: DiagnosisCode): void {
    const at = Math.round(this.journal.clock.wallTime() - ms);
    const note = `${what} for ${formatDuration(ms)}`;
    this.oneOfMany({ at, until: Math.round(at + ms), event: "gap", note, diagnosis: diagnosis(code) });
  }

  /** A line of its own for the first ones; the others are counted in one. */
  private oneOfMany(text: Omit<LineText, "protocol">): Line | undefined {
    this.written += 1;
    if (this.written <= mostLines) return this.write(text);
    const { event, until = this.journal.clock.wallTime() } = text;
    const more = this.written - mostLines;
    const note = `${more} more ${more === 1 ? "wait" : "waits"} of this transfer`;
    if (this.others === undefined) this.others = this.write({ event, note, open: true });
    else this.others.change({ note, until });
    return undefined;
  }

  /** It is over. @param row the last one of the transfer. */
  ended(row: TransferRow, end: FileEnd): void {
    if (this.over) return;
    this.over = true;
    if (row.bytes > 0) this.begins(row);
    this.resending?.line.close();
    this.others?.close();
    if (this.line === undefined) this.refused(end);
    else if (end.heard !== undefined) this.brokenOff(row, end.heard);
    else if (row.state === "finished") this.finished(row);
    else if (!this.isAnswered && end.sent === undefined) this.unanswered(this.line, end);
    else this.failed(row, end);
    this.current.left();
  }

  private refused({ sent, code }: FileEnd): void {
    const answer = sent === undefined ? {} : { answer: sent };
    this.write({ at: this.at, event: "request", request: this.request, ...answer, ...meaning(code) });
  }

  private brokenOff(row: TransferRow, error: Pick<ErrorPacket, "code" | "message">): void {
    this.answered();
    const code = diagnosisOfError(this.request, row, error);
    this.write({
      event: "error",
      request: describeError(error),
      ...(row.bytes > 0 && { note: `after ${formatSize(row.bytes)}` }),
      ...meaning(code),
    });
  }

  private finished(row: TransferRow): void {
    const { file, bytes, bytesPerSecond, startedAt, endedAt = startedAt, retransmissions } = row;
    const again = retransmissions === 0 ? "" : `, ${retransmissions} sent again`;
    const took = `${formatSize(bytes)} in ${formatDuration(endedAt - startedAt)} (${formatSize(bytesPerSecond)}/s)`;
    const lost = retransmissions - this.sentInSilence;
    const lossy = lost >= 5 && lost > bytes / this.terms.blksize / 100;
    this.answered();
    this.write({
      event: "end",
      note: `${file} ${row.direction === "read" ? "sent" : "received"}: ${took}${again}`,
      ...(lossy && { diagnosis: diagnosis("tftp.lossy") }),
    });
  }

  /** Nothing of it arrived: the line of the request says so, and waits for the same one again. */
  private unanswered(line: Line, { silent }: FileEnd): void {
    const code = this.answer?.startsWith("OACK") === true ? "tftp.oackIgnored" : "tftp.noAnswer";
    line.close({ note: "never acknowledged", ...(silent && !line.isDiagnosed && meaning(code)) });
  }

  private failed(row: TransferRow, { sent, silent, code }: FileEnd): void {
    this.answered();
    const fragments = row.bytes === 0 && this.terms.blksize > largestUnfragmented;
    const silence = !silent ? undefined : fragments ? "tftp.fragments" : "tftp.stalled";
    const said = sent === undefined ? { note: row.trouble?.message ?? row.state } : { answer: sent };
    this.write({ event: sent === undefined ? "end" : "error", ...said, ...meaning(code ?? silence) });
  }

  private get current(): ClientLog {
    return this.log.current;
  }

  private write(text: Omit<LineText, "protocol">): Line {
    const { protocol, transfer } = this;
    return this.current.write({ protocol, transfer, ...text });
  }
}

const meaning = (code: DiagnosisCode | undefined): Pick<BootLineRow, "diagnosis"> =>
  code === undefined ? {} : { diagnosis: diagnosis(code) };

/** A probe is no failure: PXE ROMs and UEFI ask for `tsize` first. */
function diagnosisOfError(
  request: string,
  { bytes, direction }: TransferRow,
  { code }: Pick<ErrorPacket, "code">,
): DiagnosisCode | undefined {
  if (bytes > 0 || direction === "write") return undefined;
  const breaksOff = code === errorCode.undefined || code === errorCode.optionRefused;
  if (breaksOff && / tsize \d+( |$)/i.test(request)) return "tftp.askedSize";
  return code === errorCode.optionRefused ? "tftp.optionRefused" : undefined;
}
