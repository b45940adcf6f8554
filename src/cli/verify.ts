/** `boot-servers verify`. */

import type { VerifyOptions } from "./options";

/** @returns the exit code. */
export function verify(options: VerifyOptions): Promise<number> {
  return Promise.reject(new Error(`verify ${options.folder} is not built yet`));
}
