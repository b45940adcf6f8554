/** The tests in the Test Explorer: a folder's drops, found in the servers' process when somebody looks. */

import * as vscode from "vscode";
import type { Place } from "../../model/places";
import type { Outline } from "../../model/verification";
import { RemoteError } from "../../rpc/remoteError";
import { describeTrouble } from "../views/item";
import { planFiles } from "../plan/planUris";
import type { Servers } from "../servers";
import { describeProblems } from "../words";
import { outlineOf } from "./asking";
import { dropItems, type DropItem } from "./dropItems";

export class DropTree {
  /** Of each folder by its item's id, as it was last found. */
  private readonly outlines = new Map<string, Outline>();

  constructor(
    private readonly controller: vscode.TestController,
    private readonly servers: Servers,
  ) {}

  /** One item for each workspace folder; those that are there stay. */
  folders(): vscode.TestItem[] {
    const { items } = this.controller;
    const now = vscode.workspace.workspaceFolders ?? [];
    for (const [id] of items) if (!now.some(({ uri }) => uri.toString() === id)) items.delete(id);
    return now.map(({ uri, name }) => {
      const there = items.get(uri.toString());
      if (there !== undefined) return there;
      const item = this.controller.createTestItem(uri.toString(), name, uri);
      item.canResolveChildren = true;
      items.add(item);
      return item;
    });
  }

  /**
   * Finds a folder's drops anew.
   * @returns why they cannot be found; undefined: they were.
   */
  async find(item: vscode.TestItem): Promise<string | undefined> {
    const folder = this.folderOf(item);
    if (folder === undefined) return "This folder is not open any more.";
    item.busy = true;
    try {
      const outline = await outlineOf(this.servers, folder);
      item.error = undefined;
      this.outlines.set(item.id, outline);
      this.place(item.children, dropItems(outline), folder.uri);
      return undefined;
    } catch (error) {
      const reason = describeRefusal(error);
      this.outlines.delete(item.id);
      item.children.replace([]);
      item.error = reason;
      return reason;
    } finally {
      item.busy = false;
    }
  }

  /** As it was last found. */
  outlineOf(item: vscode.TestItem): Outline | undefined {
    return this.outlines.get(item.id);
  }

  folderOf(item: vscode.TestItem): vscode.WorkspaceFolder | undefined {
    return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString() === item.id);
  }

  /** True for a file that decides how the folder's verification ends. */
  concerns(item: vscode.TestItem, file: vscode.Uri): boolean {
    const folder = this.folderOf(item);
    // A plan that cannot be used names no files; mended, it does.
    const files = this.outlines.get(item.id)?.files ?? planFiles;
    return (
      folder !== undefined && files.some((each) => uriOf(folder.uri, each).toString() === file.toString())
    );
  }

  /** A step that nobody expected: the target named a file that the plan has not. It stays until the next look. */
  add(board: vscode.TestItem, { id, label }: Pick<DropItem, "id" | "label">): vscode.TestItem {
    const item = this.controller.createTestItem(id, label, board.uri);
    if (board.range !== undefined) item.range = board.range;
    item.description = "not expected";
    item.sortText = sortText(board.children.size);
    board.children.add(item);
    return item;
  }

  /** Makes the items what they are to be. Those that are there stay, and keep their results. */
  private place(children: vscode.TestItemCollection, wanted: readonly DropItem[], folder: vscode.Uri): void {
    children.replace(
      wanted.map(({ id, label, description, at, children: below }, index) => {
        const uri = at === undefined ? folder : uriOf(folder, at.file);
        const there = children.get(id);
        const item =
          there?.uri?.toString() === uri.toString() ? there : this.controller.createTestItem(id, label, uri);
        item.description = description ?? "";
        item.sortText = sortText(index);
        if (at !== undefined) item.range = rangeOf(at);
        this.place(item.children, below, folder);
        return item;
      }),
    );
  }
}

/** @param file relative to the folder, with `/`. */
const uriOf = (folder: vscode.Uri, file: string): vscode.Uri =>
  vscode.Uri.joinPath(folder, ...file.split("/"));

const rangeOf = ({ line, column }: Place): vscode.Range =>
  new vscode.Range(line - 1, column - 1, line - 1, column - 1);

/** The order of the flow, not of the alphabet. */
const sortText = (index: number): string => String(index).padStart(6, "0");

/** Why something could not begin: what happened, then what to do. */
export function describeRefusal(error: unknown): string {
  if (!(error instanceof RemoteError)) throw error;
  return error.problems.length > 0 ? describeProblems(error.problems) : describeTrouble(error);
}
