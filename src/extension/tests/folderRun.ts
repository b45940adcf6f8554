/** One folder's verification as it is shown in a run of tests: each row of a step at its test. */

import * as vscode from "vscode";
import type { ReportRow, StepRow } from "../../model/events";
import { escaped, quoted } from "../words";
import type { Selection } from "./selection";
import { failureText, kindNames, outputLines, sideText } from "./stepText";
import type { DropTree } from "./tree";

export class FolderRun {
  /** Every step by its id, and those that were asked for and have not ended. */
  private readonly steps = new Map<string, vscode.TestItem>();
  private readonly waiting = new Set<vscode.TestItem>();

  constructor(
    private readonly run: vscode.TestRun,
    private readonly tree: DropTree,
    private readonly selection: Selection,
  ) {
    const { item, only } = selection;
    for (const [, board] of item.children) {
      for (const [id, step] of board.children) {
        this.steps.set(id, step);
        if (only !== undefined && !only.includes(id) && !only.includes(board.id)) continue;
        this.waiting.add(step);
        run.enqueued(step);
      }
    }
  }

  say(line: string, at?: vscode.TestItem): void {
    // The output is a terminal: it wants CR LF.
    this.run.appendOutput(`${escaped(line)}\r\n`, at && placeOf(at), at);
  }

  take(row: StepRow): void {
    const item = this.steps.get(row.id) ?? this.unexpected(row);
    if (item === undefined) return;
    if (row.state === "running") {
      this.run.started(item);
      return;
    }
    this.waiting.delete(item);
    for (const line of outputLines(row)) this.say(line, item);
    if (row.state === "passed") this.run.passed(item, row.durationMs);
    else if (row.state === "skipped") this.run.skipped(item);
    else this.run.failed(item, messageOf(row, item), row.durationMs);
  }

  end(report: ReportRow): void {
    for (const note of report.notes) this.say(quoted(note));
    this.say(report.verdict);
    this.skipRest();
    // Every step passed and it is not verified all the same: nothing was compared.
    const whole = this.selection.only === undefined;
    if (whole && !report.ok && report.steps.every(({ state }) => state === "passed")) {
      this.run.failed(this.selection.item, new vscode.TestMessage(quoted(report.verdict)));
    }
  }

  /** It could not begin, or was lost. */
  refuse(reason: string): void {
    this.say(reason);
    const message = new vscode.TestMessage(reason);
    const { item } = this.selection;
    const location = placeOf(item);
    if (location !== undefined) message.location = location;
    this.run.errored(item, message);
    this.skipRest();
  }

  private skipRest(): void {
    for (const item of this.waiting) this.run.skipped(item);
    this.waiting.clear();
  }

  private unexpected({ id, client, kind, name }: StepRow): vscode.TestItem | undefined {
    const board = this.selection.item.children.get(client);
    const item = board && this.tree.add(board, { id, label: `${kindNames[kind]} ${quoted(name)}` });
    if (item !== undefined) this.steps.set(id, item);
    return item;
  }
}

const placeOf = ({ uri, range }: vscode.TestItem): vscode.Location | undefined =>
  uri && range && new vscode.Location(uri, range);

function messageOf(row: StepRow, item: vscode.TestItem): vscode.TestMessage {
  const { expected, got } = row;
  const text = failureText(row);
  const message =
    expected === undefined || got === undefined
      ? new vscode.TestMessage(text)
      : vscode.TestMessage.diff(text, sideText(expected), sideText(got));
  const location = placeOf(item);
  if (location !== undefined) message.location = location;
  return message;
}
