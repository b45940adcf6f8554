/** A disk that is soon full: 1 MiB in the place of a folder, in a mount namespace of its own (Linux). */

import { execFileSync } from "node:child_process";
import { isRoot } from "./programs";

const [unshare, ...ownMounts] = ["unshare", isRoot ? "-m" : "-rm"] as const;

/**
 * What is written before a command that is to find the disk there; undefined: there is no program unshare, or namespaces
 * are not for this user.
 */
export function onSmallDisk(folder: string): readonly [string, ...string[]] | undefined {
  try {
    execFileSync(unshare, [...ownMounts, "true"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
  return [unshare, ...ownMounts, "sh", "-c", script, folder];
}
