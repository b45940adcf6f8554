/** The manifest as steps: one for the whole of it, and one for each line that cannot be followed (facts S24). */

import { parseManifest, type ManifestEntry } from "../../model/manifest";
import type { Fetcher } from "./fetcher";
import type { PlayedBoard, Run } from "./run";

/**
 * Reads the manifest from the bytes that were fetched; where they did not come, from the workspace's, so that a
 * lost manifest does not hide the files that it lists.
 * @returns the entries to fetch over FTP, in order.
 */
export async function manifestSteps(
  { name: client, drop, receiver }: PlayedBoard,
  run: Run,
  fetcher: Fetcher,
  manifest: string,
): Promise<readonly ManifestEntry[]> {
  const step = run.steps.begin(client, "manifest", manifest);
  const bytes = fetcher.manifestBytes(manifest);
  if (bytes === "tooLarge") {
    step.end({ state: "failed", trouble: tooLarge });
    return [];
  }
  const text = bytes === undefined ? await receiver.ownText(manifest) : new TextDecoder().decode(bytes);
  if (text === undefined) {
    step.end({ state: "failed", trouble: notFetched });
    return [];
  }
  // What the drop names beside it may be dot files and keys.
  const published = [...drop.boot, ...drop.tftp, ...drop.ftp];
  const { entries, problems } = parseManifest(text, manifest, published);
  const errors = problems.filter(({ severity }) => severity === "error");
  const warnings = problems
    .filter(({ severity }) => severity === "warning")
    .map(({ line, message }) => `line ${line}: ${message}`);
  const got = `${entries.length} ${entries.length === 1 ? "file" : "files"}`;
  if (bytes === undefined) {
    step.end({ state: "failed", trouble: { ...notFetched, remedy: triedOwn }, warnings });
  } else if (entries.length === 0 && errors.length === 0) {
    step.end({ state: "failed", trouble: empty, got });
  } else {
    step.end({ state: "passed", got, bytes: bytes.length, warnings });
  }
  for (const { line, message } of errors) {
    const name = `${manifest} line ${line}`;
    if (run.steps.leavesOut(client, "manifest", name)) continue;
    run.steps
      .begin(client, "manifest", name)
      .end({ state: "failed", trouble: { code: "manifest.invalid", message, remedy: correctLine } });
  }
  for (const { file, line, sha256, size } of entries) {
    if (sha256 === undefined && size === undefined) continue;
    receiver.expect(file, {
      source: `${manifest} line ${line}`,
      ...(sha256 !== undefined && { sha256 }),
      ...(size !== undefined && { size }),
    });
  }
  return entries;
}

const notFetched = {
  code: "manifest.missing",
  message: "the manifest could not be read: it was not fetched",
  remedy: "See its TFTP step.",
};
const triedOwn = "See its TFTP step. The files that the workspace's manifest lists were asked for instead.";
const tooLarge = {
  code: "manifest.tooLarge",
  message: "the manifest is larger than 1 MiB",
  remedy: "This is no list of files: check what the target has under this name.",
};
const empty = {
  code: "manifest.empty",
  message: "the manifest names no file",
  remedy: 'Write a line "label: filename" for each file that the board fetches over FTP.',
};
const correctLine = "Correct this line of the manifest; the board would stop or go astray there.";
