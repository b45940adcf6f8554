/** Quick fixes of a plan: those that its problems carry, and the nearest names for a file that is not there. */

import * as vscode from "vscode";
import { nearestNames } from "../../model/nearestNames";
import { normalizeName } from "../../model/names";
import { planPattern } from "../planUris";
import { quoted } from "../words";
import type { PlanProblems, Told } from "./planProblems";
import { rangeOf } from "./ranges";
import { servedNames } from "./servedNames";

const quickFix = vscode.CodeActionKind.QuickFix;

/** Other events of the extension host have their turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class PlanActions implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly registration = vscode.languages.registerCodeActionsProvider(
    { scheme: "file", pattern: `**/${planPattern}` },
    this,
    { providedCodeActionKinds: [quickFix] },
  );

  constructor(private readonly problems: PlanProblems) {}

  dispose(): void {
    this.registration.dispose();
  }

  async provideCodeActions(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
    const plan = await this.problems.of(document);
    if (plan === undefined) return [];
    const told = plan.told.filter(({ diagnostic }) => diagnostic.range.intersection(range));
    return (await Promise.all(told.map((each) => actionsFor(document, each, plan.root)))).flat();
  }
}

async function actionsFor(
  document: vscode.TextDocument,
  { problem, diagnostic }: Told,
  root: string,
): Promise<vscode.CodeAction[]> {
  const { fix, absent } = problem;
  if (fix !== undefined) {
    const edits = fix.edits.map(({ at, text }) => new vscode.TextEdit(rangeOf(at), text));
    return [actionOf(document, diagnostic, fix.title, edits, true)];
  }
  if (absent === undefined) return [];
  const written: unknown = parsed(document.getText(diagnostic.range));
  // An alias stands for another name: the file that is missing is not what is written here.
  if (typeof written !== "string" || normalizeName(written) !== absent) return [];
  const near = await nearestNames(absent, await servedNames(root), turn);
  return near.map((name, index) => {
    const text = JSON.stringify(name);
    return actionOf(
      document,
      diagnostic,
      `Write ${quoted(text)}`,
      [new vscode.TextEdit(diagnostic.range, text)],
      index === 0,
    );
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function actionOf(
  { uri }: vscode.TextDocument,
  diagnostic: vscode.Diagnostic,
  title: string,
  edits: vscode.TextEdit[],
  preferred: boolean,
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, quickFix);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.set(uri, edits);
  action.diagnostics = [diagnostic];
  action.isPreferred = preferred;
  return action;
}
