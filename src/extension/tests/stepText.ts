/** What is said of a step that has ended: to who reads the message of a failure, and in the output of the run. */

import type { StepKind, StepRow } from "../../model/events";
import { formatDuration, formatSize } from "../../model/text";
import { isFileStep } from "../../model/verdict";
import { describeTrouble, joined } from "../views/item";
import { count, quoted } from "../words";

export const kindNames: Readonly<Record<StepKind, string>> = {
  bootp: "BOOTP",
  tftp: "TFTP",
  manifest: "Manifest",
  ftp: "FTP",
};

const marks: Readonly<Record<StepRow["state"], string>> = {
  running: "…",
  passed: "✓",
  failed: "✗",
  skipped: "–",
};

/** What happened, and what to do: the message of a test that did not pass. */
export function failureText({ trouble, warnings }: StepRow): string {
  const lines = [
    ...(trouble === undefined ? [] : [describeTrouble(trouble)]),
    ...warnings.map((warning) => `Note: ${quoted(warning)}`),
  ];
  return lines.join("\n");
}

/** What was expected or came, with a line for each measure, so that a diff shows which one differs. */
export const sideText = (side: string): string => side.split(", ").map(quoted).join("\n");

/** The lines of a step in the output of its run. */
export function outputLines(row: StepRow): string[] {
  const { trouble, warnings, bytes, got, retransmissions = 0, from } = row;
  const measured = isFileStep(row)
    ? [bytes === undefined ? undefined : formatSize(bytes), row.sha256?.slice(0, 16)]
    : [got === row.name ? undefined : got && quoted(got)];
  const head = joined(
    "  ",
    `${marks[row.state]} ${kindNames[row.kind]} ${quoted(row.name)}`,
    ...measured,
    row.durationMs < 0.5 ? undefined : formatDuration(row.durationMs),
    retransmissions > 0 && count(retransmissions, "retransmission"),
    from && `from ${quoted(from)}`,
  );
  const said = [
    ...(trouble === undefined ? [] : [describeTrouble(trouble)]),
    ...(row.state === "failed" && row.expected !== undefined ? [`expected  ${quoted(row.expected)}`] : []),
    ...(row.state === "failed" && got !== undefined ? [`got       ${quoted(got)}`] : []),
    ...warnings.map((warning) => `note: ${quoted(warning)}`),
  ];
  return [head, ...said.map((line) => `    ${line}`)];
}
