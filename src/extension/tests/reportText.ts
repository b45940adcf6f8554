/** A verification as a Markdown document, to be kept beside the release. Pure. */

import type { ReportRow, StepRow } from "../../model/events";
import { describeMeasured } from "../../model/measured";
import { formatDuration, formatSize } from "../../model/text";
import { isFileStep } from "../../model/verdict";
import { describeTrouble } from "../views/item";
import { inMarkdown, quoted } from "../words";
import { kindNames } from "./stepText";

/** What the report does not say itself. */
export interface ReportFacts {
  /** Name of the workspace folder. */
  readonly folder: string;
  /** What was asked: `Fresh servers on this computer`, `192.168.7.2`. */
  readonly subject: string;
  /** Of the extension. */
  readonly version: string;
}

/** Text that stands in Markdown as it is: a peer's name makes no link, no image and no column there. */
const plain = (text: string): string => inMarkdown(quoted(text));

/** With the blank line before it that Markdown wants; nothing where it has no row. */
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0
    ? []
    : ["", ...[head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`)];

const results: Readonly<Record<StepRow["state"], string>> = {
  running: "…",
  passed: "✓ passed",
  failed: "✗ **failed**",
  skipped: "– skipped",
};

/** The whole document. */
export function reportText(report: ReportRow, { folder, subject, version }: ReportFacts): string {
  const { ok, verdict, steps, startedAt, durationMs } = report;
  const clients = [...new Set(steps.map(({ client }) => client))];
  const refused = Object.entries(report.refused).map(
    ([rule, count]) => `Not served, and so not compared: ${count} by the rule ${plain(rule)}.`,
  );
  const notes = [...refused, ...report.notes.map(plain)];
  const lines = [
    `# Verification of ${plain(folder)}`,
    "",
    `${ok ? "✓" : "✗"} **${plain(verdict)}**`,
    ...table(
      ["what", ""],
      [
        ["folder", plain(folder)],
        ["asked", plain(subject)],
        ["begun", new Date(startedAt).toISOString()],
        ["took", formatDuration(durationMs)],
        ["by", `Boot Servers ${plain(version)}`],
      ],
    ),
    ...clients.flatMap((client) =>
      boardLines(
        client,
        steps.filter((step) => step.client === client),
      ),
    ),
    "",
    "## What this does not show",
    "",
    ...(notes.length === 0
      ? ["Nothing beside it: other files, other boards and other times were not looked at."]
      : notes.map((note) => `- ${note}`)),
    "",
  ];
  return lines.join("\n");
}

function boardLines(client: string, steps: readonly StepRow[]): string[] {
  const files = steps.filter(isFileStep);
  const answers = steps.filter((step) => !isFileStep(step));
  const troubled = steps.filter(({ trouble, warnings }) => trouble !== undefined || warnings.length > 0);
  return [
    "",
    `## ${plain(client)}`,
    ...table(
      ["step", "result", "answer", "from", "time"],
      answers.map((step) => [
        `${kindNames[step.kind]} ${plain(step.name)}`,
        results[step.state],
        plain(step.got ?? ""),
        plain(step.from ?? ""),
        formatDuration(step.durationMs),
      ]),
    ),
    ...table(
      [
        "file",
        "protocol",
        "result",
        "bytes",
        "SHA-256",
        "from",
        "options",
        "time",
        "rate",
        "retransmissions",
        "measured",
      ],
      files.map((step) => [
        plain(step.name),
        kindNames[step.kind],
        results[step.state],
        String(step.bytes ?? ""),
        step.sha256 === undefined ? "" : `\`${step.sha256}\``,
        plain(step.from ?? ""),
        plain(optionsOf(step)),
        formatDuration(step.durationMs),
        step.bytesPerSecond === undefined ? "" : `${formatSize(step.bytesPerSecond)}/s`,
        String(step.retransmissions ?? ""),
        describeMeasured(step).join(", "),
      ]),
    ),
    ...(troubled.length === 0 ? [] : ["", ...troubled.flatMap(troubleLines)]),
  ];
}

const optionsOf = ({ options = {} }: StepRow): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

function troubleLines({ kind, name, state, trouble, expected, got, warnings }: StepRow): string[] {
  const head = `${kindNames[kind]} ${plain(name)}`;
  return [
    ...(trouble === undefined ? [] : [`- **${head}**: ${plain(describeTrouble(trouble))}`]),
    ...(state === "failed" && expected !== undefined ? [`  - expected: ${plain(expected)}`] : []),
    ...(state === "failed" && got !== undefined ? [`  - got: ${plain(got)}`] : []),
    ...warnings.map((warning) => `- ${head}: ${plain(warning)}`),
  ];
}
