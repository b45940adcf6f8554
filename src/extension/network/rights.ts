/** The wrappers that start the servers' process with the right to low ports, on Linux. Knows nothing of VS Code. */

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** As package.json's engines.node. */
const oldestNode: readonly [number, number] = [20, 19];
export const oldestNodeText = oldestNode.join(".");

export interface Wrapper {
  readonly program: "sudo" | "pkexec";
  /** When it works. */
  readonly when: string;
  /** For the setting `launch`. */
  readonly launch: readonly string[];
}

/** The ways to more rights: behind either the servers go on as the user, with the right to low ports alone. */
export const wrappers: readonly Wrapper[] = [
  {
    program: "sudo",
    when: "where sudo asks you for no password: nobody could type it there",
    launch: ["sudo", "-n"],
  },
  {
    program: "pkexec",
    when: "the desktop asks for your password at each start",
    launch: ["pkexec"],
  },
];

/** True when a Node's version will do. @param version as `process.versions.node`: `20.19.0`. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** Every file of that name that can be run, in the order of PATH. @returns absolute paths. */
export async function programsInPath(name: string, path = process.env["PATH"] ?? ""): Promise<string[]> {
  const files = path
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name));
  const runnable = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => runnable[index]);
}

/** What a Node says of itself: a version manager's stand-in names the real one, an editor's binary gives itself away. */
const aboutNode = "JSON.stringify([process.execPath,process.versions.node,process.versions.electron??''])";

/** The real Node that a file is; undefined: it is none, or too old. */
function realNode(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(file, ["-p", aboutNode], { timeout: 5000 }, (error, stdout) => {
      if (error !== null) {
        resolve(undefined);
        return;
      }
      try {
        const [path, version, electron] = JSON.parse(stdout) as [string, string, string];
        resolve(electron === "" && isNewEnough(version) ? path : undefined);
      } catch {
        resolve(undefined); // A program that is called node and is another one.
      }
    });
  });
}

/** The first real Node in PATH that is new enough. @returns its absolute path. */
export async function findNode(path?: string): Promise<string | undefined> {
  for (const file of await programsInPath("node", path)) {
    const real = await realNode(file);
    if (real !== undefined) return real;
  }
  return undefined;
}
