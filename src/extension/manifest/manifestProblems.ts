/** What is wrong with the manifests that are open, in the Problems view, while they are written. */

import { stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import * as vscode from "vscode";
import { manifestFindings, type FoundName } from "../../model/manifestFindings";
import { inReadingOrder } from "../../model/places";
import { isInside, mostNames, realRoot, servedNames } from "../languages/servedNames";
import { toldOf, type FileProblem, type Told } from "../languages/told";
import type { ToldOfDocument } from "../languages/quickFixes";
import type { Hashes } from "./hashes";
import { isManifest, readManifest, type ReadManifest } from "./manifestPlace";

/** Who types is not told of every letter. */
const pauseMs = 250;
/** Files that are looked at at a time. */
const batch = 64;

/** An open manifest. */
interface Followed {
  readonly document: vscode.TextDocument;
  /** Ends the hashing that only it waits for. */
  readonly closed: AbortController;
  read: ReadManifest | undefined;
  told: readonly Told[];
  timer: NodeJS.Timeout | undefined;
  /** Counts the readings: one that was overtaken tells nothing. */
  turn: number;
}

export class ManifestProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection("bootManifest");
  private readonly followed = new Map<string, Followed>();
  private readonly disposables: { dispose(): unknown }[];

  /** @param onPlanRead the plan of a folder is another one, or was looked at again. */
  constructor(
    private readonly hashes: Hashes,
    onPlanRead: vscode.Event<unknown>,
  ) {
    const files = vscode.workspace.createFileSystemWatcher("**");
    const moved = ({ fsPath }: vscode.Uri): void => {
      this.fileMoved(fsPath);
    };
    this.disposables = [
      this.collection,
      files,
      files.onDidCreate(moved),
      files.onDidDelete(moved),
      files.onDidChange(moved),
      onPlanRead(() => {
        for (const each of this.followed.values()) this.checkIn(each, 0);
      }),
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.follow(document);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        const followed = this.followed.get(document.uri.toString());
        if (followed !== undefined) this.checkIn(followed, pauseMs);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.leave(document);
      }),
    ];
    for (const document of vscode.workspace.textDocuments) this.follow(document);
  }

  dispose(): void {
    for (const { document } of [...this.followed.values()]) this.leave(document);
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** What is told of a document, as it is now. */
  async of(document: vscode.TextDocument): Promise<ToldOfDocument | undefined> {
    const followed = this.followed.get(document.uri.toString());
    if (followed === undefined) return undefined;
    const read = await this.check(followed);
    return { told: followed.told, root: read.root };
  }

  private follow(document: vscode.TextDocument): void {
    if (!isManifest(document)) return;
    const closed = new AbortController();
    const followed: Followed = { document, closed, read: undefined, told: [], timer: undefined, turn: 0 };
    this.followed.set(document.uri.toString(), followed);
    this.checkIn(followed, 0);
  }

  private leave({ uri }: vscode.TextDocument): void {
    const followed = this.followed.get(uri.toString());
    if (followed === undefined) return;
    this.followed.delete(uri.toString());
    clearTimeout(followed.timer);
    followed.turn += 1;
    followed.closed.abort();
    this.collection.delete(uri);
  }

  /** A folder that comes or goes does so with all that is in it, in one event. */
  private fileMoved(path: string): void {
    for (const each of this.followed.values()) {
      const { root = "", lines = [] } = each.read ?? {};
      const concerns = lines.some(({ entry }) => {
        const named = resolve(root, entry.file);
        return named === path || named.startsWith(path + sep) || named.toLowerCase() === path.toLowerCase();
      });
      if (concerns) this.checkIn(each, pauseMs);
    }
  }

  private checkIn(followed: Followed, ms: number): void {
    clearTimeout(followed.timer);
    followed.timer = setTimeout(() => void this.check(followed), ms);
  }

  /** Tells what is known at once; resolves then. What must be hashed for it is told as it comes. */
  private async check(followed: Followed): Promise<ReadManifest> {
    clearTimeout(followed.timer);
    const turn = (followed.turn += 1);
    const read = await readManifest(followed.document);
    const root = await realRoot(read.root);
    const files = new Map<string, FoundName>();
    const names = [...new Set(read.lines.map(({ entry }) => entry.file))];
    for (let at = 0; at < names.length; at += batch) {
      await Promise.all(
        names.slice(at, at + batch).map(async (name) => {
          files.set(name, await this.find(root, resolve(read.root, name)));
        }),
      );
    }
    const served = await servedNames(read.root);
    const tell = (): void => {
      // Of a root with more files than are listed it is not known which names are there in another case.
      const known = served.length < mostNames ? served : [];
      const findings = manifestFindings(read.lines, (file) => files.get(file), known);
      this.tell(followed, [...read.manifest.problems, ...findings]);
    };
    if (followed.turn !== turn) return read;
    followed.read = read;
    tell();
    void this.hash(followed, turn, read, files, tell);
    return read;
  }

  private async find(root: string, path: string): Promise<FoundName> {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) return "folder";
    if (!stats.isFile()) return "special";
    // The server follows a link inside of the served root only (DESIGN §6).
    if (!(await isInside(root, path))) return "outside";
    const { size, mtimeMs } = stats;
    return this.hashes.knownOf(path, size, mtimeMs) ?? { size };
  }

  private async hash(
    followed: Followed,
    turn: number,
    { root, lines }: ReadManifest,
    files: Map<string, FoundName>,
    tell: () => void,
  ): Promise<void> {
    for (const { entry } of lines) {
      const file = files.get(entry.file);
      if (entry.sha256 === undefined || typeof file !== "object" || file.sha256 !== undefined) continue;
      const checksum = await this.hashes.of(resolve(root, entry.file), followed.closed.signal);
      if (followed.turn !== turn) return;
      if (checksum === undefined) continue;
      files.set(entry.file, checksum);
      if (checksum.sha256 !== entry.sha256) tell();
    }
  }

  private tell(followed: Followed, problems: readonly FileProblem[]): void {
    followed.told = inReadingOrder(problems).map(toldOf);
    this.collection.set(
      followed.document.uri,
      followed.told.map(({ diagnostic }) => diagnostic),
    );
  }
}
