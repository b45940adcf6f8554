/** What is wrong with the plans of the workspace folders, in the Problems view, while they are written. */

import { resolve } from "node:path";
import * as vscode from "vscode";
import { planFiles, planPattern } from "../plan/planUris";
import { readFolderPlan, type FolderPlan } from "./folderPlan";
import type { ToldOfDocument } from "./quickFixes";
import { toldOf, type FileProblem, type Told } from "./told";

/** Who types is not told of every letter. */
const pauseMs = 250;

/** What is followed of one folder. */
interface Followed {
  readonly folder: vscode.WorkspaceFolder;
  readonly watchers: vscode.Disposable;
  plan: FolderPlan | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Counts the readings: one that was overtaken tells nothing. */
  turn: number;
}

export class PlanProblems implements vscode.Disposable {
  private readonly wasRead = new vscode.EventEmitter<FolderPlan | undefined>();
  /** A folder's plan was read, saved or not. */
  readonly onRead = this.wasRead.event;
  private readonly collection = vscode.languages.createDiagnosticCollection("bootPlan");
  private readonly followed = new Map<string, Followed>();
  private readonly told = new Map<string, readonly Told[]>();
  private readonly disposables: { dispose(): unknown }[];

  constructor() {
    const documentMoved = ({ uri }: vscode.TextDocument): void => {
      this.moved(uri, pauseMs);
    };
    this.disposables = [
      this.collection,
      this.wasRead,
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        documentMoved(document);
      }),
      vscode.workspace.onDidOpenTextDocument(documentMoved),
      vscode.workspace.onDidCloseTextDocument(documentMoved),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.followFolders();
      }),
    ];
    this.followFolders();
  }

  dispose(): void {
    for (const key of [...this.followed.keys()]) this.leave(key);
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** What is told of a plan's document as it is now, and the served root. undefined: it is no plan. */
  async of({ uri }: vscode.TextDocument): Promise<ToldOfDocument | undefined> {
    const followed = this.followedAt(uri);
    if (followed === undefined) return undefined;
    await this.read(followed);
    const root = resolve(followed.folder.uri.fsPath, followed.plan?.parsed.plan?.root ?? ".");
    return { told: this.told.get(uri.toString()) ?? [], root };
  }

  private followFolders(): void {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const keys = folders.map(({ uri }) => uri.toString());
    for (const key of [...this.followed.keys()]) if (!keys.includes(key)) this.leave(key);
    for (const folder of folders) if (!this.followed.has(folder.uri.toString())) this.follow(folder);
  }

  private follow(folder: vscode.WorkspaceFolder): void {
    const plans = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, planPattern));
    const files = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, "**"),
      false,
      true,
    );
    const readSoon = (): void => {
      this.readIn(followed, 0);
    };
    // A folder that comes or goes does so with all that is in it, in one event.
    const fileMoved = ({ path }: vscode.Uri): void => {
      if (followed.plan?.followed.some((each) => each === path || each.startsWith(`${path}/`)) === true)
        readSoon();
    };
    const watchers = vscode.Disposable.from(
      plans,
      files,
      ...[plans.onDidCreate, plans.onDidChange, plans.onDidDelete].map((event) => event(readSoon)),
      files.onDidCreate(fileMoved),
      files.onDidDelete(fileMoved),
    );
    const followed: Followed = { folder, watchers, plan: undefined, timer: undefined, turn: 0 };
    this.followed.set(folder.uri.toString(), followed);
    readSoon();
  }

  private leave(key: string): void {
    const followed = this.followed.get(key);
    if (followed === undefined) return;
    this.followed.delete(key);
    clearTimeout(followed.timer);
    followed.turn += 1;
    followed.watchers.dispose();
    this.tell(followed, []);
  }

  private followedAt(uri: vscode.Uri): Followed | undefined {
    return [...this.followed.values()].find(({ folder }) =>
      planFiles.some((file) => vscode.Uri.joinPath(folder.uri, file).toString() === uri.toString()),
    );
  }

  private moved(uri: vscode.Uri, pause: number): void {
    const followed = this.followedAt(uri);
    if (followed !== undefined) this.readIn(followed, pause);
  }

  private readIn(followed: Followed, ms: number): void {
    clearTimeout(followed.timer);
    followed.timer = setTimeout(() => void this.read(followed), ms);
  }

  private async read(followed: Followed): Promise<void> {
    clearTimeout(followed.timer);
    const turn = (followed.turn += 1);
    const plan = await readFolderPlan(followed.folder);
    if (followed.turn !== turn) return;
    followed.plan = plan;
    this.tell(followed, plan?.problems ?? []);
    this.wasRead.fire(plan);
  }

  private tell({ folder }: Followed, problems: readonly FileProblem[]): void {
    for (const file of planFiles) {
      const uri = vscode.Uri.joinPath(folder.uri, file);
      const told = problems.filter((problem) => problem.file === file).map(toldOf);
      this.told.set(uri.toString(), told);
      this.collection.set(
        uri,
        told.map(({ diagnostic }) => diagnostic),
      );
    }
  }
}
