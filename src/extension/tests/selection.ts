/** Which tests of which folder a run is for. */

import type * as vscode from "vscode";

/** What is to be verified of one folder. */
export interface Selection {
  /** The folder's item. */
  readonly item: vscode.TestItem;
  /** Ids of boards and steps; undefined: everything. */
  readonly only: readonly string[] | undefined;
}

/** The parts of a request by folder. @param folders all of them, whose drops were found. */
export function selectionsOf(
  { include, exclude }: Pick<vscode.TestRunRequest, "include" | "exclude">,
  folders: readonly vscode.TestItem[],
): Selection[] {
  const left = new Set(exclude);
  return folders.flatMap((item) => {
    const chosen = (include ?? [item]).filter((each) => folderItem(each) === item);
    const parts = chosen.flatMap((each) => partsOf(each, left));
    if (parts.length === 0) return [];
    return [{ item, only: parts.includes(item) ? undefined : parts.map(({ id }) => id) }];
  });
}

/** An item as a whole, or where a part of it is excluded, its other parts. */
function partsOf(item: vscode.TestItem, left: ReadonlySet<vscode.TestItem>): vscode.TestItem[] {
  if (left.has(item)) return [];
  const children = [...item.children].map(([, child]) => child);
  const parts = children.flatMap((child) => partsOf(child, left));
  const whole = parts.length === children.length && parts.every((part, index) => part === children[index]);
  return whole ? [item] : parts;
}

/** The folder's item above an item, or itself. */
export function folderItem(item: vscode.TestItem): vscode.TestItem {
  return item.parent === undefined ? item : folderItem(item.parent);
}
