/**
 * The manifest: lines `label: filename`, each naming one file to fetch over FTP (DESIGN §2.2, §2.3). A plain
 * reader takes what stands between the first two colons; `: sha256=<hex> : size=<bytes>` may follow.
 */

import { partsOf, placeOf, type Part } from "./manifestParts";
import { checkName, normalizeName, protectedRule, type CheckedName } from "./names";
import { nearestWord } from "./nearestWord";
import {
  inReadingOrder,
  isUtf16,
  linesOf,
  problemAt,
  refusalSentence,
  replaceFix,
  withoutBom,
} from "./places";
import type { Problem } from "./plan";
import { printable } from "./text";

export interface ManifestEntry {
  readonly label: string;
  /** Relative to the served root, with `/`. */
  readonly file: string;
  /** Where the file's name stands; 1-based. */
  readonly line: number;
  readonly column: number;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
}

export interface Manifest {
  /** One for each line that names a file which may be fetched, in order. */
  readonly entries: ManifestEntry[];
  readonly problems: Problem[];
}

/** A file beyond these is no manifest (facts S23). */
export const manifestLimits = { bytes: 2 ** 20, lines: 10_000 } as const;
/** Errors that are told, and warnings: one line may hold half a million of them. */
const mostTold = 1_000;

/** Tells what is wrong with a part of a line; `instead`: what is written in its place where that is obvious. */
type Tell = (severity: Problem["severity"], part: Part, message: string, instead?: string) => void;

type Expected = Pick<ManifestEntry, "sha256" | "size">;

/** What may follow the file's name: its form for people, and its reader. */
const extras: Readonly<Record<string, { form: string; read: (value: string) => Expected | undefined }>> = {
  sha256: {
    form: "sha256=<64 hexadecimal digits>",
    read: (value) => (/^[0-9a-f]{64}$/i.test(value) ? { sha256: value.toLowerCase() } : undefined),
  },
  size: {
    form: "size=<bytes>",
    read: (value) =>
      /^\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? { size: Number(value) } : undefined,
  },
};
const extraForms = Object.values(extras)
  .map(({ form }) => form)
  .join(" and ");

/** The path of a name that may be fetched (facts S24), or why it may not. */
function judge(name: string, published: readonly string[]): CheckedName {
  // On another FTP server a leading / is the root of its disk.
  if (/^[\\/]/.test(name)) {
    return { refused: { code: "name.absolute", message: "write it relative to the served root" } };
  }
  const checked = checkName(name);
  if ("refused" in checked) return checked;
  if (checked.path === "" || /[\\/]$/.test(name)) {
    return { refused: { code: "name.folder", message: "this is a folder; name a file" } };
  }
  const refused = protectedRule(checked.path, published.includes(checked.path));
  return refused === undefined ? checked : { refused };
}

/** Reads what follows the file's name. What cannot be read is told and left out: the file is fetched all the same. */
function readExtras(parts: readonly Part[], tell: Tell): Expected {
  let expected: Expected = {};
  for (const part of parts) {
    const { text } = part;
    if (text === "") continue;
    const [key = "", ...rest] = text.split("=").map((piece) => piece.trim());
    const known = key.toLowerCase();
    const extra = Object.hasOwn(extras, known) ? extras[known] : undefined;
    if (extra === undefined) {
      const near = nearestWord(known, Object.keys(extras));
      const advice = near === undefined ? `known are ${extraForms}` : `did you mean ${near}=?`;
      // A misspelt sha256 must not look as if it had been checked; what is far from it means something else.
      const instead = near === undefined ? undefined : [near, ...rest].join("=");
      tell(
        near === undefined ? "warning" : "error",
        part,
        `"${printable(text)}" is not read; ${advice}`,
        instead,
      );
      continue;
    }
    const value = extra.read(rest.join("="));
    if (value === undefined) tell("error", part, `"${printable(text)}" must be ${extra.form}`);
    else if (known in expected) tell("error", part, `${known} stands twice in this line; remove one`);
    else expected = { ...expected, ...value };
  }
  return expected;
}

/** The line for a file's name that stands alone; undefined: it may be anything else. */
function labelled(text: string, published: readonly string[]): string | undefined {
  if (/\s/.test(text) || !("path" in judge(text, published))) return undefined;
  return `${/([^/]+?)(?:\.[^./]*)?$/.exec(text)?.[1] ?? text}: ${text}`;
}

