/** Quick fixes: those that problems carry, and the nearest names for a file that is not there. */

import * as vscode from "vscode";
import { nearestNames } from "../../model/nearestNames";
import { quoted } from "../words";
import { rangeOf } from "./ranges";
import { servedNames } from "./servedNames";
import type { Told } from "./told";

const quickFix = vscode.CodeActionKind.QuickFix;

/** Other events of the extension host have their turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is told of a document as it is now, and the served root. */
export interface ToldOfDocument {
  readonly told: readonly Told[];
  /** Absolute path. */
  readonly root: string;
}

/** How a language writes the name of a file. */
export interface NameStyle {
  /** undefined: this is none. */
  read(text: string): string | undefined;
  write(name: string): string;
}

/** @param tell undefined: nothing is told of the document. */
export function registerQuickFixes(
  selector: vscode.DocumentSelector,
  tell: (document: vscode.TextDocument) => Promise<ToldOfDocument | undefined>,
  style: NameStyle,
): vscode.Disposable {
  const provideCodeActions = async (
    document: vscode.TextDocument,
    range: vscode.Range,
  ): Promise<vscode.CodeAction[]> => {
    const { told, root } = (await tell(document)) ?? { told: [], root: "" };
    const here = told.filter(({ diagnostic }) => diagnostic.range.intersection(range));
    return (await Promise.all(here.map((each) => actionsFor(document, each, root, style)))).flat();
  };
  return vscode.languages.registerCodeActionsProvider(
    selector,
    { provideCodeActions },
    { providedCodeActionKinds: [quickFix] },
  );
}

async function actionsFor(
  document: vscode.TextDocument,
  { problem, diagnostic }: Told,
  root: string,
  style: NameStyle,
): Promise<vscode.CodeAction[]> {
  const { fix, absent } = problem;
  if (fix !== undefined) {
    const edits = fix.edits.map(({ at, text }) => new vscode.TextEdit(rangeOf(at), text));
    return [actionOf(document, diagnostic, fix.title, edits, true)];
  }
  // An alias stands for another name: the file that is missing is not what is written here.
  if (absent === undefined || style.read(document.getText(diagnostic.range)) !== absent) return [];
  const near = await nearestNames(absent, await servedNames(root), turn);
  return near.map((name, index) => {
    const text = style.write(name);
    const edits = [new vscode.TextEdit(diagnostic.range, text)];
    return actionOf(document, diagnostic, `Write ${quoted(JSON.stringify(name))}`, edits, index === 0);
  });
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
