/** A run as JUnit XML: one suite for each board, one case for each step (DESIGN §3). Pure text; junitFile.ts writes it. */

import type { ReportRow, StepRow, Trouble } from "../model/events";
import { describeMeasured } from "../model/measured";
import { errorMessage, formatSize, printable } from "../model/text";
import { PlanError, describeProblem } from "../engine/planFile";
import { EngineError } from "../engine/errors";

/** What was verified, for names that are the same from run to run; as `printable` shows them. */
export interface Verified {
  /** The folder's name. */
  readonly folder: string;
  /** What was asked: a host, or servers of its own. */
  readonly target: string;
}

/** Neither XML 1.0 §2.2 nor an editor takes these; `printable` has escaped all others that cannot be seen. */
const forbidden = /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text between tags or quotes; what XML forbids is shown as `\u{…}`. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(forbidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
      // GitLab and Jenkins attach the file that such a mark names: what a target sent must not name one.
      .replace(/\[(?=\[ATTACHMENT\|)/gi, "[ ")
      .replace(/[&<>"]/g, (character) => entities[character] ?? character)
  );
}

type Attributes = Readonly<Record<string, string | number>>;

/** One element; without content it closes itself. `content` is XML already; what others wrote is `printable`. */
function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const start = `<${name}${written.join("")}`;
  return content === "" ? `${start}/>` : `${start}>${content}</${name}>`;
}

/** An element whose content is text for people, line by line. */
function textElement(name: string, attributes: Attributes, lines: readonly string[]): string {
  return element(name, attributes, escapeXml(lines.map(printable).join("\n")));
}

/** Elements on lines of their own. */
const inLines = (elements: readonly string[]): string =>
  elements.length === 0 ? "" : `\n${elements.join("\n")}\n`;

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** What was measured, `name: value` for each. */
function measured(row: StepRow): string[] {
  const options = Object.entries(row.options ?? {}).map(([name, value]) => `${name}=${value}`);
  const facts: Readonly<Record<string, string | number | undefined>> = {
    from: row.from,
    options: options.length === 0 ? undefined : options.join(" "),
    bytes: row.bytes,
    sha256: row.sha256,
    rate: row.bytesPerSecond === undefined ? undefined : `${formatSize(row.bytesPerSecond)}/s`,
    retransmissions: row.retransmissions,
    measured: describeMeasured(row).join(", ") || undefined,
    answered: row.state === "passed" ? row.got : undefined,
  };
  return [
    ...Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
    ...row.warnings.map((warning) => `note: ${warning}`),
  ];
}

/** Why a step failed or was skipped: what happened, what was expected, what came, what to do. */
function reasons({ at, trouble, expected, got, firstDifference }: StepRow): string[] {
  const offset = firstDifference === undefined ? undefined : `offset ${firstDifference}`;
  return [
    ...(trouble?.message.split("\n") ?? []),
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(got === undefined ? [] : [`got: ${got}`]),
    ...(offset === undefined ? [] : [`first difference: ${offset}`]),
    ...(at === undefined ? [] : [`asked for at: ${at.file}:${at.line}:${at.column}`]),
    ...(trouble?.remedy === undefined ? [] : [`to do: ${trouble.remedy}`]),
  ];
}

/** What makes a case something else than passed; a step that never ended is an error of the run. */
function outcome(row: StepRow): string[] {
  const { code = "", message = "" } = row.trouble ?? {};
  const attributes = { message: printable(message.split("\n")[0] ?? ""), type: code };
  switch (row.state) {
    case "passed":
      return [];
    case "failed":
      return [textElement("failure", attributes, reasons(row))];
    case "skipped":
      return [textElement("skipped", attributes, reasons(row))];
    case "running":
      return [textElement("error", { message: "it has not ended", type: "run.cut" }, [])];
  }
}

interface Suite {
  readonly name: string;
  readonly cases: readonly string[];
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly durationMs: number;
}

/** The steps of one board. A file may be fetched in each round: every case has a name of its own. */
function boardSuite(name: string, rows: readonly StepRow[], folder: string): Suite {
  const times = new Map<string, number>();
  const cases = rows.map((row) => {
    const step = `${row.kind} ${printable(row.name)}`;
    const time = (times.get(step) ?? 0) + 1;
    times.set(step, time);
    const output = measured(row);
    return element(
      "testcase",
      {
        classname: `${folder}.${printable(name)}`,
        name: time === 1 ? step : `${step} (${time})`,
        time: seconds(row.durationMs),
      },
      inLines([...outcome(row), ...(output.length === 0 ? [] : [textElement("system-out", {}, output)])]),
    );
  });
  const count = (state: StepRow["state"]): number => rows.filter((row) => row.state === state).length;
  return {
    name: printable(name),
    cases,
    failures: count("failed"),
    errors: count("running"),
    skipped: count("skipped"),
    durationMs: rows.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

/** A run that is not ok although no step failed: without a case that says so a pipeline would look green. */
function errorSuite(folder: string, message: string, type: string, lines: readonly string[]): Suite {
  const error = textElement("error", { message: printable(message), type }, lines);
  const only = element(
    "testcase",
    { classname: `${folder}.run`, name: "verdict", time: seconds(0) },
    inLines([error]),
  );
  return { name: "run", cases: [only], failures: 0, errors: 1, skipped: 0, durationMs: 0 };
}

function document(
  suites: readonly Suite[],
  { folder, target }: Verified,
  about: { readonly startedAt: number; readonly durationMs: number; readonly notes: readonly string[] },
): string {
  const sum = (part: (suite: Suite) => number): number =>
    suites.reduce((total, suite) => total + part(suite), 0);
  // Without a zone, as Ant's schema wants it: UTC.
  const timestamp = new Date(about.startedAt).toISOString().slice(0, 19);
  const written = suites.map(({ name, cases, failures, errors, skipped, durationMs }) =>
    element(
      "testsuite",
      { name, tests: cases.length, failures, errors, skipped, time: seconds(durationMs), timestamp },
      inLines([
        element("properties", {}, element("property", { name: "target", value: target })),
        ...cases,
        ...(about.notes.length === 0 ? [] : [textElement("system-out", {}, about.notes)]),
      ]),
    ),
  );
  const all = element(
    "testsuites",
    {
      name: `boot-servers verify ${folder}`,
      tests: sum(({ cases }) => cases.length),
      failures: sum(({ failures }) => failures),
      errors: sum(({ errors }) => errors),
      time: seconds(about.durationMs),
    },
    inLines(written),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${all}\n`;
}

/** A report as JUnit XML; it has a failure or an error exactly where the report is not ok. */
export function junitOfReport(report: ReportRow, verified: Verified): string {
  const { steps, ok, verdict, notes } = report;
  const { folder } = verified;
  const boards = [...new Set(steps.map(({ client }) => client))];
  const suites = boards.map((board) =>
    boardSuite(
      board,
      steps.filter(({ client }) => client === board),
      folder,
    ),
  );
  const red = suites.some(({ failures, errors }) => failures + errors > 0);
  if (!ok && !red) suites.push(errorSuite(folder, verdict, "run.notVerified", [verdict]));
  return document(suites, verified, { ...report, notes: [verdict, ...notes] });
}

/** A run that ended before its first step: a bad plan, an unknown client, a server that did not start. */
export function junitOfError(error: unknown, verified: Verified, startedAt: number): string {
  const { code, message, remedy }: Trouble =
    error instanceof EngineError ? error : { code: "run.failed", message: errorMessage(error) };
  const lines = [
    ...(error instanceof PlanError ? error.problems.map(describeProblem) : message.split("\n")),
    ...(remedy === undefined ? [] : [`to do: ${remedy}`]),
  ];
  const suite = errorSuite(verified.folder, lines[0] ?? "", code, lines);
  return document([suite], verified, { startedAt, durationMs: 0, notes: [] });
}
