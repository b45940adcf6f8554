/**
 * The suite inside the extension host. It does not know who started that: a VS Code server with a browser
 * (`inServer.ts`), or a desktop (`onDesktop.ts`). Which window it is for stands in the environment.
 */

import { readdirSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";
import * as vscode from "vscode";
import { tellMore } from "../support/failures";
import { comesTrue } from "../support/patience";
import { situation } from "./editor";
import { encodeLine, suiteVariable, type Message, type Result } from "./report";
import { windows } from "./windows";

/** Whether it opens its folders is seen by then. */
const openingMs = 20_000;

/** Resolves when every test has passed. @throws when one failed, or when the suite could not run. */
export async function run(): Promise<void> {
  const window = process.env[suiteVariable] ?? "oneFolder";
  await haveOpened(window);
  tell({ kind: "begin" });
  // The reporters' way out: what goes through it is told from the workbench's own log.
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
    for (const line of format(...args).split("\n")) tell({ kind: "output", line });
  };
  const stopWatching = watchStrays();
  const result = await runMocha(join(__dirname, window)).catch((error: unknown) => {
    tell({ kind: "broken", reason: reasonOf(error) });
    throw error;
  });
  stopWatching();
  tell({ kind: "end", result });
  if (result.failures > 0) throw new Error(`${result.failures} tests failed`);
}

/**
 * VS Code may begin before it has read which folders it is to open, and the tests want them when they are loaded. The
 * oldest one sometimes reads its workspace file too early, and then opens none of them.
 */
async function haveOpened(name: string): Promise<void> {
  const opened = (): number => vscode.workspace.workspaceFolders?.length ?? 0;
  const folders = windows.find((window) => window.name === name)?.folders;
  if (await comesTrue(() => opened() === folders, openingMs)) return;
  const reason = `VS Code has opened ${opened()} folders, and not ${folders}`;
  tell({ kind: "unopened", reason });
  throw new Error(reason);
}

async function runMocha(folder: string): Promise<Result> {
  const mocha = new Mocha({ timeout: 60_000, forbidOnly: true, color: false });
  mocha.rootHooks({
    afterEach(this: Mocha.Context) {
      const { state, err } = this.currentTest ?? {};
      if (state === "failed" && err !== undefined) tellMore(err, `Then there was:\n${situation()}`);
    },
  });
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith(".test.ts")) mocha.addFile(join(folder, name));
  }
  return await new Promise((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passes, failures, pending });
    });
  });
}

/** Tells of what nobody caught here or in the extension; other extensions of VS Code have troubles of their own. */
function watchStrays(): () => void {
  const listener = (error: unknown): void => {
    const reason = reasonOf(error);
    if (ours.some((folder) => reason.includes(folder))) {
      tell({ kind: "broken", reason: `nobody caught: ${reason}` });
    }
  };
  const events = ["unhandledRejection", "uncaughtException"];
  for (const event of events) process.on(event, listener);
  return () => {
    for (const event of events) process.off(event, listener);
  };
}

/** Not the whole project: VS Code itself lies below it too. */
const ours = ["dist", "src", "test"].map((name) => resolve(__dirname, "../..", name) + sep);

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

function tell(message: Message): void {
  // eslint-disable-next-line no-console -- The only way to the program that started this VS Code.
  console.log(encodeLine(message));
}
