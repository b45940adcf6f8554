/** A problem of the model as VS Code shows it. */

import * as vscode from "vscode";
import type { Problem } from "../../model/plan";
import { capitalized } from "../words";
import { rangeOf } from "./ranges";

/** A problem; `absent`: it is about a file that is not there, by its name in the served root. */
export type FileProblem = Problem & { readonly absent?: string };

export interface Told {
  readonly problem: FileProblem;
  readonly diagnostic: vscode.Diagnostic;
}

export function toldOf(problem: FileProblem): Told {
  const { Error, Warning } = vscode.DiagnosticSeverity;
  const severity = problem.severity === "error" ? Error : Warning;
  const diagnostic = new vscode.Diagnostic(rangeOf(problem), capitalized(problem.message), severity);
  diagnostic.source = "Boot Servers";
  return { problem, diagnostic };
}
