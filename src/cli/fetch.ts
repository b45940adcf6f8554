/** `fetch`: plays a board and keeps what it gets in a folder, never over an existing file (DESIGN §3). */

import { basename } from "node:path";
import { fetchInto } from "../engine/verification/fetchInto";
import { runBoards } from "./boardRun";
import type { FetchOptions } from "./options";

/** @returns the exit code. */
export function fetch(options: FetchOptions): Promise<number> {
  const about = { intent: `Fetching into ${basename(options.into)} from`, json: options.json };
  return runBoards(about, (environment) => fetchInto(options, environment));
}
