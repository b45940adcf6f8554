/** The program in tasks (`tasks.json`, `preLaunchTask`) and in the integrated terminal. */

import * as vscode from "vscode";
import { taskType } from "./ids";
import type { Servers } from "./servers";

/** What a task is, and what terminals get: a bundle of its own, which the activation does not wait for. */
const tasks = () => import(/* webpackChunkName: "tasks" */ "./tasks");

/** Everything ends with the subscriptions of `context`. */
export function offerProgram(context: vscode.ExtensionContext, servers: Servers): void {
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider(taskType, {
      provideTasks: async () => (await tasks()).offeredTasks(servers),
      resolveTask: async (task) => (await tasks()).resolvedTask(servers, task),
    }),
  );
  void tasks().then(({ offerInTerminal }) => context.subscriptions.push(offerInTerminal(context)));
}
