/** The commands that write the checksums of files into a manifest, and take them out of it. */

import { resolve } from "node:path";
import * as vscode from "vscode";
import { checksumEdits } from "../../model/manifestLines";
import type { QuickFix } from "../../model/plan";
import type { Checksum } from "../../model/verdict";
import { rangeOf } from "../languages/ranges";
import { count, formatList, quoted, unadorned } from "../words";
import type { Hashes } from "./hashes";
import { readManifest, type ReadManifest } from "./manifestPlace";

/** Names in a notification. */
const mostNamed = 3;

/** The manifest that a command is about: what was clicked, else what is being edited. */
async function manifestOf(given: unknown): Promise<vscode.TextDocument | undefined> {
  if (given instanceof vscode.Uri) return vscode.workspace.openTextDocument(given);
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) void vscode.window.showInformationMessage("Open a manifest first.");
  return document;
}

/** Each line says the size and the hash that its file has now. @returns how many files were read. */
export async function writeChecksums(hashes: Hashes, given: unknown): Promise<number> {
  const document = await manifestOf(given);
  if (document === undefined) return 0;
  const read = await readManifest(document);
  const options: vscode.ProgressOptions = {
    location: vscode.ProgressLocation.Notification,
    title: "Hashing the files of the manifest",
    cancellable: true,
  };
  const checksums = await vscode.window.withProgress(options, (progress, token) =>
    hashAll(hashes, read, progress, token),
  );
  // What was typed meanwhile may have moved the lines: they are read again.
  const now = checksums && (await readManifest(document));
  if (checksums === undefined || now === undefined) return 0;
  const lines = now.lines.filter(({ entry }) => checksums.has(entry.file));
  await apply(
    document,
    checksumEdits(lines, (file) => checksums.get(file)),
  );
  const missing = [...new Set(read.lines.map(({ entry }) => entry.file))].filter(
    (file) => !checksums.has(file),
  );
  if (missing.length > 0) sayMissing(missing);
  return checksums.size;
}

/** By file; undefined: the user has ended it. */
async function hashAll(
  hashes: Hashes,
  { root, lines }: ReadManifest,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<Map<string, Checksum> | undefined> {
  const cancelled = new AbortController();
  token.onCancellationRequested(() => {
    cancelled.abort();
  });
  const checksums = new Map<string, Checksum>();
  const files = new Set(lines.map(({ entry }) => entry.file));
  for (const file of files) {
    progress.report({ message: quoted(file), increment: 100 / files.size });
    const checksum = await hashes.of(resolve(root, file), cancelled.signal);
    if (token.isCancellationRequested) return undefined;
    if (checksum !== undefined) checksums.set(file, checksum);
  }
  return checksums;
}

function sayMissing(missing: readonly string[]): void {
  const shown = missing.slice(0, mostNamed).map((file) => `"${quoted(file)}"`);
  const left = missing.length - shown.length;
  const names = formatList([...shown, ...(left > 0 ? [count(left, "more file")] : [])]);
  void vscode.window.showWarningMessage(unadorned(`Not hashed, since there is nothing to read: ${names}.`));
}

/** No line says a size or a hash any more. */
export async function removeChecksums(given: unknown): Promise<void> {
  const document = await manifestOf(given);
  if (document === undefined) return;
  const { lines } = await readManifest(document);
  await apply(
    document,
    checksumEdits(lines, () => undefined),
  );
}

/** One edit that can be undone; saved unless the document had changes of the user's own. */
async function apply(document: vscode.TextDocument, edits: QuickFix["edits"]): Promise<void> {
  if (edits.length === 0) return;
  const wasDirty = document.isDirty;
  const edit = new vscode.WorkspaceEdit();
  for (const { at, text } of edits) edit.replace(document.uri, rangeOf(at), text);
  if ((await vscode.workspace.applyEdit(edit)) && !wasDirty) await document.save();
}
