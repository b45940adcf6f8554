/** The results as Markdown, for people, and as JSON, for programs. */

import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { resolve } from "node:path";
import { format } from "prettier";
import { ourName } from "./peers";
import { middle, middleAlso, type Measured, type Result } from "./row";

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly repeats: number;
  readonly missing: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);

function cell(measured: Measured | undefined): string {
  if (measured === undefined) return "";
  if (measured.samples.length === 0) return "–";
  const values = measured.samples.map(({ value }) => value);
  const note = measured.samples[0]?.note;
  const spread =
    values.length < 2 ? "" : ` (${rounded(Math.min(...values))}–${rounded(Math.max(...values))})`;
  return `${rounded(middle(measured))}${spread}${note === undefined ? "" : `, ${note}`}`;
}

const ratioCell = ({ ratio }: Result): string => {
  if (ratio?.within === undefined) return ratio?.value.toFixed(2) ?? "";
  const { low, high } = ratio.within;
  return `${ratio.value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
};

const goalCell = ({ verdicts }: Result): string =>
  verdicts.map(({ text, met }) => `${text}${met ? "" : ", **missed**"}`).join("; ");

/** How many goals there were, and how many of them were missed; one that could not be measured counts as neither. */
function totals(results: readonly Result[]): string {
  const verdicts = results.flatMap((result) => result.verdicts);
  const missed = verdicts.filter(({ met }) => !met).length;
  return `Goals: ${verdicts.length - missed} met, ${missed} missed.`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;

function mainTable(results: readonly Result[]): string {
  const names = [...new Set(results.flatMap(({ measured }) => measured.map(({ peer }) => peer)))];
  const head = ["", "unit", ...names, "ratio", "goal"];
  const rows = results.map((result) => [
    ...[result.row.title, result.row.unit],
    ...names.map((name) => cell(result.measured.find(({ peer }) => peer === name))),
    ...[ratioCell(result), goalCell(result)],
  ]);
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** What was measured beside the row's own figure: medians, ours before the others. */
function alsoTable(results: readonly Result[]): string {
  const names = [...new Set(results.flatMap(({ measured }) => measured.map(({ peer }) => peer)))];
  const rows = results.flatMap(({ row, measured }) => {
    const labels = Object.keys(measured[0]?.samples[0]?.also ?? {});
    return labels.map((label) => [
      ...[row.title, label],
      ...names.map((name) => {
        const one = measured.find(({ peer }) => peer === name);
        const value = one === undefined ? NaN : middleAlso(one, label);
        return Number.isNaN(value) ? "" : rounded(value);
      }),
    ]);
  });
  const head = ["", "", ...names];
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** This machine in a line; nothing of it that would tell where it stands. */
function machine(): string {
  const [first, ...others] = cpus();
  const kernel = release().split(".").slice(0, 2).join(".");
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${others.length + 1} × ${first?.model.trim() ?? "?"}, ${memory} GiB, Linux ${kernel}, Node ${process.versions.node}`;
}

const failuresOf = (results: readonly Result[]): string[] =>
  results.flatMap(({ row, measured }) =>
    measured
      .filter(({ failure }) => failure !== undefined)
      .map(({ peer, failure }) => `${row.title}, ${peer}: ${failure ?? ""}`),
  );

const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join("");

/** What no run can say. */
const why = (): string => readFileSync(resolve("bench/why.md"), "utf8");

/** Formatted as the repository's other Markdown. */
export function markdown(report: Report): Promise<string> {
  const { results, missing, versions } = report;
  const failures = failuresOf(results);
  const repeats = results.map(({ row }) => row.repeats ?? report.repeats);
  const [fewest, most] = [Math.min(...repeats), Math.max(...repeats)];
  const text = `# Performance

Written by \`${report.command}\` on ${report.date}; do not edit. Machine: ${machine()}.

Every server runs on this machine and is asked by the same clients over loopback: for TFTP \`bench/reader.c\`, one
process for any number of boards; for FTP curl, and \`bench/collector.c\` where files are many. Files come from the page
cache. ${ourName} sums each file (SHA-256, CRC-32) while it is sent for the first time, which the first repeat of a row
may show.

The repeats (${report.repeats}; ${fewest} to ${most} in some rows) are interleaved: each server once, then each again. A cell is
the median, with the least and the most. \`×1\`: the server does not know \`windowsize\` and was read without windows. The
ratio is ${ourName} divided by the best of the others in the same run; it is what counts, for the absolute figures are
this machine's. In the row where nobody looks, the same program without tap and boot log is asked at the same time. Its
figures are the CPU time for a GB, the median of the ratios of each pair, and where that lies with 95 % certainty.

${mainTable(results)}
${totals(results)}

What it took, medians:

${alsoTable(results)}
Versions: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.
${missing.length === 0 ? "" : `\nNot measured:\n\n${list(missing)}`}${failures.length === 0 ? "" : `\nFailed:\n\n${list(failures)}`}
${why()}`;
  return format(text, { parser: "markdown", printWidth: 110 });
}

/** The last line for a terminal. */
export const totalsLine = (results: readonly Result[]): string => `${totals(results)}\n`;

/** The lines for a terminal while it runs. */
export function progressLine(result: Result): string {
  const { row, measured } = result;
  const ratio = ratioCell(result);
  const cells = measured.map((one) => `${one.peer} ${cell(one)}`);
  const also = Object.entries(measured[0]?.samples[0]?.also ?? {}).map(
    ([label, value]) => `${label} ${rounded(value)}`,
  );
  const failures = measured.flatMap(({ peer, failure }) =>
    failure === undefined ? [] : [`  ${peer}: ${failure}\n`],
  );
  const goals = result.verdicts.length === 0 ? "" : `  goal ${goalCell(result)}`;
  return (
    `${row.title} [${row.unit}]: ${cells.join(" · ")}${ratio === "" ? "" : ` → ${ratio}`}` +
    `${also.length === 0 ? "" : `  (ours: ${also.join(", ")})`}${goals}\n${failures.join("")}`
  );
}
