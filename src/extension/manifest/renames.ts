/** A file that is renamed or moved in the Explorer keeps its lines in the manifests and its places in the plan. */

import { relative, resolve, sep } from "node:path";
import * as vscode from "vscode";
import { publishedFiles } from "../../model/drop";
import { parseManifest } from "../../model/manifest";
import { manifestLines, renameEdits } from "../../model/manifestLines";
import type { Plan } from "../../model/plan";
import { rangeOf } from "../languages/ranges";
import { planSources, readPlan } from "../plan/planSources";
import { renameInPlan } from "../plan/planText";
import { manifestPaths, rootOf } from "./manifestPlace";

type Moves = vscode.FileWillRenameEvent["files"];

/** More manifests than these are not looked at. */
const mostManifests = 100;

export function registerRenames(): vscode.Disposable {
  return vscode.workspace.onWillRenameFiles((event) => {
    event.waitUntil(editsFor(event.files));
  });
}

async function editsFor(moves: Moves): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    const plan = (await readPlan(folder))?.plan;
    if (plan !== undefined) await addEdits(edit, folder, plan, moves);
  }
  return edit;
}

/** Where a path is after the moves. */
function moved(moves: Moves, path: string): string {
  for (const { oldUri, newUri } of moves) {
    if (path === oldUri.fsPath) return newUri.fsPath;
    if (path.startsWith(oldUri.fsPath + sep)) return newUri.fsPath + path.slice(oldUri.fsPath.length);
  }
  return path;
}

/** The name of a path below another one, with `/`; undefined: it lies elsewhere. */
function nameBelow(root: string, path: string): string | undefined {
  const name = relative(root, path).split(sep).join("/");
  return name.startsWith("../") || name === ".." || resolve(root, name) !== path ? undefined : name;
}

async function addEdits(
  edit: vscode.WorkspaceEdit,
  folder: vscode.WorkspaceFolder,
  plan: Plan,
  moves: Moves,
): Promise<void> {
  const root = rootOf(folder, plan);
  const newRoot = moved(moves, root);
  /** The new name of a file in the served root; undefined: it stays, or it leaves the root. */
  const rename = (name: string): string | undefined => {
    const path = resolve(root, name);
    const now = nameBelow(newRoot, moved(moves, path));
    return now === name || now === "" ? undefined : now;
  };
  const renameRoot = nameBelow(folder.uri.fsPath, newRoot);
  for (const source of await planSources(folder)) {
    if (source === undefined) continue;
    const uri = vscode.Uri.joinPath(folder.uri, source.file);
    const document = await vscode.workspace.openTextDocument(uri);
    const edits = renameInPlan(document.getText(), rename, newRoot === root ? undefined : renameRoot);
    for (const { offset, length, content } of edits) {
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      edit.replace(uri, range, content);
    }
  }
  for (const path of await manifestsIn(folder, plan)) {
    const document = await openText(path);
    if (document === undefined) continue;
    const { entries } = parseManifest(document.getText(), "", publishedFiles(plan));
    for (const { at, text } of renameEdits(manifestLines(document.getText(), "", entries), rename)) {
      edit.replace(document.uri, rangeOf(at), text);
    }
  }
}

/** Those that the plan names, and every *.bootmanifest. */
async function manifestsIn(folder: vscode.WorkspaceFolder, plan: Plan): Promise<string[]> {
  const pattern = new vscode.RelativePattern(folder, "**/*.bootmanifest");
  const found = await vscode.workspace.findFiles(pattern, undefined, mostManifests);
  return [...new Set([...manifestPaths(folder, plan), ...found.map(({ fsPath }) => fsPath)])];
}

const openText = (path: string): Promise<vscode.TextDocument | undefined> =>
  Promise.resolve(vscode.workspace.openTextDocument(vscode.Uri.file(path))).catch(() => undefined);
