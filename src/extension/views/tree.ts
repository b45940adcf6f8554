/** A view of items: draws only what changed, at most four times a second, and nothing while nobody looks. */

import * as vscode from "vscode";
import type { Item } from "./item";
import { type Node, Nodes } from "./nodes";
import type { Store } from "../store";

const drawEveryMs = 250;
/** So often time itself changes rows: "waiting for the board, 18 s". */
const tickMs = 1000;

/** What stands at a view itself. */
export interface Head {
  /** Beside its title. */
  readonly description?: string;
  /** Above its rows. */
  readonly message?: string | undefined;
  readonly badge?: vscode.ViewBadge | undefined;
}

export class Tree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly nodes = new Nodes();
  private readonly redraw = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.redraw.event;
  readonly view: vscode.TreeView<Node>;
  private timer: NodeJS.Timeout | undefined;
  private drawnAt = 0;
  private readonly disposables: { dispose(): void }[];

  /**
   * @param items the rows of the view as the store is now.
   * @param head what stands at the view itself; asked whenever the store has changed, seen or not.
   */
  constructor(
    id: string,
    private readonly store: Store,
    private readonly items: () => readonly Item[],
    private readonly head: () => Head = () => ({}),
  ) {
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this });
    this.disposables = [
      this.redraw,
      this.view,
      store.onChange((change) => {
        // No view shows them.
        if (change?.every(({ type }) => type === "bootLine") === true) return;
        this.drawHead();
        this.drawSoon();
      }),
      this.view.onDidChangeVisibility(() => {
        this.draw();
      }),
    ];
    this.drawHead();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  getTreeItem({ item }: Node): vscode.TreeItem {
    const { children, folded = false } = item;
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    // Label and description are strings: VS Code makes neither icons nor links of what stands in them.
    const treeItem = new vscode.TreeItem(
      item.label,
      children === undefined ? None : folded ? Collapsed : Expanded,
    );
    treeItem.id = item.id;
    treeItem.iconPath = new vscode.ThemeIcon(
      item.icon,
      item.colour === undefined ? undefined : new vscode.ThemeColor(item.colour),
    );
    treeItem.tooltip = item.tooltip ?? item.label;
    treeItem.accessibilityInformation = { label: item.spoken };
    if (item.description !== undefined) treeItem.description = item.description;
    if (item.context !== undefined) treeItem.contextValue = item.context;
    if (item.command !== undefined) treeItem.command = { command: item.command, title: item.label };
    return treeItem;
  }

  getChildren(node?: Node): Node[] {
    // What is asked for first is what there is now; from then on `draw` keeps it.
    if (node === undefined) this.nodes.update(this.items());
    return [...(node?.children ?? this.nodes.roots)];
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  /** Shows a row and selects it. @returns false where it is not there any more. */
  async reveal(id: string): Promise<boolean> {
    this.drawChanges();
    const node = this.nodes.find(id);
    if (node === undefined) return false;
    await this.view.reveal(node, { select: true, focus: true });
    return true;
  }

  /** What the view shows when it is drawn now, for tests. */
  shown(): readonly Item[] {
    return this.items();
  }

  /** Each part goes to the window when it is set, also where it is the same: a flood of rows would be one there. */
  private drawHead(): void {
    const { description = "", message = "", badge } = this.head();
    if ((this.view.description ?? "") !== description) this.view.description = description;
    if ((this.view.message ?? "") !== message) this.view.message = message;
    if (this.view.badge?.value !== badge?.value) this.view.badge = badge;
  }

  private drawSoon(): void {
    if (!this.view.visible) return;
    const due = this.drawnAt + drawEveryMs - Date.now();
    this.drawIn(Math.max(0, due));
  }

  private dueAt = Infinity;

  private drawIn(ms: number): void {
    const at = Date.now() + ms;
    if (at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => {
      this.draw();
    }, ms);
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
    if (!this.view.visible) return;
    this.drawnAt = Date.now();
    this.drawChanges();
    // Where nothing runs any more, boards were last seen longer and longer ago.
    if (this.store.isServing() || this.store.hasRunning() || this.store.now.clients.size > 0)
      this.drawIn(tickMs);
  }

  /** Also where nobody looks yet: what the nodes have taken is told once. */
  private drawChanges(): void {
    const redraw = this.nodes.update(this.items());
    if (redraw === "all") this.redraw.fire(undefined);
    else if (redraw.length > 0) this.redraw.fire([...redraw]);
  }
}
