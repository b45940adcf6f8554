/** A file that was clicked, as its folder's plan names it; where it cannot be served, why, and a way out. */

import { stat } from "node:fs/promises";
import { basename, relative } from "node:path";
import * as vscode from "vscode";
import { checkName, protectedRule } from "../../model/names";
import { nameBelow } from "../manifest/moves";
import { describeTrouble } from "../views/item";
import { openPlan, refuse, servedRootOf } from "./plan";
import { readPlan } from "./planSources";
import { exists } from "./planUris";
import { quoted, unadorned } from "../words";

/** A file as the plan names it. */
export interface PlannedFile {
  readonly folder: vscode.WorkspaceFolder;
  /** Relative to the served root, with `/`. */
  readonly name: string;
}

/** Several may be selected, and not all of them files. */
const isFolder = async (uri: vscode.Uri): Promise<boolean> =>
  (await stat(uri.fsPath).catch(() => undefined))?.isDirectory() ?? false;

/**
 * A file as its folder's plan would name it. Where it cannot be served the user is told why; one outside of the
 * served root may be copied there, and then the command goes on with the copy.
 * @param again the command, with the copy.
 */
export async function plannedFile(
  uri: vscode.Uri,
  again: (copy: vscode.Uri) => Promise<unknown>,
): Promise<PlannedFile | undefined> {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined || uri.scheme !== "file") {
    void vscode.window.showErrorMessage("Only files of a workspace folder on a real disk can be served.");
    return undefined;
  }
  if (await isFolder(uri)) {
    const shown = quoted(vscode.workspace.asRelativePath(uri, false));
    void vscode.window.showErrorMessage(unadorned(`"${shown}" is a folder. Choose a file.`));
    return undefined;
  }
  const name = nameBelow(await servedRootOf(folder), uri.fsPath);
  if (name === undefined || name === "") {
    void offerCopy(folder, uri, again);
    return undefined;
  }
  const checked = checkName(name);
  const trouble = "refused" in checked ? checked.refused : protectedRule(checked.path, true);
  if (trouble === undefined) return { folder, name };
  const message = `"${quoted(name)}" cannot be served. ${describeTrouble(trouble)}`;
  void vscode.window.showErrorMessage(unadorned(message));
  return undefined;
}

async function offerCopy(
  folder: vscode.WorkspaceFolder,
  uri: vscode.Uri,
  again: (copy: vscode.Uri) => Promise<unknown>,
): Promise<void> {
  const root = await servedRootOf(folder);
  const shown = quoted(relative(folder.uri.fsPath, root));
  const outside = `"${quoted(vscode.workspace.asRelativePath(uri, false))}" lies outside of the served root "${shown}"`;
  if (!(await exists(vscode.Uri.file(root)))) {
    void refuse(folder, `${outside}, which is not there yet. Build it, or change "root" in the boot plan.`);
    return;
  }
  const copy = `Copy Into '${unadorned(shown)}'`;
  const open = "Open Boot Plan";
  const message = unadorned(`${outside}. Copy the file there, or change "root" in the boot plan.`);
  const answer = await vscode.window.showErrorMessage(message, copy, open);
  if (answer === open) await openPlan(folder);
  if (answer !== copy) return;
  const target = await copyIntoRoot(folder, uri);
  if (target !== undefined) await again(target);
}

/** Copies a file into the served root. @returns where it is now; undefined: that name was taken, and the user was told. */
export async function copyIntoRoot(
  folder: vscode.WorkspaceFolder,
  uri: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const root = vscode.Uri.file(await servedRootOf(folder));
  const name = basename(uri.fsPath);
  const target = vscode.Uri.joinPath(root, name);
  try {
    await vscode.workspace.fs.copy(uri, target, { overwrite: false });
    return target;
  } catch (error) {
    const reason = (await exists(target))
      ? `There is a "${quoted(name)}" already in "${quoted(vscode.workspace.asRelativePath(root, false))}".`
      : error instanceof Error
        ? error.message
        : String(error);
    void vscode.window.showErrorMessage(unadorned(`The file was not copied. ${reason}`));
    return undefined;
  }
}

/** A file of the served root as one board asks for it: it may see a folder of its own. undefined: the user was told. */
export async function nameForBoard({ folder, name }: PlannedFile, mac: string): Promise<string | undefined> {
  const listed = (await readPlan(folder))?.plan?.clients.find((client) => client.mac === mac);
  const own = listed?.root;
  if (own === undefined || own === ".") return name;
  if (name.startsWith(`${own}/`)) return name.slice(own.length + 1);
  const board = quoted(listed?.name ?? mac);
  const message = `"${quoted(name)}" is not in "${quoted(own)}", which ${board} sees as its root. Copy the file there, or link to it.`;
  void vscode.window.showErrorMessage(unadorned(message));
  return undefined;
}
