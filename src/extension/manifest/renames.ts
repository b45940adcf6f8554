/** A file that is renamed or moved in the Explorer keeps its lines in the manifests and its places in the plan. */

import { resolve } from "node:path";
import * as vscode from "vscode";
import { publishedFiles } from "../../model/drop";
import { parseManifest } from "../../model/manifest";
import { manifestLines, renameEdits } from "../../model/manifestLines";
import type { Plan } from "../../model/plan";
import { rangeOf } from "../languages/ranges";
import { planSources, readPlan } from "../plan/planSources";
import { renameInPlan } from "../plan/planText";
import { manifestPaths, rootAround, rootOf } from "./manifestPlace";
import { moved, nameBelow, renamedBelow, type Move } from "./moves";

/** More manifests than these are not looked at. */
const mostManifests = 100;

export function registerRenames(): vscode.Disposable {
  return vscode.workspace.onWillRenameFiles((event) => {
    const moves = event.files.map(({ oldUri, newUri }) => ({ from: oldUri.fsPath, to: newUri.fsPath }));
    event.waitUntil(editsFor(moves));
  });
}

async function editsFor(moves: readonly Move[]): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    const plan = (await readPlan(folder))?.plan;
    if (plan !== undefined) await addEdits(edit, folder, plan, moves);
  }
  return edit;
}

async function addEdits(
  edit: vscode.WorkspaceEdit,
  folder: vscode.WorkspaceFolder,
  plan: Plan,
  moves: readonly Move[],
): Promise<void> {
  const root = rootOf(folder, plan);
  const newRoot = moved(moves, root);
  const rename = (name: string, ownRoot = "."): string | undefined =>
    renamedBelow(moves, resolve(root, ownRoot), name);
  const renameRoot = nameBelow(folder.uri.fsPath, newRoot);
  for (const source of await planSources(folder)) {
    if (source === undefined) continue;
    const uri = vscode.Uri.joinPath(folder.uri, source.file);
    const document = await vscode.workspace.openTextDocument(uri);
    const edits = renameInPlan(
      document.getText(),
      plan.clients,
      rename,
      newRoot === root ? undefined : renameRoot,
    );
    for (const { offset, length, content } of edits) {
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      edit.replace(uri, range, content);
    }
  }
  for (const path of await manifestsIn(folder, plan)) {
    const document = await openText(path);
    if (document === undefined) continue;
    const { entries } = parseManifest(document.getText(), "", publishedFiles(plan));
    const around = rootAround(folder, plan, path);
    const lines = manifestLines(document.getText(), "", entries);
    for (const { at, text } of renameEdits(lines, (name) => renamedBelow(moves, around, name))) {
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
