/** The entries of a manifest with the places of their parts, and the edits that change what stands behind the names. */

import type { ManifestEntry } from "./manifest";
import { keyOf, partsOf, placeOf, type Part } from "./manifestParts";
import { linesOf, withoutBom, type Place } from "./places";
import type { QuickFix } from "./plan";
import type { Checksum } from "./verdict";

export interface ManifestLine {
  readonly entry: ManifestEntry;
  /** Where the file's name stands. */
  readonly name: Place;
  /** Where `sha256=…` and `size=…` stand. */
  readonly sha256?: Place;
  readonly size?: Place;
  /** From behind the name to the last character that is no blank. */
  readonly behind: Place;
  /** What stands there besides sha256 and size. */
  readonly others: readonly string[];
}

/** @param entries as `parseManifest` read them from this text. */
export function manifestLines(text: string, file: string, entries: readonly ManifestEntry[]): ManifestLine[] {
  const last = entries.at(-1)?.line ?? 0;
  const { lines } = linesOf(withoutBom(text), last);
  return entries.map((entry) => {
    const { line } = entry;
    const content = lines[line - 1] ?? "";
    const [, name = { text: "", column: 1 }, ...extras] = partsOf(content);
    const place = (key: string): Place | undefined => {
      const part = extras.find((each) => keyOf(each) === key);
      return part && placeOf(part, file, line);
    };
    const [sha256, size] = [place("sha256"), place("size")];
    const from = name.column + name.text.length;
    return {
      entry,
      name: placeOf(name, file, line),
      ...(sha256 && { sha256 }),
      ...(size && { size }),
      behind: {
        file,
        line,
        column: from,
        end: { line, column: Math.max(from, content.trimEnd().length + 1) },
      },
      others: extras.filter(isOther).map(({ text: other }) => other),
    };
  });
}

const isOther = (part: Part): boolean => part.text !== "" && !["sha256", "size"].includes(keyOf(part));

/** Edits by which each line says the size and hash that its file has; without one it says none. */
export function checksumEdits(
  lines: readonly ManifestLine[],
  checksumOf: (file: string) => Checksum | undefined,
): QuickFix["edits"] {
  return lines.flatMap(({ entry, sha256, size, behind, others }) => {
    const checksum = checksumOf(entry.file);
    if (checksum === undefined && sha256 === undefined && size === undefined) return [];
    const extras =
      checksum === undefined ? others : [...others, `sha256=${checksum.sha256}`, `size=${checksum.size}`];
    // What says the same already stays as it is written.
    const same = checksum !== undefined && entry.sha256 === checksum.sha256 && entry.size === checksum.size;
    return same ? [] : [{ at: behind, text: extras.map((extra) => ` : ${extra}`).join("") }];
  });
}

/** Edits by which each line names another file where `rename` gives one. */
export function renameEdits(
  lines: readonly ManifestLine[],
  rename: (file: string) => string | undefined,
): QuickFix["edits"] {
  return lines.flatMap(({ entry, name }) => {
    const text = rename(entry.file);
    return text === undefined ? [] : [{ at: name, text }];
  });
}
