/** A manifest in the editor: names to choose from, links, and what a file is where the pointer rests on it. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import * as vscode from "vscode";
import { manifestLanguage } from "../plan/planUris";
import type { TransferRow } from "../../model/events";
import { normalizeName } from "../../model/names";
import { partsOf } from "../../model/manifestParts";
import { exactSize } from "../../model/text";
import { boardNames } from "../views/boardNames";
import { ago } from "../views/item";
import { rangeOf } from "../languages/ranges";
import { servedNames } from "../languages/servedNames";
import type { Store } from "../store";
import { quoted } from "../words";
import type { Hashes } from "./hashes";
import { fileUri, readManifest } from "./manifestPlace";

const selector: vscode.DocumentFilter = { language: manifestLanguage, scheme: "file" };

export function registerManifestProviders(store: Store, hashes: Hashes): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(selector, { provideCompletionItems: complete }, ":", "/"),
    vscode.languages.registerDocumentLinkProvider(selector, { provideDocumentLinks: links }),
    vscode.languages.registerHoverProvider(selector, {
      provideHover: (document, position, token) => hover(document, position, token, store, hashes),
    }),
  );
}

/** The names in the served root where a file's name stands; behind it, its size. */
async function complete(
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.CompletionItem[]> {
  const { text } = document.lineAt(position);
  const before = text.slice(0, position.character);
  const colons = before.split(":").length - 1;
  if (colons === 0 || before.trimStart().startsWith("#")) return [];
  const { root, published } = await readManifest(document);
  const [, name = { text: "", column: 1 }] = partsOf(text);
  if (colons === 1) {
    const start = Math.min(name.text === "" ? position.character : name.column - 1, position.character);
    const end = Math.max(
      name.text === "" ? position.character : start + name.text.length,
      position.character,
    );
    const range = new vscode.Range(position.line, start, position.line, end);
    const names = new Set([...(await servedNames(root)), ...(await existing(root, published))]);
    return [...names].sort().map((each) => {
      const item = new vscode.CompletionItem(each, vscode.CompletionItemKind.File);
      item.range = range;
      item.insertText = before.endsWith(":") ? ` ${each}` : each;
      return item;
    });
  }
  const stats = await stat(resolve(root, normalizeName(name.text))).catch(() => undefined);
  if (stats?.isFile() !== true) return [];
  const text2 = `size=${stats.size}`;
  const item = new vscode.CompletionItem(text2, vscode.CompletionItemKind.Value);
  item.insertText = before.endsWith(":") ? ` ${text2}` : text2;
  return [item];
}

/** Those that are there. */
async function existing(root: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) =>
      (await stat(resolve(root, name)).catch(() => undefined))?.isFile() === true ? [name] : [],
    ),
  );
  return found.flat();
}

async function links(document: vscode.TextDocument): Promise<vscode.DocumentLink[]> {
  const { root, lines } = await readManifest(document);
  return lines.map(({ entry, name }) => new vscode.DocumentLink(rangeOf(name), fileUri(root, entry.file)));
}

async function hover(
  document: vscode.TextDocument,
  position: vscode.Position,
  token: vscode.CancellationToken,
  store: Store,
  hashes: Hashes,
): Promise<vscode.Hover | undefined> {
  const { root, lines } = await readManifest(document);
  const line = lines.find(({ name }) => rangeOf(name).contains(position));
  if (line === undefined) return undefined;
  const path = resolve(root, line.entry.file);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  const cancelled = new AbortController();
  token.onCancellationRequested(() => {
    cancelled.abort();
  });
  const checksum = await hashes.of(path, cancelled.signal);
  const fetched = lastFetch(store, line.entry.file);
  const content = new vscode.MarkdownString();
  content.appendText(`${exactSize(stats.size)}\n\n`);
  if (checksum !== undefined) content.appendMarkdown(`SHA-256 \`${checksum.sha256}\`\n\n`);
  content.appendText(
    fetched === undefined
      ? "Not fetched, as far as the Transfers view goes back."
      : describeFetch(store, fetched),
  );
  return new vscode.Hover(content, rangeOf(line.name));
}

/** The last time that a board got the whole file. */
function lastFetch(store: Store, file: string): TransferRow | undefined {
  let last: TransferRow | undefined;
  for (const row of store.now.transfers.values()) {
    const isIt =
      row.state === "finished" &&
      row.direction === "read" &&
      normalizeName(row.servedFile ?? row.file) === file;
    if (isIt && (row.endedAt ?? 0) >= (last?.endedAt ?? 0)) last = row;
  }
  return last;
}

function describeFetch(store: Store, { address, protocol, endedAt = 0 }: TransferRow): string {
  const who = quoted(boardNames(store.now.clients.values())(address));
  return `Last fetched ${ago(Date.now() - endedAt)} by ${who} over ${protocol.toUpperCase()}`;
}
