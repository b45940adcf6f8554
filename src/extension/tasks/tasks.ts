/** The program in tasks (`tasks.json`, `preLaunchTask`) and in the integrated terminal: what is offered, and what it runs. */

import { resolve } from "node:path";
import * as vscode from "vscode";
import { runAsNode } from "../process/command";
import { taskType } from "../ids";
import { ServeTerminal } from "./serveTerminal";
import type { Servers } from "../servers";
import { offerInTerminal } from "./terminalPath";
import { verifyArguments, type TaskDefinition } from "./taskDefinition";

/** Contributed by package.json. */
const problemMatcher = "$boot-servers";

/** Everything ends with the subscriptions of `context`. */
export function offerProgram(context: vscode.ExtensionContext, servers: Servers): void {
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider(taskType, {
      provideTasks: () => offeredTasks(servers),
      resolveTask: (task) => resolvedTask(servers, task),
    }),
    offerInTerminal(context),
  );
}

/** A `verify` and a `serve` for each workspace folder. */
function offeredTasks(servers: Servers): vscode.Task[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap((folder) =>
    ["verify", "serve"].flatMap((command) => {
      const definition = { type: taskType, command };
      return taskOf(servers, definition, folder, command) ?? [];
    }),
  );
}

/** What a task of `tasks.json` runs; undefined: it says nothing that can be run. */
function resolvedTask(servers: Servers, { definition, scope, name }: vscode.Task): vscode.Task | undefined {
  // A task of the user or of a .code-workspace file belongs to no folder of its own.
  const folder = typeof scope === "object" ? scope : vscode.workspace.workspaceFolders?.[0];
  return folder === undefined ? undefined : taskOf(servers, definition, folder, name);
}

function taskOf(
  servers: Servers,
  definition: TaskDefinition,
  folder: vscode.WorkspaceFolder,
  name: string,
): vscode.Task | undefined {
  if (!vscode.workspace.isTrusted || folder.uri.scheme !== "file") return undefined;
  const execution = executionOf(servers, definition, folder);
  if (execution === undefined) return undefined;
  const task = new vscode.Task(definition, folder, name, taskType, execution, problemMatcher);
  if (definition.command === "serve") task.isBackground = true;
  else task.group = vscode.TaskGroup.Test;
  return task;
}

function executionOf(
  servers: Servers,
  definition: TaskDefinition,
  folder: vscode.WorkspaceFolder,
): vscode.ProcessExecution | vscode.CustomExecution | undefined {
  if (definition.command === "verify") return verifyExecution(servers, definition, folder);
  const served = definition.command === "serve" ? servedFolder(definition, folder) : undefined;
  if (served === undefined) return undefined;
  return new vscode.CustomExecution(() => Promise.resolve(new ServeTerminal(servers, served)));
}

/** The program itself, by the editor's own Node: none has to be in PATH. */
function verifyExecution(
  servers: Servers,
  definition: TaskDefinition,
  folder: vscode.WorkspaceFolder,
): vscode.ProcessExecution | undefined {
  const args = verifyArguments(definition);
  if (args === undefined) return undefined;
  const options = { cwd: folder.uri.fsPath, env: { [runAsNode]: "1" } };
  return new vscode.ProcessExecution(process.execPath, [servers.cli, ...args], options);
}

/** What is agreed on, a workspace folder is: a task must not widen that to a folder that its file names. */
function servedFolder(
  { folder = "." }: TaskDefinition,
  within: vscode.WorkspaceFolder,
): vscode.WorkspaceFolder | undefined {
  if (typeof folder !== "string") return undefined;
  const path = resolve(within.uri.fsPath, folder);
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === path);
}
