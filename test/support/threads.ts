/** Threads of the program that run the sources. */

import { Worker } from "node:worker_threads";

/** As `startThread` of the program, whose thread begins with one file that Node can read. */
export function startThreadFromSource(): Worker {
  const program = 'require("tsx/cjs"); require("./src/cli/thread.ts");';
  return new Worker(program, { eval: true, execArgv: [] });
}
