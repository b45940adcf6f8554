/** What "Check This Machine" found, as a Markdown document: to be searched, copied from and kept. Pure. */

import { groupChecks, summaryOf, type Check, type CheckState } from "../../model/checks";
import { inMarkdown } from "../words";

/** What the checks do not say themselves. */
export interface CheckFacts {
  /** Name of the workspace folder. */
  readonly folder: string;
  /** Where it is to be served. */
  readonly addresses: readonly string[];
  /** Of the extension. */
  readonly version: string;
  /** The launch command, where the servers get their rights from one that this check did not run under. */
  readonly launch?: readonly string[];
}

const marks: Readonly<Record<CheckState, string>> = { problem: "✗", warning: "!", unknown: "?", ok: "✓" };

/** The whole document. */
export function checkText(
  checks: readonly Check[],
  { folder, addresses, version, launch = [] }: CheckFacts,
): string {
  const { ok, verdict } = summaryOf(checks, addresses);
  const lines = [
    "# This machine",
    "",
    `${ok ? "✓" : "✗"} **${inMarkdown(verdict)}**`,
    "",
    `Looked at for serving ${inMarkdown(folder)}, by Boot Servers ${inMarkdown(version)}. Nothing was changed.`,
    ...(launch.length === 0
      ? []
      : [
          "",
          `The servers are started with ${inMarkdown(launch.join(" "))}; rights that it gives are not seen here.`,
        ]),
    ...groupChecks(checks).flatMap(({ state, title, checks: group }) => [
      "",
      `## ${title}`,
      "",
      ...group.flatMap((check) => checkLines(check, marks[state])),
    ]),
    "",
  ];
  return lines.join("\n");
}

/** One check; what is to be pasted stands in a block of its own. */
function checkLines({ about, message, remedy, fixes = [] }: Check, mark: string): string[] {
  return [
    `- ${mark} **${inMarkdown(about)}**: ${inMarkdown(message)}`,
    ...(remedy === undefined ? [] : ["", `  ${inMarkdown(remedy)}`]),
    ...fixes.flatMap(({ what, line }) => [
      "",
      `  This line ${inMarkdown(what)}:`,
      "",
      "  ```",
      `  ${line}`,
      "  ```",
    ]),
  ];
}
