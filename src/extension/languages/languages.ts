/** The languages of plans and manifests: what is told while they are written. A bundle of its own. */

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import * as vscode from "vscode";
import { normalizeName } from "../../model/names";
import { Hashes } from "../manifest/hashes";
import { removeChecksums, writeChecksums } from "../manifest/manifestCommands";
import { registerManifestLenses } from "../manifest/manifestLenses";
import { ManifestProblems } from "../manifest/manifestProblems";
import { registerManifestProviders } from "../manifest/manifestProviders";
import { followManifestNames } from "../manifest/manifestNames";
import { registerRenames } from "../manifest/renames";
import { manifestLanguage, planPattern } from "../plan/planUris";
import type { Outcomes } from "../tests/outcomes";
import type { Store } from "../store";
import { PlanProblems } from "./planProblems";
import { registerQuickFixes, type NameStyle } from "./quickFixes";

/** As a plan writes a name. */
const json: NameStyle = {
  read: (text) => {
    const value = parsed(text);
    return typeof value === "string" ? normalizeName(value) : undefined;
  },
  write: (name) => JSON.stringify(name),
};

/** As a manifest does. */
const plain: NameStyle = { read: normalizeName, write: (name) => name };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Both languages in all workspace folders. */
export class Languages implements vscode.Disposable {
  private readonly hashes = new Hashes(
    () => new Worker(join(__dirname, "sha256Worker.js"), { execArgv: [] }),
  );
  private readonly all: vscode.Disposable;

  constructor(store: Store, outcomes: Outcomes) {
    const { hashes } = this;
    const plans = new PlanProblems();
    const manifests = new ManifestProblems(hashes, plans.onRead);
    this.all = vscode.Disposable.from(
      plans,
      manifests,
      hashes,
      registerQuickFixes(
        { scheme: "file", pattern: `**/${planPattern}` },
        (document) => plans.of(document),
        json,
      ),
      registerQuickFixes(
        { scheme: "file", language: manifestLanguage },
        (document) => manifests.of(document),
        plain,
      ),
      registerManifestProviders(store, hashes),
      registerManifestLenses(outcomes),
      followManifestNames(plans.onRead),
      registerRenames(),
    );
  }

  /** @param manifest its URI; else what is being edited. @returns how many files were hashed. */
  writeChecksums(manifest: unknown): Promise<number> {
    return writeChecksums(this.hashes, manifest);
  }

  removeChecksums(manifest: unknown): Promise<void> {
    return removeChecksums(manifest);
  }

  dispose(): void {
    this.all.dispose();
  }
}
