/** What the Test Explorer offers beside fresh servers: the servers that run, and each target that is remembered. */

import * as vscode from "vscode";
import { section } from "../ids";
import type { Store } from "../store";
import { runningLabel, runningSubject, targetsOf, type Subject } from "./subject";

type Run = (
  request: vscode.TestRunRequest,
  subject: Subject,
  token: vscode.CancellationToken,
) => Promise<void>;

export class Profiles implements vscode.Disposable {
  /** By their labels. */
  private readonly shown = new Map<string, vscode.TestRunProfile>();
  private readonly subscriptions: readonly { dispose(): void }[];

  constructor(
    private readonly controller: vscode.TestController,
    private readonly store: Store,
    private readonly run: Run,
  ) {
    this.subscriptions = [
      store.onChange((change) => {
        if (change?.some(({ type }) => type === "server") ?? true) this.update();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${section}.verify.targets`)) this.update();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.update();
      }),
    ];
    this.update();
  }

  dispose(): void {
    for (const disposable of [...this.subscriptions, ...this.shown.values()]) disposable.dispose();
  }

  /** What is offered now, by its label. */
  now(): ReadonlyMap<string, vscode.TestRunProfile> {
    return this.shown;
  }

  private update(): void {
    const wanted = new Map<string, () => Subject | undefined>();
    const running = (): Subject | undefined => runningSubject(this.store.serverRows());
    if (running() !== undefined) wanted.set(runningLabel, running);
    for (const target of rememberedTargets()) wanted.set(target.label, () => target);
    for (const [label, profile] of this.shown) {
      if (wanted.has(label)) continue;
      profile.dispose();
      this.shown.delete(label);
    }
    for (const [label, subject] of wanted) {
      if (!this.shown.has(label)) this.shown.set(label, this.create(label, subject));
    }
  }

  private create(label: string, subject: () => Subject | undefined): vscode.TestRunProfile {
    return this.controller.createRunProfile(
      label,
      vscode.TestRunProfileKind.Run,
      async (request, token) => {
        const now = subject();
        if (now !== undefined) await this.run(request, now, token);
      },
      false,
      undefined,
      true,
    );
  }
}

/** Of every folder: the setting may be a folder's own. */
function rememberedTargets(): Subject[] {
  return (vscode.workspace.workspaceFolders ?? []).flatMap((folder) =>
    targetsOf(vscode.workspace.getConfiguration(section, folder).get("verify.targets")),
  );
}
