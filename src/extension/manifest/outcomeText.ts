/** How a line of a manifest fared when it was last verified, in one line of text. Knows nothing of VS Code. */

import { formatSize } from "../../model/text";
import { describeTrouble } from "../views/item";
import type { Outcome } from "../tests/outcomes";
import { count, quoted, unadorned } from "../words";

/** The time of day, `14:02`. @param at Unix ms. */
const timeOf = (at: number): string => new Date(at).toTimeString().slice(0, 5);

/** What is wrong is told first; a line that several boards fetch has an outcome for each of them. */
export function outcomeText(outcomes: readonly Outcome[]): string | undefined {
  const ended = outcomes.filter(({ step }) => step.state !== "running");
  const failed = ended.filter(({ step }) => step.state === "failed");
  const passed = ended.filter(({ step }) => step.state === "passed");
  const [worst] = failed.length > 0 ? failed : passed.length < ended.length ? skippedOf(ended) : passed;
  if (worst === undefined) return undefined;
  const { step, startedAt } = worst;
  const reason = step.trouble === undefined ? "" : ` ${describeTrouble(step.trouble)}`;
  const which = ended.length > 1 ? ` for ${quoted(step.client)} (${failed.length} of ${ended.length})` : "";
  const boards = ended.length > 1 ? ` ${count(ended.length, "time")}` : "";
  const size = step.bytes === undefined ? "" : `, ${formatSize(step.bytes)}`;
  switch (step.state) {
    case "failed":
      return `$(error) ${unadorned(`Failed at ${timeOf(startedAt)}${which}.${reason}`)}`;
    case "skipped":
      return `$(circle-slash) ${unadorned(`Not verified at ${timeOf(startedAt)}.${reason}`)}`;
    default:
      return `$(pass) ${unadorned(`Verified${boards} at ${timeOf(startedAt)}${size}`)}`;
  }
}

const skippedOf = (outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.filter(({ step }) => step.state === "skipped");