function readLine(
  line: string,
  published: readonly string[],
  tell: Tell,
): Omit<ManifestEntry, "line"> | undefined {
  const [label, name, ...rest] = partsOf(line);
  if (label === undefined || name === undefined) {
    const whole = { text: line.trim(), column: 1 + line.search(/\S/) };
    const message = "there is no colon in this line; a line is label: filename";
    tell("error", whole, message, labelled(whole.text, published));
    return undefined;
  }
  if (name.text === "") {
    tell("error", name, "the file name is missing; a line is label: filename");
    return undefined;
  }
  if (line.includes("\ufffd")) {
    tell(
      "error",
      { text: "\ufffd", column: line.indexOf("\ufffd") + 1 },
      "this is not UTF-8; save the file as UTF-8",
    );
    return undefined;
  }
  if (/^[a-z]$/i.test(name.text) && /^[\\/]/.test(rest[0]?.text ?? "")) {
    tell("error", name, `${name.text}: is a drive; write the name relative to the served root`);
    return undefined;
  }
  const judged = judge(name.text, published);
  if ("refused" in judged) {
    const plain = normalizeName(name.text);
    const instead = "path" in judge(plain, published) ? plain : undefined;
    tell("error", name, `"${printable(name.text)}": ${refusalSentence(judged.refused)}`, instead);
    return undefined;
  }
  if (name.text.includes("\\")) {
    const message = `write "${printable(judged.path)}": most FTP servers do not read \\ as /`;
    tell("warning", name, message, judged.path);
  }
  return { label: label.text, file: judged.path, column: name.column, ...readExtras(rest, tell) };
}

/** True when both say something about the same file, and not the same. */
const contradict = (a: Expected, b: Expected): boolean =>
  (a.sha256 !== undefined && b.sha256 !== undefined && a.sha256 !== b.sha256) ||
  (a.size !== undefined && b.size !== undefined && a.size !== b.size);

/**
 * Reads a manifest. Never throws; a line with an error is left out and the others are used, except that only
 * the name decides: a file whose sha256 or size cannot be read is still fetched.
 *
 * @param file how a person knows the manifest, for the problems.
 * @param published files that the plan names: they may be dot files and keys (DESIGN §6).
 */
export function parseManifest(text: string, file: string, published: readonly string[] = []): Manifest {
  const problems: Problem[] = [];
  const entries: ManifestEntry[] = [];
  const told = { error: 0, warning: 0 };
  const add = (problem: Problem): void => {
    const { severity, line, column } = problem;
    told[severity] += 1;
    if (told[severity] <= mostTold) problems.push(problem);
    else if (told[severity] === mostTold + 1) {
      const message = `there are more than ${mostTold} ${severity}s; those from here on are not told`;
      problems.push(problemAt(severity, { file, line, column }, message));
    }
  };
  const tellAt =
    (line: number): Tell =>
    (severity, part, message, instead) => {
      const at = placeOf(part, file, line);
      const fix =
        instead === undefined ? undefined : replaceFix(at, instead, `Write "${printable(instead)}"`);
      add(problemAt(severity, at, message, fix));
    };
  const tellWhole = (line: number, severity: Problem["severity"], message: string): void => {
    problems.push(problemAt(severity, { file, line, column: 1 }, message));
  };
  if (isUtf16(text)) {
    tellWhole(1, "error", "the manifest is UTF-16; save it as UTF-8");
    return { entries, problems };
  }
  if (text.length > manifestLimits.bytes) {
    tellWhole(1, "error", "the manifest is larger than 1 MiB; this is no list of files");
    return { entries, problems };
  }
  const first = new Map<string, ManifestEntry>();
  const { lines, more } = linesOf(withoutBom(text), manifestLimits.lines);
  for (const [index, content] of lines.entries()) {
    if (/^\s*(#|$)/.test(content)) continue;
    const tell = tellAt(index + 1);
    const read = readLine(content, published, tell);
    if (read === undefined) continue;
    const entry = { ...read, line: index + 1 };
    const name = partsOf(content)[1] ?? { text: "", column: entry.column };
    const earlier = first.get(entry.file);
    if (earlier === undefined) first.set(entry.file, entry);
    else if (contradict(earlier, entry)) {
      tell("error", name, `line ${earlier.line} says another sha256 or size of "${printable(entry.file)}"`);
    } else {
      const message = `"${printable(entry.file)}" stands in line ${earlier.line} already`;
      const line = { file, line: entry.line, column: 1, end: { line: entry.line + 1, column: 1 } };
      const fix = replaceFix(line, "", "Remove the line");
      add(problemAt("warning", placeOf(name, file, entry.line), message, fix));
    }
    entries.push(entry);
  }
  if (more) {
    tellWhole(
      manifestLimits.lines + 1,
      "error",
      `the manifest has more than ${manifestLimits.lines} lines; what follows is not read`,
    );
  }
  if (entries.length === 0 && problems.length === 0) tellWhole(1, "warning", "the manifest names no file");
  return { entries, problems: inReadingOrder(problems) };
}
