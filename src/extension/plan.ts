/** The boot plan as VS Code's own document: changes are edits that can be undone, and are saved unless the user was at it. */

import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Edit } from "jsonc-parser";
import * as vscode from "vscode";
import { checkName, protectedRule } from "../model/names";
import { describeTrouble } from "./item";
import { edited, isPlan, newPlan, valueAt } from "./planText";
import { exists, localPlanUri, planUri } from "./planUris";
import { quoted, unadorned } from "./words";

/** The text of a plan as the user sees it, saved or not; undefined: there is none. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  if (!(await exists(uri))) return undefined;
  return (await vscode.workspace.openTextDocument(uri)).getText();
}

/** A value of the plan; the local one is laid over the other. */
export async function planValue(folder: vscode.WorkspaceFolder, key: string): Promise<unknown> {
  for (const uri of [localPlanUri(folder), planUri(folder)]) {
    const text = await textOf(uri);
    const value = text === undefined ? undefined : valueAt(text, [key]);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Both plans' texts, for who looks for addresses in them. */
export async function planTexts(folder: vscode.WorkspaceFolder): Promise<string[]> {
  const texts = await Promise.all([planUri(folder), localPlanUri(folder)].map(textOf));
  return texts.filter((text) => text !== undefined);
}

/** Shows the plan; one that is not there yet is made. */
export async function openPlan(folder: vscode.WorkspaceFolder): Promise<void> {
  if (!(await exists(planUri(folder)))) await createPlan(folder, newPlan);
  await vscode.window.showTextDocument(planUri(folder));
}

async function createPlan(folder: vscode.WorkspaceFolder, text: string): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(planUri(folder), { contents: new TextEncoder().encode(text) });
  return vscode.workspace.applyEdit(edit);
}

/**
 * Changes the plan of a folder. It is saved unless it had changes of the user's own: then they are asked.
 * @param change the edits for the plan's text.
 * @returns false when it could not be changed; the user was told.
 */
export async function editPlan(
  folder: vscode.WorkspaceFolder,
  change: (text: string) => Edit[],
): Promise<boolean> {
  const uri = planUri(folder);
  if (!(await exists(uri))) return createPlan(folder, edited(newPlan, change(newPlan)));
  const document = await vscode.workspace.openTextDocument(uri);
  const text = document.getText();
  if (!isPlan(text)) {
    void refuse(folder, "The boot plan cannot be read, so it was not changed. Mend it first.");
    return false;
  }
  const wasDirty = document.isDirty;
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of change(text)) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    edit.replace(uri, range, content);
  }
  if (!(await vscode.workspace.applyEdit(edit))) return false;
  if (wasDirty) void askToSave(document);
  else await document.save();
  return true;
}

async function askToSave(document: vscode.TextDocument): Promise<void> {
  const save = "Save Boot Plan";
  const message =
    "The boot plan had changes of yours that are not saved. The servers follow it once it is saved.";
  if ((await vscode.window.showInformationMessage(message, save)) === save) await document.save();
}

/** One notification with a way to the plan. */
export async function refuse(folder: vscode.WorkspaceFolder, message: string): Promise<void> {
  const open = "Open Boot Plan";
  if ((await vscode.window.showErrorMessage(unadorned(message), open)) === open) await openPlan(folder);
}

/** A file as the plan names it. */
export interface PlannedFile {
  readonly folder: vscode.WorkspaceFolder;
  /** Relative to the served root, with `/`. */
  readonly name: string;
}

/** The folder that a board sees as `/`. */
export async function servedRootOf(folder: vscode.WorkspaceFolder): Promise<string> {
  const root = await planValue(folder, "root");
  return resolve(folder.uri.fsPath, typeof root === "string" ? root : ".");
}

/** A file as its folder's plan would name it; where it cannot be served the user is told why. */
export async function plannedFile(uri: vscode.Uri): Promise<PlannedFile | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined || uri.scheme !== "file") {
    void vscode.window.showErrorMessage("Only files of a workspace folder on a real disk can be served.");
    return undefined;
  }
  const root = await servedRootOf(folder);
  const path = relative(root, uri.fsPath);
  const name = path.split(sep).join("/");
  if (name === "" || name.startsWith("../") || isAbsolute(path)) {
    const shown = relative(folder.uri.fsPath, root);
    void refuse(
      folder,
      `"${vscode.workspace.asRelativePath(uri, false)}" lies outside of the served root "${quoted(shown)}". Move the file there, or change "root" in the boot plan.`,
    );
    return undefined;
  }
  const checked = checkName(name);
  const trouble = "refused" in checked ? checked.refused : protectedRule(checked.path, true);
  if (trouble !== undefined) {
    void refuse(folder, `"${quoted(name)}" cannot be served. ${describeTrouble(trouble)}`);
    return undefined;
  }
  return { folder, name };
}
