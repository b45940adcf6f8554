/**
 * Short names: Windows and FAT give a file a second one, `GIT~1` for `.git`. No other server knows it, and the rules that
 * go by names do not see through it. Linux opens a file of such a disk (WSL, a memory stick) by its short name and calls
 * it so; only its folder tells that it is none of its names.
 */

import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "./refusal";

const mayBeShort = (component: string): boolean => /~\d/.test(component);

export const shortName = (): Refusal =>
  new Refusal("forbidden", {
    code: "name.short",
    message: "the name is a short form of another name",
    remedy: "Ask for the file by its full name.",
  });

/**
 * True where the disk itself says that a name is short: what it stands for is called otherwise. A name that the disk
 * spells otherwise only in its case is served: boards that run from such disks ask for it.
 * @param below where it really is.
 */
export function isShortFor(name: string, below: string): boolean {
  const real = below.toLowerCase().split("/");
  return name
    .toLowerCase()
    .split("/")
    .some((component) => mayBeShort(component) && !real.includes(component));
}

/**
 * True where each folder on the way lists the name's next component as it is written, in any case of letters. Only what
 * may be short is looked for.
 * @throws what the disk says.
 */
export async function isSpelled(folder: string, name: string): Promise<boolean> {
  const components = name.split("/");
  for (const [index, component] of components.entries()) {
    if (!mayBeShort(component)) continue;
    if (!(await lists(join(folder, ...components.slice(0, index)), component))) return false;
  }
  return true;
}

async function lists(folder: string, name: string): Promise<boolean> {
  const wanted = name.toLowerCase();
  for await (const entry of await opendir(folder)) if (entry.name.toLowerCase() === wanted) return true;
  return false;
}
