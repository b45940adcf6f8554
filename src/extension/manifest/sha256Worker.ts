/** The thread that hashes files: one of 2 GB keeps no editor waiting. A bundle of its own. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { parentPort } from "node:worker_threads";

/** Lower-case hex; undefined: it cannot be read. */
async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}

parentPort?.on("message", (path: string) => {
  void sha256Of(path).then((sha256) => parentPort?.postMessage(sha256));
});
