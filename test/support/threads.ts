/** Threads of the program that run the sources. */

import { Worker } from "node:worker_threads";
import type { LentFile } from "../../src/engine/servedRoot/contract";

/** As `startThread` of the program, whose thread begins with one file that Node can read. */
export function startThreadFromSource(summed?: LentFile): Worker {
  const program = 'require("tsx/cjs"); require("./src/cli/thread.ts");';
  return new Worker(program, { eval: true, execArgv: [], workerData: summed });
}
