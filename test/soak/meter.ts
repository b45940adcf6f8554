/** Runs in the server under load: tells whoever started it how much memory is really used, as often as it is asked. */

import { memoryNow } from "../support/memory";

process.on("message", () => process.send?.(memoryNow()));
