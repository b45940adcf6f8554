/**
 * The rows of a view from one moment to the next: which of them VS Code has to draw again. A row keeps its node,
 * so that a progress of one transfer draws one row, and the selection stays.
 */

import type { Item } from "./item";

export class Node {
  children: readonly Node[] = [];

  constructor(
    public item: Item,
    readonly parent: Node | undefined,
  ) {}
}

/** What has to be drawn again: single rows, or `all` when rows came, went or moved at the top. */
export type Redraw = readonly Node[] | "all";

/** The nodes of a view. */
export class Nodes {
  roots: readonly Node[] = [];

  /** Takes the items as they are now. */
  update(items: readonly Item[]): Redraw {
    const redraw: Node[] = [];
    const { nodes, moved } = merge(this.roots, items, undefined, redraw);
    this.roots = nodes;
    return moved ? "all" : redraw;
  }

  /** The node of an item, wherever it stands. */
  find(id: string, among: readonly Node[] = this.roots): Node | undefined {
    for (const node of among) {
      const found = node.item.id === id ? node : this.find(id, node.children);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const own = (item: Item): string => JSON.stringify({ ...item, children: item.children !== undefined });

function merge(
  before: readonly Node[],
  items: readonly Item[],
  parent: Node | undefined,
  redraw: Node[],
): { nodes: readonly Node[]; moved: boolean } {
  const byId = new Map(before.map((node) => [node.item.id, node]));
  let moved = before.length !== items.length;
  const nodes = items.map((item, index) => {
    const node = byId.get(item.id);
    if (node === undefined || before[index] !== node) moved = true;
    if (node === undefined) return created(item, parent);
    const below: Node[] = [];
    const merged = merge(node.children, item.children ?? [], node, below);
    node.children = merged.nodes;
    const changed = own(node.item) !== own(item);
    node.item = item;
    // VS Code asks for the children of a row that it draws again.
    if (changed || merged.moved) redraw.push(node);
    else redraw.push(...below);
    return node;
  });
  return { nodes, moved };
}

function created(item: Item, parent: Node | undefined): Node {
  const node = new Node(item, parent);
  node.children = (item.children ?? []).map((child) => created(child, node));
  return node;
}
