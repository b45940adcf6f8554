/** `doctor`: what stands between the boards and the servers, as text or as JSON lines. */

import { basename } from "node:path";
import manifest from "../../package.json";
import { checkMachine } from "../engine/doctor/doctor";
import { groupChecks, summaryOf, type Check, type CheckState, type CheckSummary } from "../model/checks";
import type { Wanted } from "../model/settings";
import { printable, visible } from "../model/text";
import { exitCodes } from "./exitCodes";
import { paintFor, writeJson, type Paint } from "./print";
import { stdoutScreen } from "./progress";
import { describeFixes, type Tone } from "./rows";

export interface DoctorOptions {
  readonly command: "doctor";
  /** What would be served. */
  readonly wanted: Wanted;
  readonly json: boolean;
}

const marks: Readonly<Record<CheckState, readonly [mark: string, tone: Tone]>> = {
  problem: ["✗", "bad"],
  warning: ["!", "warning"],
  unknown: ["?", "plain"],
  ok: ["✓", "good"],
};

/** Where what was found begins; a longer subject pushes it. */
const aboutWidth = 22;

/** The checks by urgency, what is to be pasted below each, and the verdict as the last line. */
export function formatChecks(checks: readonly Check[], summary: CheckSummary, paint: Paint): string[] {
  const lines = groupChecks(checks).flatMap(({ state, title, checks: group }) => {
    const [mark, tone] = marks[state];
    return [
      title,
      ...group.flatMap((one) => [
        `  ${paint(tone, mark)} ${visible(one.about).padEnd(aboutWidth)} ${visible(one.message)}`,
        ...(one.remedy === undefined ? [] : [`    ${visible(one.remedy)}`]),
        ...describeFixes([one], "    "),
      ]),
      "",
    ];
  });
  return [...lines, paint(summary.ok ? "good" : "bad", summary.verdict)];
}

/** @returns the exit code. */
export async function doctor({ wanted, json }: DoctorOptions): Promise<number> {
  const checks = await checkMachine(wanted);
  const summary = summaryOf(checks, wanted.addresses);
  if (json) for (const row of [...checks, summary]) writeJson(row);
  else {
    const screen = stdoutScreen();
    const head = `Boot Servers ${manifest.version} · this computer, for serving ${printable(basename(wanted.folder))}`;
    screen.line(head, "", ...formatChecks(checks, summary, paintFor(screen)));
  }
  return summary.ok ? exitCodes.done : exitCodes.failed;
}
