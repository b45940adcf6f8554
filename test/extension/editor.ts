/** What every window's tests need of the editor: the extension as it runs there, and its rows as they come. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../src/extension/extension";
import type { Item } from "../../src/extension/views/item";
import type { Protocol, ServerRow, TransferRow } from "../../src/model/events";
import type { Snapshot } from "../../src/model/snapshot";
import { encodeLine } from "./report";

const extensionId = "boot-servers.boot-servers";

export function extension(): vscode.Extension<BootServersApi> {
  const found = vscode.extensions.getExtension<BootServersApi>(extensionId);
  assert.ok(found, `${extensionId} is not there`);
  return found;
}

/** The extension, activated. */
export async function activated(): Promise<BootServersApi> {
  return extension().activate();
}

/**
 * Resolves with the first thing that `find` sees in the snapshot, as it is now or becomes. Polled as well: a process ends
 * without a change of any row. @throws after most of a test's time.
 */
export function until<T>(
  { store }: BootServersApi,
  find: (snapshot: Snapshot) => T | undefined | false,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = find(store.now);
      if (found === undefined || found === false) return;
      end();
      resolve(found);
    };
    const end = (): void => {
      clearInterval(polling);
      clearTimeout(late);
      subscription.dispose();
    };
    const polling = setInterval(look, 50);
    const late = setTimeout(() => {
      end();
      reject(new Error(`it does not come: ${String(find)}`));
    }, 50_000);
    const subscription = store.onChange(look);
    look();
  });
}

/** Starts the servers and resolves once each of them runs. @returns the port of each. */
export async function start(api: BootServersApi, folder?: vscode.Uri): Promise<Record<Protocol, number>> {
  assert.equal(await vscode.commands.executeCommand("bootServers.start", folder), true);
  return running(api);
}

/** The port of each server, once all three run. */
export async function running(api: BootServersApi): Promise<Record<Protocol, number>> {
  const rows = await until(api, ({ servers }) => {
    const each = [...servers.values()];
    return each.length === 3 && each.every(({ state }) => state === "running") && each;
  });
  const port = (wanted: Protocol): number => rows.find(({ protocol }) => protocol === wanted)!.port;
  return { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") };
}

export async function stop(api: BootServersApi): Promise<void> {
  await vscode.commands.executeCommand("bootServers.stop", "now");
  await until(api, () => api.childPid() === undefined);
}

/** The row of a transfer that has ended. */
export const ended = (api: BootServersApi, protocol: "tftp" | "ftp", file: string): Promise<TransferRow> =>
  until(api, ({ transfers }) =>
    [...transfers.values()].find(
      (row) => row.protocol === protocol && row.file === file && row.state !== "running",
    ),
  );

/** What tests compare of a server. */
export const brief = ({ protocol, state, addresses }: ServerRow): string =>
  `${protocol} ${state} on ${addresses.join(", ")}`;

/** A view as lines: what each row says, rows below another indented; ports, times and rates by their names. */
export function lines(items: readonly Item[], indent = ""): string[] {
  return items.flatMap(({ label, description = "", children = [] }) => [
    `${indent}${label}  ${description
      .replace(/(\d+\.\d+\.\d+\.\d+):\d+/g, "$1:PORT")
      .replace(/ in \S+ (ms|s)\b/, " in TIME")
      .replace(/[\d.]+ \w?i?B\/s/, "RATE")}`,
    ...lines(children, `${indent}  `),
  ]);
}

const [firstFolder] = vscode.workspace.workspaceFolders ?? [];

/** A file of the first folder. */
export const file = (path: string): vscode.Uri => vscode.Uri.joinPath(firstFolder!.uri, path);

/** What is on, as lines: what a failed test tells with it. */
export function situation(): string {
  const { isActive, exports: api } = extension();
  if (!isActive) return "the extension is not awake";
  const { servers, transfers, clients } = api.store.now;
  const rows = [servers, transfers, clients].flatMap((each) => [...each.values()].slice(-10));
  return [
    `process ${api.childPid() ?? "none"}, editor ${vscode.window.activeTextEditor?.document.uri.path ?? "none"}`,
    ...rows.map((row) => JSON.stringify(row).slice(0, 400)),
  ].join("\n");
}

/** A figure for who reads the run's output; no test depends on it. */
export const report = (line: string): void => {
  // eslint-disable-next-line no-console -- The suite's only way out.
  console.log(encodeLine({ kind: "output", line: `      ${line}` }));
};

export const readText = async (uri: vscode.Uri): Promise<string> =>
  Buffer.from(await vscode.workspace.fs.readFile(uri)).toString();

/** Puts a text into a document, not saved. */
export async function write(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  edit.replace(document.uri, all, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** What the Problems view shows of us at a file: `1:3-1:8 error A sentence`, places as an editor counts. */
export function problemsOf(uri: vscode.Uri): string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === "Boot Servers")
    .map(({ range: { start, end }, severity, message }) => {
      const kind = severity === vscode.DiagnosticSeverity.Error ? "error" : "warning";
      return `${start.line + 1}:${start.character + 1}-${end.line + 1}:${end.character + 1} ${kind} ${message}`;
    });
}

/** Resolves once the Problems view shows exactly these; mocha's limit ends it, and tells what it showed last. */
export async function settled(uri: vscode.Uri, expected: readonly (string | RegExp)[]): Promise<void> {
  const deadline = Date.now() + 50_000;
  const fits = (shown: readonly string[]): boolean =>
    shown.length === expected.length &&
    expected.every((each, index) =>
      typeof each === "string" ? each === shown[index] : each.test(shown[index]!),
    );
  while (!fits(problemsOf(uri))) {
    if (Date.now() > deadline) assert.deepEqual(problemsOf(uri), expected);
    await changeOfProblems(deadline - Date.now());
  }
}

/** Resolves with the next change of the Problems view, or after the time. */
function changeOfProblems(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const subscription = vscode.languages.onDidChangeDiagnostics(done);
  });
}

/** The quick fixes at the first place of `at`, by their titles. */
export async function fixes(
  document: vscode.TextDocument,
  at: string,
): Promise<Map<string, vscode.CodeAction>> {
  const start = document.positionAt(document.getText().indexOf(at));
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    new vscode.Range(start, start),
    vscode.CodeActionKind.QuickFix.value,
  );
  return new Map(actions.map((action) => [action.title, action]));
}
