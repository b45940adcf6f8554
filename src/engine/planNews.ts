/** What the log says of the plan: each problem once, what a new plan changes, and why one was not taken. */

import type { Trouble } from "../model/events";
import { errorMessage, printable } from "../model/text";
import type { Journal } from "./journal";
import { describeProblem, PlanError, planPath, type LoadedPlan } from "./planFile";

const unplanned = `there is no ${planPath}: the whole folder is served, and BOOTP names no boot file; { "boot": "u-boot.bin" } in it names one`;

export class PlanNews {
  /** Problems that were told: a plan that is read again tells what is new. */
  private told: ReadonlySet<string> = new Set();
  /** What was refused last, and not taken since. */
  private refusal: string | undefined;
  /** Why what the plan says now is not what is served; for every server's row. */
  warnings: readonly Trouble[] = [];

  constructor(private readonly journal: Journal) {}

  /** @returns true when the rows say something else from now on. */
  warns(trouble: Trouble | undefined): boolean {
    const isNews = this.warnings[0]?.message !== trouble?.message;
    this.warnings = trouble === undefined ? [] : [trouble];
    return isNews;
  }

  /** The warnings that were not told yet; without a plan what that means. */
  taken({ problems, planned }: LoadedPlan): void {
    const lines = problems.map(describeProblem);
    for (const line of lines) if (!this.told.has(line)) this.journal.log("warning", line);
    if (!planned && !this.told.has(unplanned)) this.journal.log("info", unplanned);
    this.told = new Set(planned ? lines : [unplanned]);
    this.refusal = undefined;
  }

  /** What is another than before. */
  changed(earlier: LoadedPlan, now: LoadedPlan): void {
    if (JSON.stringify(earlier.plan) !== JSON.stringify(now.plan)) {
      this.journal.log("info", "the plan has changed; what is asked from now on follows it");
      return;
    }
    for (const name of earlier.absent) {
      if (!now.absent.includes(name)) this.journal.log("info", `"${printable(name)}" is there now`);
    }
  }

  /** A change that could not be made; one of addresses is tried twice a second. */
  refused(error: unknown): void {
    this.told = new Set();
    const problems = error instanceof PlanError ? error.problems.map(describeProblem) : [errorMessage(error)];
    const refusal = problems.join("\n");
    if (refusal === this.refusal) return;
    this.refusal = refusal;
    for (const problem of problems) this.journal.log("error", problem);
    this.journal.log("warning", "the plan before this change goes on");
  }
}
