/**
 * Verification as VS Code sees it: the Test Explorer's controller, and the way to what it does, which is a bundle
 * of its own that is loaded when somebody first looks at the tests or verifies.
 */

import * as vscode from "vscode";
import { freshLabel, section } from "../ids";
import { Outcomes } from "./outcomes";
import type { Servers } from "../servers";
import type { DropTests } from "./dropTests";

const load = () => import(/* webpackChunkName: "verification" */ "./dropTests");

export class Drops implements vscode.Disposable {
  readonly controller = vscode.tests.createTestController(section, "Firmware Drops");
  /** Of the last verifications, by line of plan and manifest. */
  readonly outcomes = new Outcomes();
  private loaded: Promise<DropTests> | undefined;

  private readonly saves: vscode.Disposable;

  constructor(
    private readonly servers: Servers,
    private readonly context: vscode.ExtensionContext,
  ) {
    const { controller } = this;
    controller.resolveHandler = async (item) => (await this.tests()).resolve(item);
    controller.refreshHandler = async () => (await this.tests()).refresh();
    controller.createRunProfile(
      freshLabel,
      vscode.TestRunProfileKind.Run,
      async (request, token) => (await this.tests()).runFresh(request, token),
      true,
      undefined,
      true,
    );
    // Off unless the user wants it: nobody's bundle is loaded for nothing.
    this.saves = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      const wanted = vscode.workspace.getConfiguration(section, uri).get("verify.onSave") === true;
      if (wanted && vscode.workspace.isTrusted) void this.tests().then((tests) => tests.verifySaved(uri));
    });
  }

  dispose(): void {
    this.saves.dispose();
    void this.loaded?.then((tests) => {
      tests.dispose();
    });
    this.controller.dispose();
  }

  /** What the controller does. */
  tests(): Promise<DropTests> {
    const { controller, servers, outcomes, context } = this;
    const { secrets, extension } = context;
    const { version } = extension.packageJSON as { version: string };
    return (this.loaded ??= load().then(
      ({ DropTests }) => new DropTests({ controller, servers, outcomes, secrets, version }),
    ));
  }
}
