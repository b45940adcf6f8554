/**
 * What a verification says, from what was measured: of one file, and of the whole run. Pure, and the only place
 * where "passed" is decided for a file: bytes and hashes decide, never what a peer claims (facts §4.4).
 */

import type { ReportRow, StepRow, Trouble } from "./events";
import { formatDuration, formatSize, printable } from "./text";

/** How a step ended. */
export type Judgement = Pick<StepRow, "state" | "compared"> &
  Partial<Pick<StepRow, "trouble" | "expected" | "got" | "sha256" | "firstDifference" | "warnings">>;

/** Size and hash of a file as it is. */
export interface Checksum {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex over all of them. */
  readonly sha256: string;
}

/** What came, beside the workspace's file. */
export interface Comparison {
  readonly fetched: Checksum;
  /** The workspace's file; undefined: there is none. */
  readonly own: Checksum | undefined;
  /** Offset of the first byte that differs; where one is the other's beginning, the shorter one's size. */
  readonly firstDifference: number | undefined;
}

/** What a manifest line or SHA256SUMS says about a file. */
export interface Expectation {
  /** Who says so: `copy-files4.rc line 3`, `SHA256SUMS`. */
  readonly source: string;
  /** Lower-case hex. */
  readonly sha256?: string;
  readonly size?: number;
}

const bytes = (count: number): string => `${count} ${count === 1 ? "byte" : "bytes"}`;

/** `1000 bytes, sha256 ab12…` in full. */
export function describeChecksum({ size, sha256 }: Checksum): string {
  return `${bytes(size)}, sha256 ${sha256}`;
}

function describeExpectation({ sha256, size }: Expectation): string {
  return [
    ...(size === undefined ? [] : [bytes(size)]),
    ...(sha256 === undefined ? [] : [`sha256 ${sha256}`]),
  ].join(", ");
}

const meets = (expectation: Expectation, { size, sha256 }: Checksum): boolean =>
  (expectation.sha256 ?? sha256) === sha256 && (expectation.size ?? size) === size;

const staleWorkspace = (source: string): string =>
  `${source} says what came: the workspace's file is the one that changed. Build again, or write the checksums again.`;

/** `4096 (0x1000)`, for hex editors. */
const offset = (bytes: number): string => `${bytes} (0x${bytes.toString(16)})`;

/** What to do where the workspace does not have the file. */
export const buildIt = "Build it, or take its name out of the plan or the manifest.";

/** Why the fetched file is not the workspace's; undefined: it is. */
function difference({ fetched, own, firstDifference }: Comparison): Trouble | undefined {
  if (own === undefined) {
    return {
      code: "workspace.missing",
      message: "it came, but the workspace has no such file to compare it with",
      remedy: buildIt,
    };
  }
  if (firstDifference === undefined && fetched.size === own.size && fetched.sha256 === own.sha256)
    return undefined;
  if (firstDifference === fetched.size && fetched.size < own.size) {
    return {
      code: "file.short",
      message: `it ends after ${fetched.size} of ${bytes(own.size)}`,
      remedy: "Copy the file to the target again: what is there is cut short.",
    };
  }
  if (firstDifference === own.size && fetched.size > own.size) {
    return {
      code: "file.long",
      message: `it goes on after the ${bytes(own.size)} of the workspace's file`,
      remedy: "Copy the file to the target again: another, longer one is there.",
    };
  }
  return {
    code: "file.differs",
    message: `it differs from the workspace's file, first at offset ${offset(firstDifference ?? 0)}`,
    remedy: "Copy the file to the target again: another one is there.",
  };
}

function judgeBroken(fetched: Checksum, broken: Expectation, but: string): Judgement {
  const what = broken.sha256 !== undefined && broken.sha256 !== fetched.sha256 ? "hash" : "size";
  return {
    state: "failed",
    compared: true,
    sha256: fetched.sha256,
    trouble: {
      code: `file.${what}`,
      message: `${but}${broken.source} expects another ${what}`,
      remedy: "Write the checksums again if the file is right, else copy or build it again.",
    },
    expected: describeExpectation(broken),
    got: describeChecksum(fetched),
  };
}

/** Judges one file that came completely, where there is no workspace: only by what is said of it. */
export function judgeUnseen(fetched: Checksum, expectations: readonly Expectation[]): Judgement {
  const broken = expectations.find((expectation) => !meets(expectation, fetched));
  if (broken !== undefined) return judgeBroken(fetched, broken, "");
  return { state: "passed", compared: expectations.length > 0, sha256: fetched.sha256 };
}

/** Judges one file that came completely. */
export function judgeFile(comparison: Comparison, expectations: readonly Expectation[]): Judgement {
  const { fetched, own, firstDifference } = comparison;
  const common = {
    sha256: fetched.sha256,
    compared: own !== undefined || expectations.length > 0,
    ...(firstDifference !== undefined && { firstDifference }),
  };
  const broken = expectations.find((expectation) => !meets(expectation, fetched));
  const kept = expectations.find(
    (expectation) => expectation.sha256 !== undefined && meets(expectation, fetched),
  );
  const trouble = difference(comparison);
  if (trouble !== undefined) {
    return {
      ...common,
      state: "failed",
      trouble:
        kept === undefined || own === undefined
          ? trouble
          : { ...trouble, remedy: staleWorkspace(kept.source) },
      ...(own !== undefined && { expected: describeChecksum(own) }),
      got: describeChecksum(fetched),
      // Where it says what the workspace has, it says nothing new.
      warnings:
        broken === undefined || (own !== undefined && meets(broken, own))
          ? []
          : [`${broken.source} expects ${describeExpectation(broken)}`],
    };
  }
  if (broken !== undefined)
    return { ...common, ...judgeBroken(fetched, broken, "it is the workspace's file, but ") };
  return { ...common, state: "passed" };
}

