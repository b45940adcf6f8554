/** Answers of BOOTP under a fault profile: lost, doubled or late, and a line of the log for each. */

import { printable } from "../../model/text";
import type { ClientView } from "../../protocol/bootp/clients";
import { Late } from "../late";
import { OncePerSecond } from "../oncePerSecond";
import type { ServerContext } from "../server";

export class DisturbedAnswers {
  private readonly late: Late;
  private readonly said: OncePerSecond;

  constructor(private readonly context: Pick<ServerContext, "clock" | "journal" | "situation" | "tap">) {
    this.late = new Late(context.clock);
    this.said = new OncePerSecond(context.clock);
  }

  /** Sends it, as the profile about this client says; at once where there is none. */
  carry({ id, mac, address = "", name }: ClientView, send: () => void): void {
    const { clock, journal, situation, tap } = this.context;
    const faults = situation().injection?.board({ address, mac, name });
    if (faults === undefined) {
      send();
      return;
    }
    const board = name ?? id;
    const { dueMs, lines, note } = faults.answer();
    if (note !== undefined) tap?.remark(mac ?? id, note);
    const now = clock.now();
    for (const ms of dueMs) this.late.add(ms === 0 ? undefined : now + ms, send);
    // Of a flood one line a second.
    if (lines.length > 0 && this.said.allows(board))
      journal.log("info", `faults: BOOTP, ${printable(board)}: ${lines.join(", ")}`);
  }

  close(): void {
    this.late.close();
  }
}
