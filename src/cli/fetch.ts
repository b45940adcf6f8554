/** `boot-servers fetch`. */

import type { FetchOptions } from "./options";

/** @returns the exit code. */
export function fetch(options: FetchOptions): Promise<number> {
  return Promise.reject(new Error(`fetch ${options.target} is not built yet`));
}
