/** How a command ends (DESIGN §3). */

import { startAgainExit } from "../rpc/wire";

export const exitCodes = {
  /** Done, or verified; also `serve` ended by Ctrl+C, and `doctor` where nothing stands in the way. */
  done: 0,
  /** A step failed; of `doctor`: something stands in the way. */
  failed: 1,
  /** Wrong use, or a plan with problems. */
  wrongUse: 2,
  /** No server runs or waits; or BOOTP, TFTP and FTP of the target all gave nothing. */
  nothing: 3,
  /** Of `serve`: a change wants a low port, and the right to it was given up with root. */
  startAgain: startAgainExit,
  /** A verify or fetch ended by Ctrl+C. */
  cancelled: 130,
} as const;

/** What asks a command to end. SIGHUP too: a closed terminal must not cut a flash write. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
