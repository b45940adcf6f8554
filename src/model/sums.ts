/** `SHA256SUMS` as coreutils write it: expected hashes of the files in a served root (DESIGN §2.3). */

import { checkName } from "./names";
import { isUtf16, linesOf, problemAt, withoutBom } from "./places";
import type { Problem } from "./plan";
import { printable } from "./text";

export interface Sum {
  /** Relative to the folder of the sums file, with `/`. */
  readonly file: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** 1-based. */
  readonly line: number;
}

export interface Sums {
  /** By file. */
  readonly sums: ReadonlyMap<string, Sum>;
  readonly problems: Problem[];
}

/** The name under which a served root may keep its sums. */
export const sumsFile = "SHA256SUMS";

/** A file beyond these is no list of sums. */
export const sumsLimits = { bytes: 16 * 2 ** 20, lines: 100_000 } as const;

/** `<hex>  name`, `<hex> *name` (binary), and with a leading \ where the name is escaped. */
const plainLine = /^(\\?)([0-9a-f]{64}) [ *](.+)$/i;
/** `SHA256 (name) = <hex>`, by `sha256sum --tag` and the BSDs. */
const taggedLine = /^(\\?)SHA256 \((.+)\) = ([0-9a-f]{64})$/i;

const escapes: Readonly<Record<string, string>> = { "\\\\": "\\", "\\n": "\n", "\\r": "\r" };

function readLine(line: string): { name: string; sha256: string } | undefined {
  const plain = plainLine.exec(line);
  const tagged = plain === null ? taggedLine.exec(line) : null;
  const [escaped, name, hash] = plain
    ? [plain[1], plain[3], plain[2]]
    : [tagged?.[1], tagged?.[2], tagged?.[3]];
  if (name === undefined || hash === undefined) return undefined;
  return {
    name: escaped === "\\" ? name.replace(/\\[\\nr]/g, (pair) => escapes[pair] ?? pair) : name,
    sha256: hash.toLowerCase(),
  };
}

/**
 * Reads a sums file. Never throws. A line that cannot be used is a warning, as it is for `sha256sum -c`, since
 * such a list may speak of files that nobody serves; two hashes for one file are an error.
 */
export function parseSums(text: string, file: string): Sums {
  const sums = new Map<string, Sum>();
  const problems: Problem[] = [];
  const tell = (severity: Problem["severity"], line: number, message: string): void => {
    problems.push(problemAt(severity, { file, line, column: 1 }, message));
  };
  if (isUtf16(text)) tell("error", 1, "the file is UTF-16; save it as UTF-8");
  else if (text.length > sumsLimits.bytes)
    tell("error", 1, "the file is larger than 16 MiB; this is no list of sums");
  if (problems.length > 0) return { sums, problems };

  const { lines, more } = linesOf(withoutBom(text), sumsLimits.lines);
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(content)) continue;
    const read = readLine(content);
    const checked = read && checkName(read.name);
    if (read === undefined || checked === undefined) {
      tell(
        "warning",
        line,
        "this is no line of sha256sum: <64 hexadecimal digits>, two blanks, the file's name",
      );
    } else if ("refused" in checked) {
      tell("warning", line, `"${printable(read.name)}" is left out: ${checked.refused.message}`);
    } else {
      const earlier = sums.get(checked.path);
      if (earlier === undefined) sums.set(checked.path, { file: checked.path, sha256: read.sha256, line });
      else if (earlier.sha256 !== read.sha256) {
        tell(
          "error",
          line,
          `"${printable(checked.path)}" has another hash in line ${earlier.line}; make the list anew`,
        );
      }
    }
  }
  if (more) {
    tell(
      "error",
      sumsLimits.lines + 1,
      `the file has more than ${sumsLimits.lines} lines; what follows is not read`,
    );
  }
  return { sums, problems };
}
