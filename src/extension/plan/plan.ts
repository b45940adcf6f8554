/** The boot plan as VS Code's own document: changes are edits that can be undone, and are saved unless the user was at it. */

import { resolve } from "node:path";
import type { Edit } from "jsonc-parser";
import * as vscode from "vscode";
import { checkName, protectedRule } from "../../model/names";
import type { Plan } from "../../model/plan";
import { edited, editsFor, newPlan, startedPlan, valueAt } from "./planText";
import { planSources, readPlan } from "./planSources";
import { exists, localPlanUri, planUri } from "./planUris";
import { count, unadorned } from "../words";

/** A value of the plan; the local one is laid over the other. */
export async function planValue(folder: vscode.WorkspaceFolder, key: string): Promise<unknown> {
  const [main, local] = await planSources(folder);
  return [local, main]
    .map((source) => source && valueAt(source.text, [key]))
    .find((value) => value !== undefined);
}

/** Both plans' texts, for who looks for addresses in them. */
export async function planTexts(folder: vscode.WorkspaceFolder): Promise<string[]> {
  return (await planSources(folder)).flatMap((source) => source?.text ?? []);
}

/** Shows the plan; one that is not there yet is made. */
export async function openPlan(folder: vscode.WorkspaceFolder): Promise<void> {
  if (!(await exists(planUri(folder)))) await createPlan(folder, startedPlan);
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
  const edits = editsFor(document.getText(), change);
  if (edits === undefined) {
    void refuse(folder, "The boot plan cannot be read, so it was not changed. Mend it first.");
    return false;
  }
  const wasDirty = document.isDirty;
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of edits) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    edit.replace(uri, range, content);
  }
  if (!(await vscode.workspace.applyEdit(edit))) {
    void refuse(
      folder,
      "The boot plan was not changed: something else changed it meanwhile. Try it once more.",
    );
    return false;
  }
  if (wasDirty) void askToSave(document);
  // VS Code says why it could not be saved.
  else if (!(await document.save())) return false;
  return true;
}

/**
 * Says why an edit of the plan has no effect, where it has none.
 * @param holds true for a plan that says what the edit wanted.
 * @returns true when there is nothing to say.
 */
export async function holdsNow(
  folder: vscode.WorkspaceFolder,
  holds: (plan: Plan) => boolean,
): Promise<boolean> {
  const parsed = await readPlan(folder);
  if (parsed?.plan === undefined) {
    const { length } = parsed?.problems.filter(({ severity }) => severity === "error") ?? [];
    void refuse(
      folder,
      `The boot plan was changed, and has ${count(length, "problem")}: nothing follows it before it is mended.`,
    );
    return false;
  }
  if (holds(parsed.plan)) return true;
  void sayHidden(folder);
  return false;
}

async function sayHidden(folder: vscode.WorkspaceFolder): Promise<void> {
  const open = "Open Local Plan";
  const message =
    "The boot plan was changed, but boot-plan.local.json, which is laid over it, says otherwise: boards get what stands there.";
  if ((await vscode.window.showWarningMessage(message, open)) === open) {
    await vscode.window.showTextDocument(localPlanUri(folder));
  }
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

/** The folder that a board sees as `/`. One that the plan must not name is a problem there: nothing is done in it. */
export async function servedRootOf(folder: vscode.WorkspaceFolder): Promise<string> {
  const { fsPath } = folder.uri;
  const root = await planValue(folder, "root");
  const checked = checkName(typeof root === "string" ? root : "");
  if ("refused" in checked || protectedRule(checked.path, true) !== undefined) return fsPath;
  return resolve(fsPath, checked.path);
}
