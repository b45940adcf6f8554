/** Threads of the program: each begins with this file, in the bundle with `entry.ts`, which comes here. */

import { parentPort, Worker } from "node:worker_threads";
import { sendInThread } from "../engine/tftpServer/thread";

/** Starts one that sends files for the TFTP server. Absent where the sources run: Node cannot begin with one of them. */
export const startThread = __filename.endsWith(".js") ? (): Worker => new Worker(__filename) : undefined;

if (parentPort !== null) sendInThread(parentPort);
