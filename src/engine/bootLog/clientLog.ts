/**
 * The boot log of one client while it is written: which boot it is in, and the lines that may still change because the
 * same may come again.
 *
 * A boot begins with a BOOTP request or DISCOVER that asks what was asked before in the boot, once something was loaded
 * since or after a minute of silence; and with anything after `restartSeconds` of silence. "What was asked" is the
 * vendor class and the file that is named: the stages of a board (ROM, SPL, U-Boot) and the rounds of a boot sequence
 * ask for another file each and belong to one boot, and so do retries.
 */

import { diagnosis, type DiagnosisCode } from "../../model/bootDiagnoses";
import { Recent } from "../../protocol/recent";
import type { Timer } from "../clock";
import type { Journal } from "../journal";
import { type Diagnosed, Line, type LineText, often } from "./line";

/** A line that was not repeated for so long is told as it stands. */
const settleMs = 1_000;
/** So long after our answer a board has asked for its file. */
const requestMs = 10_000;
/** The same question after so much silence is another boot. */
const quietMs = 60_000;
/** This many boots in this time are a loop. */
const loopBoots = 3;
const loopMs = 300_000;
/** Of the questions since the last transfer, and of the requests without an answer, so many can be told again. */
const mostRemembered = 16;
/** Of what was asked in a boot, so much is known again: a peer may name another vendor class each time. */
const mostSubjects = 100;
/** Lines of an address that go to its client once that is known. */
const mostKept = 200;

/** One BOOTP or DHCP request, and what became of it. */
export interface Question {
  /** `DISCOVER`. */
  readonly type: string;
  readonly xid: number;
  /** What it says without its `xid`. */
  readonly about: string;
  /** What was answered, or why nothing was; undefined: it wants no answer. */
  readonly answer: string | undefined;
  readonly answered: boolean;
  /** It may begin a boot. */
  readonly begins: boolean;
  /** The stage of the board and the file that it is told. */
  readonly subject: string;
  /** What comes next, if all is well: a request for the file that was named, or nothing, since none was. */
  readonly next: "request" | "noFile" | undefined;
}

interface Asked {
  readonly key: string;
  readonly xid: number;
  readonly line: Line;
}

export class ClientLog {
  /** Of this log's boots that began within `loopMs`, when. */
  private begun: number[] = [];
  private heardAt = -Infinity;
  private running = 0;
  /** Transfers that began in this boot. */
  private loads = 0;
  /** What was asked in this boot, and how much was loaded before it was asked last. */
  private readonly subjects = new Recent<number>(mostSubjects);
  /** The questions since the last transfer. */
  private questions: Asked[] = [];
  /** Requests for files that were not answered yet, by their text. */
  private readonly unanswered = new Recent<Line>(mostRemembered);
  /** What waits for the file to be asked for. */
  private waiting: { readonly line: Line; readonly code: DiagnosisCode; readonly until: number } | undefined;
  /** The question that may come again. */
  private settling: { readonly line: Line; readonly until: number } | undefined;
  private timer: Timer | undefined;
  private lines: Line[] = [];
  private movedTo: ClientLog | undefined;

  /**
   * @param isAddress no client is known there yet.
   * @param boot the one that it is in; before anything is heard, the number behind which it counts.
   */
  constructor(
    private readonly journal: Journal,
    private id: string,
    private isAddress: boolean,
    private readonly diagnosed: Diagnosed,
    public boot: number,
  ) {}

  /** The log that its lines go to now. */
  get current(): ClientLog {
    return this.movedTo?.current ?? this;
  }

  /** True when nothing was heard for so long that it may have been another board's. */
  isStale(restartMs: number): boolean {
    return this.idleMs() >= restartMs;
  }

  write(text: LineText): Line {
    const { journal, id: client, boot } = this;
    const at = journal.clock.wallTime();
    const row = { type: "bootLine", id: journal.nextId("boot"), client, boot, at, ...text } as const;
    const line = new Line(journal, row, this.diagnosed);
    if (this.isAddress) {
      this.lines.push(line);
      if (this.lines.length > mostKept) this.lines.shift();
    }
    return line;
  }

  /** A line that nothing else follows from. */
  tell(text: LineText, restartMs: number): Line {
    this.heard(restartMs);
    return this.write(text);
  }

  asked(question: Question, restartMs: number): void {
    const diagnosed = this.heard(restartMs, question.begins ? question.subject : undefined);
    const key = [question.type, question.about, question.answer].join("\0");
    const earlier = this.questions.find((each) => each.key === key);
    if (earlier === undefined) {
      const line = this.writeQuestion(question, diagnosed);
      this.questions = [...this.questions.slice(1 - mostRemembered), { key, xid: question.xid, line }];
      this.settle(line);
    } else {
      this.askedAgain(earlier, question);
    }
    this.expect(question);
  }

