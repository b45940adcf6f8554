/** What the Test Explorer's controller does: finds the drops, runs their tests, and offers what can be asked. */

import * as vscode from "vscode";
import type { ReportRow } from "../../model/events";
import type { Outcomes } from "./outcomes";
import type { Servers } from "../servers";
import { Again } from "./again";
import { runAgainAndAgain } from "./continuous";
import { Logins } from "./logins";
import { Profiles } from "./profiles";
import { Runner } from "./runner";
import { fresh, type Subject } from "./subject";
import { DropTree } from "./tree";
import { chooseTarget, folderToVerify, verifyAndReport } from "./verifyCommands";

/** What the room of the tests is given. */
export interface DropTestsParts {
  readonly controller: vscode.TestController;
  readonly servers: Servers;
  readonly outcomes: Outcomes;
  readonly secrets: vscode.SecretStorage;
  /** Of the extension. */
  readonly version: string;
}

export class DropTests implements vscode.Disposable {
  private readonly tree: DropTree;
  private readonly runner: Runner;
  readonly profiles: Profiles;
  /** What is verified once it was saved, by the folder's item. */
  private readonly saved = new Map<vscode.TestItem, Again>();

  constructor(private readonly parts: DropTestsParts) {
    const { controller, servers, outcomes, secrets } = parts;
    this.tree = new DropTree(controller, servers);
    this.runner = new Runner(controller, servers, this.tree, outcomes, new Logins(secrets));
    this.profiles = new Profiles(controller, servers.store, (request, subject, token) =>
      this.run(request, subject, token),
    );
  }

  dispose(): void {
    this.profiles.dispose();
    for (const again of this.saved.values()) again.stop();
  }

  /** Finds the folders, or the drops of one. */
  async resolve(item: vscode.TestItem | undefined): Promise<void> {
    if (item === undefined) this.tree.folders();
    else if (item.parent === undefined) await this.tree.find(item);
  }

  /** Finds everything anew. */
  async refresh(): Promise<void> {
    for (const item of this.tree.folders()) await this.tree.find(item);
  }

  /** What the profile of fresh servers does. */
  runFresh(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    return this.run(request, fresh, token);
  }

  /** What every profile does. */
  private async run(
    request: vscode.TestRunRequest,
    subject: Subject,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const once = (each: vscode.TestRunRequest): Promise<unknown> => this.runner.run(each, subject, { token });
    if (request.continuous === true) await runAgainAndAgain(request, token, this.tree, once);
    else await once(request);
  }

  /** A document was saved whose folder is to be verified then, if it is one of its drop. */
  async verifySaved(uri: vscode.Uri): Promise<void> {
    for (const item of this.tree.folders()) {
      if (this.tree.outlineOf(item) === undefined) await this.tree.find(item);
      if (!this.tree.concerns(item, uri)) continue;
      const { token } = new vscode.CancellationTokenSource();
      const again =
        this.saved.get(item) ??
        new Again(() => this.runner.run(new vscode.TestRunRequest([item]), fresh, { token }));
      this.saved.set(item, again);
      again.ask();
    }
  }

  /** @param given a folder, from a caller that knows. */
  async verify(given: unknown): Promise<ReportRow | undefined> {
    const folder = await folderToVerify(given);
    return folder && verifyAndReport(this.room, folder, fresh);
  }

  /** @param target as the setting has it, from a caller that knows. */
  async verifyOnTarget(given: unknown, target: unknown): Promise<ReportRow | undefined> {
    const folder = await folderToVerify(given);
    const subject = folder && (await chooseTarget(folder, target));
    return subject && verifyAndReport(this.room, folder, subject);
  }

  private get room(): Parameters<typeof verifyAndReport>[0] {
    return { tree: this.tree, runner: this.runner, version: this.parts.version };
  }
}
