/** What the Test Explorer's controller does: finds the drops, runs their tests, and offers what can be asked. */

import type * as vscode from "vscode";
import type { Outcomes } from "../outcomes";
import type { Servers } from "../servers";
import { Logins } from "./logins";
import { Runner } from "./runner";
import { fresh, type Subject } from "./subject";
import { DropTree } from "./tree";

/** What the room of the tests is given. */
export interface DropTestsParts {
  readonly controller: vscode.TestController;
  readonly servers: Servers;
  readonly outcomes: Outcomes;
  readonly secrets: vscode.SecretStorage;
}

export class DropTests {
  private readonly tree: DropTree;
  private readonly runner: Runner;

  constructor({ controller, servers, outcomes, secrets }: DropTestsParts) {
    this.tree = new DropTree(controller, servers);
    this.runner = new Runner(controller, servers, this.tree, outcomes, new Logins(secrets));
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
    return this.runProfile(request, fresh, token);
  }

  private async runProfile(
    request: vscode.TestRunRequest,
    subject: Subject,
    token: vscode.CancellationToken,
  ): Promise<void> {
    await this.runner.run(request, subject, { token });
  }
}
