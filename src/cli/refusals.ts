/**
 * What is said of files that were asked for and not given. A board that finds nothing asks for a dozen names,
 * again and again: each name is one line, with the nearest names that there are, and then the board is counted. What is
 * normal for a kind of board is counted only.
 */

import type { Clock, Timer } from "../engine/clock";
import type { TransferRow } from "../model/events";

/** The nearest names of a missing file come in a second row, when the served root has been looked through. */
const waitForNamesMs = 500;
/** So long repetitions are counted before they are told. */
const countForMs = 30_000;
/** A name that was not asked for in so long a time is told anew. */
const rememberForMs = 10 * 60_000;
/** Of more than so many names the oldest is forgotten: who tries every name must not fill the memory. */
const mostNames = 1000;

export interface RefusalVoice {
  /** A file was refused. @param at when it was asked for, Unix ms. */
  first(row: TransferRow, at: number): void;
  /** What this board was refused before it has asked for again. */
  again(board: Repeats): void;
}

export interface Repeats {
  readonly protocol: TransferRow["protocol"];
  readonly address: string;
  readonly times: number;
  /** How many different files; 0: nothing but logins. */
  readonly files: number;
  /** The kind of board for which this is normal; absent: it is not. */
  readonly normal?: string;
}

interface Asked {
  row: TransferRow;
  /** Unix ms of the first time. */
  readonly at: number;
  /** The id of the row of the last time. */
  lastId: string;
  /** Monotonic ms of the last time. */
  lastAt: number;
  /** Set while the line is held back. */
  held: Timer | undefined;
}

interface Counted {
  readonly protocol: TransferRow["protocol"];
  readonly address: string;
  times: number;
  readonly files: Set<string>;
  readonly normal: string | undefined;
  readonly timer: Timer;
}

const meaning = ({ protocol, direction, file, address, trouble }: TransferRow): string =>
  [protocol, direction, address, trouble?.code, file].join("\0");

const hasNames = ({ nearest = [] }: TransferRow): boolean => nearest.length > 0;

export class Refusals {
  /** By what was asked and answered; what was asked for last is the last. */
  private readonly asked = new Map<string, Asked>();
  /** By protocol and address. */
  private readonly counted = new Map<string, Counted>();

  constructor(
    private readonly clock: Clock,
    private readonly voice: RefusalVoice,
  ) {}

  /** @param row of a transfer that was refused, or whose end is normal for such a board. */
  take(row: TransferRow): void {
    const key = meaning(row);
    if (row.normal !== undefined) {
      this.count(key, row);
      return;
    }
    const earlier = this.asked.get(key);
    this.asked.delete(key);
    if (earlier === undefined || this.clock.now() - earlier.lastAt > rememberForMs) {
      this.asked.set(key, this.first(row));
      this.forgetOldest();
      return;
    }
    this.asked.set(key, earlier);
    if (earlier.row.id === row.id && hasNames(row) && !hasNames(earlier.row)) {
      earlier.row = row;
      this.say(earlier);
      return;
    }
    // The nearest names of what is counted already.
    if (earlier.lastId === row.id && hasNames(row)) return;
    earlier.lastId = row.id;
    earlier.lastAt = this.clock.now();
    this.count(key, row);
  }

  /** Tells what is still held back. */
  end(): void {
    for (const asked of this.asked.values()) if (asked.held !== undefined) this.say(asked);
    for (const [key, counted] of this.counted) this.sayAgain(key, counted);
    this.asked.clear();
  }

  private first(row: TransferRow): Asked {
    const { clock } = this;
    const asked: Asked = {
      row,
      at: clock.wallTime(),
      lastId: row.id,
      lastAt: clock.now(),
      held: undefined,
    };
    const isMissing = row.trouble?.code === "file.missing" && !hasNames(row);
    if (!isMissing) this.say(asked);
    else {
      asked.held = this.clock.at(this.clock.now() + waitForNamesMs, () => {
        this.say(asked);
      });
    }
    return asked;
  }

  private say(asked: Asked): void {
    asked.held?.cancel();
    asked.held = undefined;
    this.voice.first(asked.row, asked.at);
  }

  private forgetOldest(): void {
    for (const [key, asked] of this.asked) {
      if (this.asked.size <= mostNames) return;
      if (asked.held !== undefined) this.say(asked);
      this.asked.delete(key);
    }
  }

  private count(key: string, { protocol, address, normal, isSession }: TransferRow): void {
    const board = [protocol, address, normal?.board].join(" ");
    let counted = this.counted.get(board);
    if (counted === undefined) {
      const timer = this.clock.at(this.clock.now() + countForMs, () => {
        const full = this.counted.get(board);
        if (full !== undefined) this.sayAgain(board, full);
      });
      counted = { protocol, address, times: 0, files: new Set(), normal: normal?.board, timer };
      this.counted.set(board, counted);
    }
    counted.times += 1;
    if (isSession !== true) counted.files.add(key);
  }

  private sayAgain(board: string, { protocol, address, times, files, normal, timer }: Counted): void {
    timer.cancel();
    this.counted.delete(board);
    this.voice.again({
      protocol,
      address,
      times,
      files: files.size,
      ...(normal !== undefined && { normal }),
    });
  }
}
