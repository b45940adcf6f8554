/** Tasks of the type `boot-servers`, for `tasks.json` and `preLaunchTask`. */

import * as vscode from "vscode";
import type { Servers } from "./servers";
import { taskType } from "./taskDefinition";

/** What a task is and does is loaded when the first one is listed or run. */
const tasks = () => import(/* webpackChunkName: "tasks" */ "./tasks");

export function registerTasks(servers: Servers): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(taskType, {
    provideTasks: async () => (await tasks()).offeredTasks(servers),
    resolveTask: async (task) => (await tasks()).resolvedTask(servers, task),
  });
}
