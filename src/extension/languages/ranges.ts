/** Places of the model as ranges of an editor. */

import * as vscode from "vscode";
import type { Place } from "../../model/places";

/** Where a place is; without an end VS Code marks the word. */
export function rangeOf({ line, column, end = { line, column } }: Place): vscode.Range {
  return new vscode.Range(line - 1, column - 1, end.line - 1, end.column - 1);
}