/** What the verdict needs beside the steps. */
export interface RunFacts {
  /** What was asked: `192.168.7.2`, or "its own servers on 127.0.0.1". */
  readonly subject: string;
  readonly durationMs: number;
  readonly cancelled: boolean;
  /** `verify` compares, `fetch` only fetches. */
  readonly purpose: "verify" | "fetch";
}

/** A step that fetches a file. */
export const isFileStep = ({ kind }: Pick<StepRow, "kind">): boolean => kind === "tftp" || kind === "ftp";

/** A step that somebody answered: `from` is set where something came. */
const gave = ({ from }: StepRow): boolean => from !== undefined;

/** True when BOOTP, TFTP and FTP all gave nothing; a refusal is nothing (DESIGN §3, exit code 3). */
export function gaveNothing(steps: readonly StepRow[]): boolean {
  const asked = steps.filter(({ kind }) => kind !== "manifest");
  return asked.length > 0 && !asked.some(gave);
}

const unanswered = /\.(silent|notAsked|timeout|unreachable|unanswered)$/;

/** True when files were asked for and nobody was there, not even to refuse one: who comes next would wait in vain. */
export function nobodyAnswered(steps: readonly StepRow[]): boolean {
  const asked = steps.filter(({ kind }) => kind !== "manifest");
  return asked.some(isFileStep) && asked.every(({ trouble }) => unanswered.test(trouble?.code ?? ""));
}

/**
 * The rule of DESIGN §2.3: at least one file compared, nothing failed, and nothing that the plan asks for skipped.
 * (A skipped step that nobody asked for is none: it is not in the list.)
 */
function isOk(steps: readonly StepRow[], { purpose, cancelled }: RunFacts): boolean {
  const worth = (step: StepRow): boolean =>
    isFileStep(step) && step.state === "passed" && (purpose === "fetch" || step.compared);
  return !cancelled && steps.every(({ state }) => state === "passed") && steps.some(worth);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** One step in a few words, for the verdict: `u-boot.bin (TFTP): it ends after …`. */
const inShort = ({ name, kind, trouble }: StepRow): string =>
  `${printable(name)} (${kind === "manifest" ? "manifest" : kind.toUpperCase()})${
    trouble === undefined ? "" : `: ${printable(trouble.message)}`
  }`;

/** The protocols that were asked, in words: "BOOTP and TFTP". */
function protocolsOf(steps: readonly StepRow[]): string {
  const kinds = (["bootp", "tftp", "ftp"] as const).filter((kind) =>
    steps.some((step) => step.kind === kind),
  );
  return kinds
    .map((kind) => kind.toUpperCase())
    .join(", ")
    .replace(/, (\w+)$/, " and $1");
}

function verdictOf(steps: readonly StepRow[], facts: RunFacts): string {
  const within = formatDuration(facts.durationMs);
  const done = steps.filter(({ state }) => state === "passed");
  const failed = steps.filter(({ state }) => state === "failed");
  const skipped = steps.filter(({ state }) => state === "skipped");
  const files = done.filter(isFileStep);
  const names = new Set(files.map(({ name }) => name)).size;
  const size = formatSize(files.reduce((sum, step) => sum + (step.bytes ?? 0), 0));
  const [word, not] =
    facts.purpose === "verify"
      ? ["Verified", "Not verified"]
      : ["Fetched", files.length > 0 ? "Not all fetched" : "Not fetched"];
  if (facts.cancelled) return `Cancelled after ${count(done.length + failed.length, "step")}, ${within}.`;
  if (isOk(steps, facts)) {
    const how = facts.purpose === "verify" ? "every byte compared" : "";
    const transfers = count(files.length, "transfer");
    return (
      [`${word}: ${count(names, "file")} in ${transfers}`, size, how, within].filter(Boolean).join(", ") + "."
    );
  }
  if (gaveNothing(steps)) return `${not}: ${facts.subject} gave nothing over ${protocolsOf(steps)}.`;
  const [first] = failed;
  if (first !== undefined) {
    const more = failed.length === 1 ? "" : `, and ${failed.length - 1} more`;
    return `${not}: ${failed.length} of ${count(steps.length, "step")} failed. ${inShort(first)}${more}.`;
  }
  const [left] = skipped;
  if (left !== undefined) return `${not}: ${inShort(left)}.`;
  if (facts.purpose === "verify") return `${not}: no file was compared.`;
  return `${not}: no file was named, neither by BOOTP nor by a plan; --plan FILE names what to fetch.`;
}

/** The whole report. `steps` are the last rows of each step, in order. */
export function reportOf(
  steps: readonly StepRow[],
  facts: RunFacts,
  rest: Pick<ReportRow, "notes" | "refused" | "startedAt">,
): ReportRow {
  return {
    type: "report",
    ok: isOk(steps, facts),
    verdict: verdictOf(steps, facts),
    ...rest,
    steps,
    durationMs: facts.durationMs,
  };
}
