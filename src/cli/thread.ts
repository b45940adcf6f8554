/** Threads of the program: each begins with this file, in the bundle with `entry.ts`, which comes here. */

import { parentPort, Worker, workerData } from "node:worker_threads";
import { sumInThread } from "../engine/ftpServer/summing";
import type { LentFile } from "../engine/servedRoot/contract";
import { sendInThread } from "../engine/tftpServer/thread";

/**
 * Starts one that sums a file, or without one sends files for the TFTP server. Absent where the sources run: Node cannot
 * begin with one of them.
 */
export const startThread = __filename.endsWith(".js")
  ? (summed?: LentFile): Worker | undefined => {
      try {
        return new Worker(__filename, { workerData: summed });
      } catch {
        return undefined; // ERR_WORKER_INIT_FAILED: a container's limit of processes.
      }
    }
  : undefined;

if (parentPort !== null) {
  if (workerData === undefined || workerData === null) sendInThread(parentPort);
  else sumInThread(parentPort, workerData as LentFile);
}
