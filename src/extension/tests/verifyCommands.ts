/** The commands that verify: through the Test Explorer's runs, with progress, and a report as a document at the end. */

import * as vscode from "vscode";
import type { ReportRow, StepRow } from "../../model/events";
import { chooseFolder, folderOf } from "../folders";
import { section } from "../ids";
import { pickOne } from "../pick";
import { percent, quoted, unadorned } from "../words";
import { reportText } from "./reportText";
import type { Runner } from "./runner";
import { kindNames } from "./stepText";
import { parseTarget, targetForm, targetsOf, withTarget, type Subject } from "./subject";
import type { DropTree } from "./tree";

/** What the commands work with. */
export interface VerifyRoom {
  readonly tree: DropTree;
  readonly runner: Runner;
  /** Of the extension. */
  readonly version: string;
}

/** The folder to verify: the one that the caller knows, else the user is asked where there are several. */
export async function folderToVerify(given: unknown): Promise<vscode.WorkspaceFolder | undefined> {
  return folderOf(given) ?? (await chooseFolder("Which folder's drop is to be verified?", undefined));
}

/** @returns the report; undefined: it could not begin, which the user was told. */
export async function verifyAndReport(
  { tree, runner, version }: VerifyRoom,
  folder: vscode.WorkspaceFolder,
  subject: Subject,
): Promise<ReportRow | undefined> {
  const item = tree.folders().find(({ id }) => id === folder.uri.toString());
  if (item === undefined) return undefined;
  let refusal: string | undefined;
  const progressOptions = {
    location: vscode.ProgressLocation.Notification,
    title: unadorned(`Verifying ${folder.name}: ${subject.label}`),
    cancellable: true,
  };
  const [verified] = await vscode.window.withProgress(progressOptions, (progress, token) =>
    runner.run(new vscode.TestRunRequest([item]), subject, {
      token,
      step: (row) => {
        progress.report({ message: progressText(row) });
      },
      refused: (reason) => {
        refusal = reason;
      },
    }),
  );
  if (refusal !== undefined) void vscode.window.showErrorMessage(unadorned(`Not verified. ${refusal}`));
  if (verified === undefined) return undefined;
  const content = reportText(verified.report, { folder: folder.name, subject: subject.label, version });
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document, { preview: false });
  return verified.report;
}

/** `any board: TFTP u-boot.bin 45 %`. */
function progressText({ client, kind, name, state, bytes, size }: StepRow): string {
  const far = state === "running" && bytes !== undefined ? percent(bytes, size) : undefined;
  return unadorned([`${quoted(client)}: ${kindNames[kind]} ${quoted(name)}`, far].filter(Boolean).join(" "));
}

/** The target to ask, remembered for the folder. @param given from a caller that knows. */
export async function chooseTarget(
  folder: vscode.WorkspaceFolder,
  given: unknown,
): Promise<Subject | undefined> {
  const configuration = vscode.workspace.getConfiguration(section, folder);
  const setting = configuration.get<unknown>("verify.targets");
  const remembered = targetsOf(setting);
  const subject =
    typeof given === "string" ? parseTarget(given) : ((await pickTarget(remembered)) ?? undefined);
  if (subject === undefined) return undefined;
  const targets = withTarget(setting, subject);
  if (targets !== undefined) {
    await configuration.update("verify.targets", targets, vscode.ConfigurationTarget.WorkspaceFolder);
  }
  return subject;
}

async function pickTarget(remembered: readonly Subject[]): Promise<Subject | undefined> {
  if (remembered.length === 0) return askForTarget();
  const items = [
    ...remembered.map((subject) => ({ label: unadorned(subject.label), subject })),
    { label: "$(add) Another target…", subject: undefined },
  ];
  const chosen = await pickOne("Verify Firmware Drop on Target", "Which boot server is to be asked?", items);
  return chosen === undefined ? undefined : (chosen.subject ?? (await askForTarget()));
}

async function askForTarget(): Promise<Subject | undefined> {
  const text = await vscode.window.showInputBox({
    title: "Verify Firmware Drop on Target",
    prompt: "The boot server to ask. It is remembered for this folder.",
    placeHolder: targetForm,
    ignoreFocusOut: true,
    validateInput: (value) =>
      value === "" || parseTarget(value) !== undefined ? undefined : `Write it like ${targetForm}.`,
  });
  return text === undefined ? undefined : parseTarget(text);
}
