/** The texts of a folder's plan as the user sees them, saved or not. */

import * as vscode from "vscode";
import { mergePlans, type ParsedPlan, type PlanText } from "../../model/planParser";
import { planFiles } from "./planUris";

/** The document of a file that is open. */
export const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());

async function sourceOf(folder: vscode.WorkspaceFolder, file: string): Promise<PlanText | undefined> {
  const uri = vscode.Uri.joinPath(folder.uri, file);
  try {
    // What was deleted may still be open: the engine reads the disk.
    const bytes = await vscode.workspace.fs.readFile(uri);
    return { file, text: openDocument(uri)?.getText() ?? new TextDecoder().decode(bytes) };
  } catch {
    return undefined;
  }
}

/** The plan and the local one. */
export async function planSources(
  folder: vscode.WorkspaceFolder,
): Promise<readonly [main: PlanText | undefined, local: PlanText | undefined]> {
  const [main, local] = planFiles;
  return Promise.all([sourceOf(folder, main), sourceOf(folder, local)]);
}

/** What both say together; undefined: there is neither. */
export async function readPlan(folder: vscode.WorkspaceFolder): Promise<ParsedPlan | undefined> {
  const [main, local] = await planSources(folder);
  return main === undefined && local === undefined ? undefined : mergePlans(main, local);
}
