/** `verify`: plays the boards against a target or servers of its own, and compares with the folder (DESIGN §2.3). */

import { basename } from "node:path";
import { verifyFolder } from "../engine/verification/verify";
import { runBoards } from "./boardRun";
import type { VerifyOptions } from "./options";

/** @returns the exit code. */
export function verify(options: VerifyOptions): Promise<number> {
  const about = { intent: `Verifying ${basename(options.folder)} against`, json: options.json };
  return runBoards(about, (environment) => verifyFolder(options, environment));
}
