/** Doors to a folder whose neighbour must not be seen, for every way that this system has to follow a path. */

import { readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { locateByDescriptor, locateByPath, type Locate } from "../../src/engine/servedRoot/containment";
import {
  Refusal,
  openServedRoot,
  type DoorOptions,
  type ServedRoot,
} from "../../src/engine/servedRoot/servedRoot";
import { descriptors } from "./descriptors";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";

/** Stands in every file outside the served root; no byte of it may come through the door. */
export const canary = "CANARY: this file is none of the peer's business";

/** Elsewhere than on Linux only the path can be followed. */
export const ways: Readonly<Record<string, Locate>> =
  process.platform === "linux"
    ? { "by descriptor": locateByDescriptor, "by path": locateByPath }
    : { "by path": locateByPath };

export const files = {
  "canary.bin": canary,
  "outside/canary.bin": canary,
  "outside/folder/canary.bin": canary,
  "shared/kernel.bin": "kernel",
  "shared/.env": canary,
  "root/u-boot.bin": "u-boot",
  "root/sub/fw.bin": "fw",
  "root/sub/deep/er/last.bin": "last",
  "root/100%.bin": "percent",
  "root/.env": canary,
  "root/.cache/fw.bin": "cached",
  "root/.cache/other.bin": canary,
  "root/.git/config": canary,
  "root/.vscode/boot-plan.json": canary,
  "root/board.pem": canary,
  "root/empty.bin": "",
} as const;

/** Links in the served root: name -> where it leads, relative to the link. */
const links: Readonly<Record<string, string>> = {
  "link.bin": "u-boot.bin",
  "sub/up.bin": "../u-boot.bin",
  "in-folder": "sub",
  "out.bin": "../canary.bin",
  "out-folder": "../outside",
  "chain.bin": "out.bin",
  "passwd.bin": "/etc/passwd",
  "env.bin": ".env",
  "pem.bin": "board.pem",
  "git-folder": ".git",
  "cache-folder": ".cache",
  "dangling.bin": "nothing",
  "circle.bin": "circle.bin",
  here: ".",
  above: "..",
  "kernel.bin": "../shared/kernel.bin",
  shared: "../shared",
  "shared-env.bin": "../shared/.env",
  "self-environ": "/proc/self/environ",
  "LONGNA~1": "sub",
};

/** The folder with all of it. The served root is `root`. */
export async function hostileFolder(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder(files);
  for (const [name, target] of Object.entries(links)) await symlink(target, folder.at(`root/${name}`));
  return folder;
}

/** A door to `root` below a folder, read only unless told; what an opening does in the background has been done. */
export async function doorTo(
  folder: TemporaryFolder,
  options: Partial<DoorOptions> = {},
  locate?: Locate,
): Promise<ServedRoot> {
  const defaults: DoorOptions = {
    folder: folder.at("root"),
    root: ".",
    aliases: {},
    published: [],
    alsoServe: [],
    uploads: "deny",
    uploadSize: 2 ** 20,
  };
  const work: Promise<void>[] = [];
  const root = await openServedRoot({ ...defaults, ...options }, locate, (begun) => work.push(begun));
  await Promise.all(work);
  return root;
}

/** All bytes of a file as text. */
export async function readAll(root: ServedRoot, name: string): Promise<string> {
  const file = await root.open(name);
  try {
    const parts: Buffer[] = [];
    const buffer = Buffer.alloc(64 * 1024);
    for (let position = 0; ;) {
      const count = await file.read(buffer, position);
      if (count === 0) return Buffer.concat(parts).toString();
      parts.push(Buffer.from(buffer.subarray(0, count)));
      position += count;
    }
  } finally {
    await file.close();
  }
}

/** Every file below a folder with its content. */
export function contents(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => [
      join(entry.parentPath, entry.name),
      readFileSync(join(entry.parentPath, entry.name), "utf8"),
    ]),
  );
}

/** The refusal that a call ends with. @throws when it does not. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Kind and rule of the refusal that a call ends with, `forbidden name.dotFile`. */
export async function ruleOf(call: Promise<unknown>): Promise<string> {
  const { kind, code } = await refusal(call);
  return `${kind} ${code}`;
}

/**
 * What this process holds open in a folder, or of the outside world through a link in it, by path; empty where
 * that cannot be read. Descriptors of the test's own tools are not counted.
 */
export function openDescriptors(folder: TemporaryFolder): string[] {
  return descriptors().filter((target) => target.startsWith(folder.path) || target === "/etc/passwd");
}
