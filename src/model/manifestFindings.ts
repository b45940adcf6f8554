/** What a manifest says of files that are not so. Looks at no disk: it is told what there is. */

import type { ManifestLine } from "./manifestLines";
import { problemAt, replaceFix } from "./places";
import type { Problem } from "./plan";
import { folderNotFile, notThereYet } from "./planFiles";
import { printable } from "./text";

/** A file as it is. */
export interface FoundFile {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex; absent: not known yet. */
  readonly sha256?: string;
}

/** What stands under a name; undefined: nothing. `outside`: a link leads out of the served root. */
export type FoundName = FoundFile | "folder" | "special" | "outside" | undefined;

/** What is wrong; `absent`: the file is not there at all. */
export type Finding = Problem & { readonly absent?: string };

/**
 * @param found what stands under a name in the served root; asked once for each line.
 * @param names the names in the served root as they are written: a disk may not know the case of letters.
 */
export function manifestFindings(
  lines: readonly ManifestLine[],
  found: (file: string) => FoundName,
  names: readonly string[],
): Finding[] {
  const written = new Set(names);
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  return lines.flatMap((line): Finding[] => {
    const { file } = line.entry;
    const shown = printable(file);
    const otherCase = written.has(file) ? undefined : byLowerCase.get(file.toLowerCase());
    if (otherCase !== undefined) {
      const message = `"${shown}" is "${printable(otherCase)}" in the served root; write it in the same case`;
      const fix = replaceFix(line.name, otherCase, `Write "${printable(otherCase)}"`);
      return [problemAt("error", line.name, message, fix)];
    }
    const there = found(file);
    if (typeof there === "object") return [...wrongSize(line, there), ...wrongHash(line, there)];
    switch (there) {
      case "folder":
        return [problemAt("error", line.name, folderNotFile(file))];
      case "special":
        return [problemAt("error", line.name, `"${shown}" is no regular file; name one`)];
      case "outside": {
        const message = `"${shown}" leads out of the served root by a link; it is served only where bootServers.alsoServe has that folder`;
        return [problemAt("warning", line.name, message)];
      }
      default:
        return [{ ...problemAt("warning", line.name, notThereYet(file)), absent: file }];
    }
  });
}

function wrongSize({ entry, size: at }: ManifestLine, { size }: FoundFile): Finding[] {
  if (at === undefined || entry.size === undefined || entry.size === size) return [];
  const message = `"${printable(entry.file)}" has ${size} bytes, not ${entry.size}`;
  return [problemAt("error", at, message, replaceFix(at, `size=${size}`, `Write size=${size}`))];
}

function wrongHash({ entry, sha256: at }: ManifestLine, { sha256 }: FoundFile): Finding[] {
  if (at === undefined || sha256 === undefined || entry.sha256 === undefined || entry.sha256 === sha256)
    return [];
  const message = `the SHA-256 of "${printable(entry.file)}" is ${sha256}`;
  return [problemAt("error", at, message, replaceFix(at, `sha256=${sha256}`, "Write the file's SHA-256"))];
}
