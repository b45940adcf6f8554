/** The end of a thread. */

import type { Worker } from "node:worker_threads";

/** Resolves when a thread has ended, by itself or not. What it threw is of interest to nobody but us: "exit" follows. */
export function threadEnd(worker: Worker): Promise<void> {
  worker.on("error", () => undefined);
  return new Promise((resolve) => {
    worker.once("exit", () => {
      resolve();
    });
  });
}