  private writeQuestion(question: Question, code: DiagnosisCode | undefined): Line {
    const { type, xid, about, answer } = question;
    this.settling?.line.close();
    // Who goes on has got our answer, in the end.
    this.questions.at(-1)?.line.retract("bootp.repeated");
    return this.write({
      protocol: "bootp",
      event: "question",
      request: `${type} xid ${xid.toString(16).padStart(8, "0")}${about === "" ? "" : ` ${about}`}`,
      ...(answer !== undefined && { answer }),
      ...(code !== undefined && { diagnosis: diagnosis(code) }),
      open: true,
    });
  }

  private askedAgain(earlier: Asked, question: Question): void {
    const { line, xid } = earlier;
    const alone = this.questions.at(-1) === earlier;
    this.questions = [...this.questions.filter((each) => each !== earlier), earlier];
    const repeated = question.answered && line.times + 1 >= often;
    const code = repeated
      ? alone
        ? "bootp.repeated"
        : "bootp.startsOver"
      : xid === question.xid || line.isDiagnosed
        ? undefined
        : "bootp.newXid";
    if (this.settling?.line !== line) this.settling?.line.close();
    line.again(code);
    this.settle(line);
  }

  private settle(line: Line): void {
    this.settling = { line, until: this.journal.clock.now() + settleMs };
    this.wake();
  }

  private expect({ next }: Question): void {
    const line = this.settling?.line;
    if (next === undefined || line === undefined) return;
    const code = next === "request" ? "bootp.noRequest" : "bootp.noFile";
    this.waiting = { line, code, until: this.journal.clock.now() + requestMs };
    this.wake();
  }

  /** A file is asked for. @returns the line of the same request, where that was never answered. */
  requested(request: string, restartMs: number): Line | undefined {
    this.heard(restartMs);
    this.loads += 1;
    this.running += 1;
    this.settling?.line.close();
    this.questions.at(-1)?.line.retract("bootp.repeated", "bootp.noRequest", "bootp.noFile");
    this.settling = undefined;
    this.waiting = undefined;
    this.questions = [];
    return this.unanswered.get(request);
  }

  /** Nobody has answered it yet: it may come again. */
  unansweredYet(request: string, line: Line): void {
    this.unanswered.set(request, line);
  }

  answered(request: string): void {
    this.unanswered.delete(request);
  }

  /** A transfer is over. */
  left(): void {
    this.running -= 1;
    this.heardAt = this.journal.clock.now();
  }

  /** Something came. @returns what a new boot tells of the one before. */
  private heard(restartMs: number, subject?: string): DiagnosisCode | undefined {
    const now = this.journal.clock.now();
    const idleMs = this.idleMs();
    this.heardAt = now;
    const loadsThen = subject === undefined ? undefined : this.subjects.get(subject);
    const again = loadsThen !== undefined && (this.loads > loadsThen || idleMs >= quietMs);
    const found = idleMs >= restartMs || again ? this.beginBoot(now) : undefined;
    if (subject !== undefined) this.subjects.set(subject, this.loads);
    return found;
  }

  private idleMs(): number {
    return this.running > 0 ? 0 : this.journal.clock.now() - this.heardAt;
  }

  private beginBoot(now: number): DiagnosisCode | undefined {
    const cut = this.running > 0;
    this.boot += 1;
    this.begun = [...this.begun.filter((at) => now - at < loopMs), now].slice(-loopBoots);
    this.settling?.line.close();
    this.settling = undefined;
    this.waiting = undefined;
    this.loads = 0;
    this.subjects.clear();
    this.questions = [];
    this.unanswered.clear();
    return this.begun.length >= loopBoots ? "boot.loops" : cut ? "boot.startedOver" : undefined;
  }

  private wake(): void {
    this.timer?.cancel();
    const next = Math.min(this.settling?.until ?? Infinity, this.waiting?.until ?? Infinity);
    if (next !== Infinity) this.timer = this.journal.clock.at(next, this.look);
  }

  private readonly look = (): void => {
    const now = this.journal.clock.now();
    const { settling, waiting } = this;
    if (settling !== undefined && settling.until <= now) {
      this.settling = undefined;
      settling.line.close();
    }
    if (waiting !== undefined && waiting.until <= now) {
      this.waiting = undefined;
      if (!waiting.line.isDiagnosed) waiting.line.close({ diagnosis: diagnosis(waiting.code) });
    }
    this.wake();
  };

  /** The client at this address is known now: what was written belongs to its boot. */
  become(client: string, known: ClientLog | undefined): void {
    this.isAddress = false;
    if (known === undefined) this.id = client;
    else {
      this.settleNow();
      this.movedTo = known;
      known.running += this.running;
      known.loads += this.loads;
    }
    for (const line of this.lines) line.change({ client, boot: known?.boot ?? this.boot });
    this.lines = [];
  }

  /** Nothing is waited for any more. */
  settleNow(): void {
    this.timer?.cancel();
    this.settling?.line.close();
    this.settling = undefined;
    this.waiting = undefined;
  }
}
