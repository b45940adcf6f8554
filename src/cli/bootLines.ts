/**
 * When `serve` prints a line of the boot log: once it is final; one that may still change after a second, so that a board
 * that is silent is seen while it is, and again with what it turns out to mean and as it ended, in short. What comes back
 * sooner is folded.
 */

import type { Clock, Timer } from "../engine/clock";
import { describeBootLine } from "../model/bootLog";
import type { BootLineRow } from "../model/events";
import { Recent } from "../protocol/recent";

/** A little longer than the servers wait for a question to be repeated: that line is final then. */
const openMs = 1_100;
/** Lines that are known to have been printed, and of those that are open as many. */
const most = 1_000;

interface Open {
  row: BootLineRow;
  readonly timer: Timer;
}

interface Printed {
  readonly text: string;
  /** Of the diagnosis. */
  readonly code: string | undefined;
}

/** What was printed in full is only named, with what is new. */
function inShort({ request, answer, diagnosis, ...row }: BootLineRow, before: Printed): BootLineRow {
  return {
    ...row,
    ...(request !== undefined && { request: request.split(" ").slice(0, 3).join(" ") }),
    ...(request === undefined && answer !== undefined && { answer }),
    ...(diagnosis !== undefined && diagnosis.code !== before.code && { diagnosis }),
  };
}

export class BootLines {
  /** How a line was printed last: one that moves to its board, or is told as it was, is not printed again. */
  private readonly printed = new Recent<Printed>(most);
  private readonly open = new Recent<Open>(most);

  /** @param print of a line that is open what it says so far; `at` is Unix ms. */
  constructor(
    private readonly clock: Clock,
    private readonly print: (row: BootLineRow, at: number) => void,
  ) {}

  take(row: BootLineRow): void {
    const known = this.open.get(row.id);
    if (row.open !== true) {
      this.settle(known, row);
    } else if (known === undefined) {
      const { id } = row;
      const timer = this.clock.at(this.clock.now() + openMs, () => {
        this.tell(this.open.get(id)?.row ?? row);
      });
      this.settle(this.open.set(id, { row, timer }));
    } else {
      const isNews = row.diagnosis !== undefined && row.diagnosis.code !== known.row.diagnosis?.code;
      known.row = row;
      if (isNews) this.tell(row);
    }
  }

  /** No line changes any more. */
  end(): void {
    for (const open of [...this.open.values()]) this.settle(open);
  }

  private settle(open: Open | undefined, row = open?.row): void {
    open?.timer.cancel();
    if (row === undefined) return;
    this.open.delete(row.id);
    this.tell(row);
  }

  private tell(row: BootLineRow): void {
    const before = this.printed.get(row.id);
    const [text, code] = [describeBootLine(row), row.diagnosis?.code ?? before?.code];
    if (before?.text === text && before.code === code) return;
    this.printed.set(row.id, { text, code });
    if (before === undefined) this.print(row, row.at);
    else this.print(inShort(row, before), this.clock.wallTime());
  }
}
