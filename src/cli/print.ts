/** What verify and fetch say to people: one line for each step, and the report. Pure text; the sink writes it. */

import type { ReportRow, StepRow } from "../model/events";
import {
  formatDuration,
  formatSize,
  printable,
  printableJson,
  printableSentences,
  visible,
} from "../model/text";
import { isFileStep } from "../model/verdict";
import { describeProblem, PlanError } from "../engine/planFile";
import type { Subject } from "../engine/verification/boards";
import type { EngineError } from "../engine/errors";
import type { Screen } from "./progress";
import { describeFixes, describeTrouble, type Tone } from "./rows";

export type Paint = (tone: Tone, text: string) => string;

/** Text as it is: no terminal, or NO_COLOR (no-color.org). */
export const noColour: Paint = (_, text) => text;

const codes: Readonly<Record<Tone, string>> = { plain: "", good: "32", warning: "33", bad: "31", faint: "2" };

export const colour: Paint = (tone, text) =>
  tone === "plain" || text === "" ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`;

/** Colour on a terminal, unless NO_COLOR is set. */
export function paintFor({ isTerminal }: Screen): Paint {
  return isTerminal && (process.env["NO_COLOR"] ?? "") === "" ? colour : noColour;
}

const marks: Readonly<Record<StepRow["state"], readonly [mark: string, tone: Tone]>> = {
  running: ["…", "faint"],
  passed: ["✓", "good"],
  failed: ["✗", "bad"],
  skipped: ["–", "warning"],
};

const indent = "      ";
/** Where the name's column ends; a longer name pushes what follows. */
const nameWidth = 28;

/** `12 ms` at the right of a column; nothing where nothing took time. */
const duration = ({ durationMs }: StepRow): string =>
  (durationMs < 0.5 ? "" : formatDuration(durationMs)).padStart(9);

/** What a file step measured: size, time, hash. */
function fileColumns(row: StepRow, paint: Paint): string {
  const size = row.bytes === undefined ? "" : formatSize(row.bytes);
  const hash = row.sha256 === undefined ? "" : row.sha256.slice(0, 16);
  const again = row.retransmissions ?? 0;
  return [
    size.padStart(10),
    duration(row),
    paint("faint", hash),
    ...(again > 0 ? [paint("faint", `${again} ${again === 1 ? "retransmission" : "retransmissions"}`)] : []),
  ].join("  ");
}

/** What an answer or a manifest said. */
function answerColumns(row: StepRow, paint: Paint): string {
  const got = row.got === undefined || row.got === row.name ? "" : printable(row.got);
  const from = row.from === undefined ? "" : paint("faint", `from ${printable(row.from)}`);
  return [duration(row).padStart(21), got, from].filter((part) => part !== "").join("  ");
}

/** The lines of a step that has ended. */
export function formatStep(row: StepRow, paint: Paint): string[] {
  const [mark, tone] = marks[row.state];
  const columns = isFileStep(row) ? fileColumns(row, paint) : answerColumns(row, paint);
  const name = printable(row.name).padEnd(nameWidth);
  const head = `  ${paint(tone, mark)} ${row.kind.padEnd(9)} ${name} ${columns}`.trimEnd();
  return [head, ...explain(row, paint)];
}

function explain(row: StepRow, paint: Paint): string[] {
  const lines: string[] = [];
  const { trouble } = row;
  const [, tone] = marks[row.state];
  if (trouble !== undefined) {
    // A terminal makes a link of it, and the problem matcher of VS Code's tasks a problem at that line.
    const { file, line, column } = row.at ?? {};
    const where = row.state === "failed" && file !== undefined ? `${printable(file)}:${line}:${column} ` : "";
    const sentences = trouble.message
      .split("\n")
      .map((sentence) => paint(tone, printableSentences(sentence)));
    lines.push(...sentences.map((sentence, index) => `${indent}${index === 0 ? where : ""}${sentence}`));
    if (row.state === "failed") {
      if (row.expected !== undefined) lines.push(`${indent}expected  ${printable(row.expected)}`);
      if (row.got !== undefined) lines.push(`${indent}got       ${printable(row.got)}`);
    }
    if (trouble.remedy !== undefined) lines.push(`${indent}to do     ${printableSentences(trouble.remedy)}`);
    lines.push(...describeFixes([trouble], indent));
  }
  for (const warning of row.warnings)
    lines.push(`${indent}${paint("warning", `note: ${printableSentences(warning)}`)}`);
  return lines;
}

/**
 * The lines before the first step.
 * @param intent `Verifying firmware-drop against`; what is asked follows.
 */
export function formatSubject({ name, ports, whole }: Subject, intent: string, paint: Paint): string[] {
  const where = `(BOOTP ${ports.bootp}, TFTP ${ports.tftp}, FTP ${ports.ftp})`;
  return [
    `${printable(intent)} ${printable(name)} ${paint("faint", where)}`,
    ...(whole ? [paint("faint", "The plan names no file: every file that is served is fetched.")] : []),
  ];
}

/** The heading of one board's steps. */
export function formatBoard(client: string): string[] {
  return ["", printable(client)];
}

/** The end of a run: what it does not show, and the verdict as the last line. */
export function formatReport(report: ReportRow, paint: Paint): string[] {
  const refused = Object.entries(report.refused).map(
    ([rule, count]) => `${count} by the rule ${visible(rule)}`,
  );
  const notes = [
    ...(refused.length === 0 ? [] : [`Not served, and so not compared: ${refused.join(", ")}.`]),
    ...report.notes,
  ];
  const said = visible(report.verdict);
  const verdict = report.ok ? paint("good", `✓ ${said}`) : paint("bad", `✗ ${said}`);
  return [
    "",
    ...notes.map((note) => paint("faint", printableSentences(note))),
    ...(notes.length > 0 ? [""] : []),
    verdict,
  ];
}

/** An error that ended a command before its work: each problem of a plan has a line of its own. Ends with a line end. */
export function formatError(error: EngineError): string {
  if (!(error instanceof PlanError))
    return [`boot-servers: ${describeTrouble(error)}`, ...describeFixes([error], "  "), ""].join("\n");
  return `boot-servers: the plan cannot be used\n${error.problems
    .map(
      (problem) =>
        `  ${problem.severity === "error" ? "" : "warning: "}${printableSentences(describeProblem(problem))}\n`,
    )
    .join("")}`;
}

/** One object a line on stdout, for programs. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${printableJson(value)}\n`);
}
