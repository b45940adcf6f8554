/** The fault profiles that hold, and what is said of them. */

import type { Trouble } from "../model/events";
import { Injection } from "../model/faults/injection";
import type { Faults } from "../model/faults/profile";
import { describeFaults, faultsWarning, replayTexts } from "../model/faults/words";
import { parseMac } from "../model/mac";
import type { Plan } from "../model/plan";
import { isIP } from "node:net";
import type { Journal } from "./journal";
import { posixWord } from "./pasting";

/** What holds now. A transfer keeps what held when it began. */
export class FaultWatch {
  injection: Injection | undefined;
  private faults: Faults | undefined;

  constructor(private readonly journal: Journal) {}

  /** For every server's row. */
  get warnings(): readonly Trouble[] {
    return this.faults === undefined ? [] : [faultsWarning(this.faults)];
  }

  /** @returns true when these are others than before: what they count begins anew then. */
  adopt(faults: Faults | undefined, { clients }: Pick<Plan, "clients">): boolean {
    if (JSON.stringify(faults) === JSON.stringify(this.faults)) return false;
    this.faults = faults;
    this.injection = faults && new Injection(faults);
    if (faults === undefined) {
      this.journal.log("info", "faults: none are injected any more");
      return true;
    }
    const again = replayTexts(faults).map((text) => `--fault ${posixWord(text)}`);
    this.journal.log("warning", `faults: ${describeFaults(faults)}`);
    this.journal.log("info", `faults: the same again with ${again.join(" ")}`);
    for (const { board } of faults.profiles) {
      if (board === undefined || isIP(board) !== 0 || parseMac(board) !== undefined) continue;
      if (clients.every(({ name }) => name !== board))
        this.journal.log("warning", `faults: the plan has no client "${board}", so nobody is meant`);
    }
    return true;
  }

  /** The servers have stopped. */
  end(): void {
    this.faults = undefined;
    this.injection = undefined;
  }
}
