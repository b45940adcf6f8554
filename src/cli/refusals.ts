/**
 * What is said of files that were asked for and not given. A board that finds nothing asks for a dozen names,
 * again and again: each is one line, with the nearest names, and its repetitions are a number.
 */

import type { Clock, Timer } from "../engine/clock";
import type { TransferRow } from "../model/events";

/** The nearest names of a missing file come in a second row, when the served root has been looked through. */
const waitForNamesMs = 500;
/** So long repetitions are counted before they are told. */
const countForMs = 30_000;
/** Of more than so many names at a time the oldest is told and forgotten: a scan of the server must not grow it. */
const mostNames = 1000;

interface Asked {
  row: TransferRow;
  /** Unix ms of the first time. */
  readonly at: number;
  told: boolean;
  again: number;
  timer?: Timer;
}

/** Writes one line. @param again how often it was asked since the line before; 0: this is the first line. */
export type TellRefusal = (row: TransferRow, at: number, again: number) => void;

const meaning = ({ protocol, direction, file, address, trouble }: TransferRow): string =>
  [protocol, direction, address, trouble?.code, file].join("\0");

const hasNames = ({ nearest = [] }: TransferRow): boolean => nearest.length > 0;

export class Refusals {
  private readonly asked = new Map<string, Asked>();

  constructor(
    private readonly clock: Clock,
    private readonly tell: TellRefusal,
  ) {}

  /** @param row of a transfer that was refused. */
  take(row: TransferRow): void {
    const key = meaning(row);
    const earlier = this.asked.get(key);
    if (earlier === undefined) {
      this.first(key, row);
      return;
    }
    const isNews = earlier.row.id === row.id && hasNames(row) && !hasNames(earlier.row);
    if (!isNews) {
      earlier.again += 1;
      return;
    }
    earlier.row = row;
    this.say(key, earlier);
  }

  /** Tells what is still held back. */
  end(): void {
    for (const [key, asked] of this.asked) this.forget(key, asked);
  }

  private first(key: string, row: TransferRow): void {
    for (const [oldest, asked] of this.asked) {
      if (this.asked.size < mostNames) break;
      this.forget(oldest, asked);
    }
    const asked: Asked = { row, at: this.clock.wallTime(), told: false, again: 0 };
    this.asked.set(key, asked);
    if (row.trouble?.code !== "file.missing" || hasNames(row)) this.say(key, asked);
    else
      this.wait(asked, waitForNamesMs, () => {
        this.say(key, asked);
      });
  }

  private say(key: string, asked: Asked): void {
    this.tell(asked.row, asked.at, 0);
    asked.told = true;
    this.wait(asked, countForMs, () => {
      this.forget(key, asked);
    });
  }

  private forget(key: string, asked: Asked): void {
    asked.timer?.cancel();
    this.asked.delete(key);
    if (!asked.told) this.tell(asked.row, asked.at, 0);
    if (asked.again > 0) this.tell(asked.row, this.clock.wallTime(), asked.again);
  }

  private wait(asked: Asked, ms: number, then: () => void): void {
    asked.timer?.cancel();
    asked.timer = this.clock.at(this.clock.now() + ms, then);
  }
}
