/** What this process holds open, as Linux tells it; elsewhere nothing is told. */

import { readdirSync, readlinkSync } from "node:fs";

/** What each open descriptor leads to: a path, `socket:[inode]`, `pipe:[inode]`, `anon_inode:[eventpoll]`. */
export function descriptors(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return []; // The descriptor that this very reading used.
    }
  });
}
