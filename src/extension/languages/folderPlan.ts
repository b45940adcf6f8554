/** The plan of one workspace folder as the user sees it, saved or not, with what is wrong with it. */

import * as vscode from "vscode";
import { lacksOf, pathsOf, type Found } from "../../model/planFiles";
import type { ParsedPlan } from "../../model/planParser";
import { openDocument, readPlan } from "../plan/planSources";
import type { FileProblem } from "./told";

export interface FolderPlan {
  readonly folder: vscode.WorkspaceFolder;
  readonly parsed: ParsedPlan;
  readonly problems: readonly FileProblem[];
  /** Paths whose coming and going changes the problems. */
  readonly followed: readonly string[];
}

/** What stands at a place. */
export async function found(uri: vscode.Uri): Promise<Found> {
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.Directory) !== 0) return "folder";
    return (type & vscode.FileType.File) !== 0 ? "file" : "other";
  } catch {
    return undefined;
  }
}

/** VS Code's own JSON support tells of an open document that it is no JSON. */
function saysSyntax(folder: vscode.WorkspaceFolder, file: string): boolean {
  return (
    vscode.extensions.getExtension("vscode.json-language-features") !== undefined &&
    vscode.workspace.getConfiguration("json").get("validate.enable") !== false &&
    openDocument(vscode.Uri.joinPath(folder.uri, file)) !== undefined
  );
}

/** Reads both files and looks for what they name. undefined: there is no plan. */
export async function readFolderPlan(folder: vscode.WorkspaceFolder): Promise<FolderPlan | undefined> {
  const parsed = await readPlan(folder);
  if (parsed === undefined) return undefined;
  const { plan, named, problems } = parsed;
  const told = problems.filter(({ syntax, file }) => syntax !== true || !saysSyntax(folder, file));
  if (plan === undefined) return { folder, parsed, problems: told, followed: [] };
  const paths = pathsOf(plan, named);
  const uris = paths.map((path) => vscode.Uri.joinPath(folder.uri, path));
  const kinds = await Promise.all(uris.map(found));
  const kindOf = new Map(paths.map((path, index) => [path, kinds[index]]));
  const lacks = lacksOf(parsed, plan, (path) => kindOf.get(path));
  return {
    folder,
    parsed,
    problems: [
      ...told,
      ...lacks.map(({ problem, absent }) => ({ ...problem, ...(absent !== undefined && { absent }) })),
    ],
    followed: uris.map(({ path }) => path),
  };
}
