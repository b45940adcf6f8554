/** The languages of plans and manifests: what is told while they are written. A bundle of its own. */

import * as vscode from "vscode";
import { PlanActions } from "./planActions";
import { PlanProblems } from "./planProblems";

/** Follows the plans of all workspace folders. */
export function registerLanguages(): vscode.Disposable {
  const problems = new PlanProblems();
  return vscode.Disposable.from(problems, new PlanActions(problems));
}
