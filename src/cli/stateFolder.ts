/** Where the program keeps what outlasts a run (leases): the folder that each system has for that. */

import { posix, win32 } from "node:path";

/**
 * @param home absolute path of the user's home.
 * @returns an absolute path; the folder may not be there yet.
 */
export function stateFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (platform === "win32") {
    return win32.join(env["LOCALAPPDATA"] ?? win32.join(home, "AppData", "Local"), "boot-servers");
  }
  if (platform === "darwin") return posix.join(home, "Library", "Application Support", "boot-servers");
  const named = env["XDG_STATE_HOME"] ?? "";
  // The XDG base directory specification: a relative path is to be ignored.
  const base = posix.isAbsolute(named) ? named : posix.join(home, ".local", "state");
  return posix.join(base, "boot-servers");
}
