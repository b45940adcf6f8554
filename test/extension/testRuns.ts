/** What the extension tells VS Code of its tests: the tree as lines, and every run from its beginning to its end. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { BootServersApi } from "../../src/extension/extension";

/** A test as the Test Explorer shows it: label, description, and the line that it stands at. */
export function treeOf(items: vscode.TestItemCollection, indent = ""): string[] {
  return [...items]
    .map(([, item]) => item)
    .sort((one, other) => ((one.sortText ?? "") < (other.sortText ?? "") ? -1 : 1))
    .flatMap((item) => [
      `${indent}${[item.label, item.description, placeOf(item)].filter((part) => (part ?? "") !== "").join("  ")}`,
      ...treeOf(item.children, `${indent}  `),
    ]);
}

/** `images/copy-files4.rc:4`; nothing where there is no line. */
export const placeOf = ({ uri, range }: Partial<Pick<vscode.TestItem, "uri" | "range">>): string =>
  uri === undefined || range === undefined
    ? ""
    : `${vscode.workspace.asRelativePath(uri)}:${range.start.line + 1}`;

/** Text that VS Code takes as such or as Markdown. */
export const textOf = (text: string | vscode.MarkdownString | undefined): string =>
  typeof text === "string" ? text : (text?.value ?? "");

/** The test with this id, wherever it stands. */
export function itemIn(items: vscode.TestItemCollection, id: string): vscode.TestItem {
  const find = (among: vscode.TestItemCollection): vscode.TestItem | undefined => {
    for (const [, each] of among) {
      const found = each.id === id ? each : find(each.children);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = find(items);
  assert.ok(found, `there is no test ${id}`);
  return found;
}

/** One run, as it was told. */
export interface ToldRun {
  readonly name: string | undefined;
  /** The last that was said of each test, by its id. */
  readonly states: ReadonlyMap<string, string>;
  /** `started u-boot.bin`, `passed …`, in order. */
  readonly messages: ReadonlyMap<string, readonly vscode.TestMessage[]>;
  readonly output: string;
  readonly durations: readonly number[];
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Listens to every run from now on. */
export function listen({ drops }: BootServersApi): {
  readonly runs: readonly ToldRun[];
  /** Resolves with the run of this number, from 0, once it has ended. */
  ended(index: number): Promise<ToldRun>;
  /** Resolves when `is` holds for the first time, looked at after each thing that is told. */
  when(is: () => boolean): Promise<void>;
  stop(): void;
} {
  const { controller } = drops;
  const original = controller.createTestRun.bind(controller);
  const runs: ToldRun[] = [];
  const waiting = new Set<() => void>();
  const happened = (): void => {
    for (const look of [...waiting]) look();
  };
  const when = (is: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!is()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  controller.createTestRun = (request, name, persist) => {
    const run = original(request, name, persist);
    const states = new Map<string, string>();
    const messages = new Map<string, readonly vscode.TestMessage[]>();
    const durations: number[] = [];
    let output = "";
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const told: ToldRun = {
      name,
      states,
      messages,
      durations,
      get output() {
        return output;
      },
      ended,
    };
    runs.push(told);
    const state = (id: string, now: string, duration?: number): void => {
      states.set(id, now);
      if (duration !== undefined) durations.push(duration);
      happened();
    };
    const say = (id: string, given: vscode.TestMessage | readonly vscode.TestMessage[]): void => {
      messages.set(id, Array.isArray(given) ? given : [given as vscode.TestMessage]);
    };
    return {
      ...run,
      name: run.name,
      token: run.token,
      isPersisted: run.isPersisted,
      onDidDispose: run.onDidDispose,
      enqueued: (test) => {
        run.enqueued(test);
        state(test.id, "enqueued");
      },
      started: (test) => {
        run.started(test);
        state(test.id, "started");
      },
      skipped: (test) => {
        run.skipped(test);
        state(test.id, "skipped");
      },
      failed: (test, message, duration) => {
        run.failed(test, message, duration);
        say(test.id, message);
        state(test.id, "failed", duration);
      },
      errored: (test, message, duration) => {
        run.errored(test, message, duration);
        say(test.id, message);
        state(test.id, "errored", duration);
      },
      passed: (test, duration) => {
        run.passed(test, duration);
        state(test.id, "passed", duration);
      },
      appendOutput: (text, location, test) => {
        run.appendOutput(text, location, test);
        output += text;
      },
      addCoverage: (coverage) => {
        run.addCoverage(coverage);
      },
      end: () => {
        run.end();
        end();
        happened();
      },
    };
  };
  return {
    runs,
    when,
    async ended(index) {
      await when(() => runs.length > index);
      await runs[index]!.ended;
      return runs[index]!;
    },
    stop: () => {
      controller.createTestRun = original;
    },
  };
}
