/** Runs of tests: one after the other, each verifying the chosen drops of each chosen folder. */

import type * as vscode from "vscode";
import type { ReportRow, StepRow } from "../../model/events";
import type { Verification } from "../../model/verification";
import type { Outcomes } from "./outcomes";
import type { Servers } from "../servers";
import { verify } from "./asking";
import { FolderRun } from "./folderRun";
import type { Logins } from "./logins";
import { selectionsOf, type Selection } from "./selection";
import type { Subject } from "./subject";
import { describeRefusal, type DropTree } from "./tree";

/** A folder that was verified. */
export interface Verified {
  readonly folder: vscode.WorkspaceFolder;
  readonly report: ReportRow;
}

/** Who watches a run, and may end it. */
export interface Watcher {
  readonly token: vscode.CancellationToken;
  step?(row: StepRow): void;
  /** It could not begin, or was lost. */
  refused?(reason: string): void;
}

export class Runner {
  /** The end of the run before. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly controller: vscode.TestController,
    private readonly servers: Servers,
    private readonly tree: DropTree,
    private readonly outcomes: Outcomes,
    private readonly logins: Logins,
  ) {}

  /** Runs tests, once those before have ended. @returns what was verified. */
  run(request: vscode.TestRunRequest, subject: Subject, watcher: Watcher): Promise<Verified[]> {
    const turn = this.last.then(() => this.runNow(request, subject, watcher));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async runNow(
    request: vscode.TestRunRequest,
    subject: Subject,
    watcher: Watcher,
  ): Promise<Verified[]> {
    const verified: Verified[] = [];
    const isOver = (): boolean => watcher.token.isCancellationRequested || run.token.isCancellationRequested;
    const run = this.controller.createTestRun(request, subject.label);
    try {
      for (const selection of selectionsOf(request, this.tree.folders())) {
        if (isOver()) break;
        verified.push(...(await this.verify(run, selection, subject, watcher)));
      }
    } finally {
      run.end();
    }
    return verified;
  }

  private async verify(
    run: vscode.TestRun,
    selection: Selection,
    subject: Subject,
    watcher: Watcher,
  ): Promise<Verified[]> {
    const { item, only } = selection;
    const refused = (await this.tree.find(item)) ?? this.obstacle(item, subject);
    const shown = new FolderRun(run, this.tree, selection);
    const folder = this.tree.folderOf(item);
    const outline = this.tree.outlineOf(item);
    const refuse = (reason: string): [] => {
      shown.refuse(reason);
      watcher.refused?.(reason);
      return [];
    };
    if (refused !== undefined || folder === undefined || outline === undefined) return refuse(refused ?? "");
    shown.say(`${folder.name}: ${subject.label}`);
    try {
      const login = await this.logins.of(subject);
      const request = { asked: subject.asked, ...(only !== undefined && { only }), ...login };
      const verification = await verify(this.servers, folder, request, (row) => {
        shown.take(row);
        watcher.step?.(row);
      });
      const ended = await untilCancelled(verification, [watcher.token, run.token]);
      shown.end(ended);
      this.outcomes.take(folder.uri.fsPath, outline, ended);
      await this.logins.judge(subject, ended);
      return [{ folder, report: ended }];
    } catch (error) {
      return refuse(describeRefusal(error));
    }
  }

  /** Why a folder cannot be verified against the servers that run. */
  private obstacle(item: vscode.TestItem, { asked }: Subject): string | undefined {
    const { store } = this.servers;
    if (asked.kind !== "running" || store.folder?.path === item.uri?.fsPath) return undefined;
    return `The servers serve another folder, ${store.folder?.name ?? ""}. Start them for this one, or verify it with fresh servers.`;
  }
}

/** The report; cancelled when one of the tokens says so. */
async function untilCancelled(
  verification: Verification,
  tokens: readonly vscode.CancellationToken[],
): Promise<ReportRow> {
  const cancel = (): void => {
    verification.cancel();
  };
  if (tokens.some(({ isCancellationRequested }) => isCancellationRequested)) cancel();
  const subscriptions = tokens.map((token) => token.onCancellationRequested(cancel));
  try {
    return await verification.report;
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
  }
}
