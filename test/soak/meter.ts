/** Runs in the server under load: tells whoever started it how much memory is really used, as often as it is asked. */

import { memoryNow } from "../support/memory";

/** What buffers had goes back behind the collection that found them. */
const sweptMs = 1_000;

process.on("message", () => {
  memoryNow();
  setTimeout(() => {
    memoryNow();
    process.send?.(process.memoryUsage());
  }, sweptMs);
});
