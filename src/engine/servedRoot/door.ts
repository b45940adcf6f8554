/**
 * What all ways into the served root have in common: from the name that a peer sent to a place that is held,
 * lies inside, and may be served (DESIGN §2.1, §6).
 */

import { realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Trouble } from "../../model/events";
import { checkName, normalizeName, protectedRule } from "../../model/names";
import { pathBelow, type Locate, type Place } from "./containment";
import { EngineError } from "../errors";
import { Refusal, refusalFrom } from "./refusal";
import type { DoorOptions } from "./contract";
import { isShortFor, isSpelled, shortName } from "./shortNames";

/** A place that may be served. Whoever gets one closes it. */
export interface ServedPlace extends Place {
  /** Where it really is, below the served root or below a folder of `alsoServe`; differs where links are. */
  readonly below: string;
  /** False: a link led to a folder of `alsoServe`. */
  readonly inRoot: boolean;
}

export interface Door {
  /** The name in the served root that a peer means, aliases resolved. @throws Refusal for a name's form. */
  nameOf(requested: string): string;
  /** The rule that protects a file from being served, unless the plan names it. */
  protectedBy(name: string, below: string): Trouble | undefined;
  /** Holds what stands under a name. @throws Refusal when it is missing, outside or protected. */
  find(name: string): Promise<ServedPlace>;
}

/** The real path of the workspace folder. @throws EngineError `root.missing` */
export const realWorkspace = (folder: string): Promise<string> =>
  realFolder(folder, `the workspace folder "${basename(folder)}"`, "Check its name and where it stands.");

/** @throws EngineError `root.missing`, `root.outside`, `root.protected` */
export async function openDoor(options: DoorOptions, locate: Locate): Promise<Door> {
  const folder = await realWorkspace(options.folder);
  const root = await realFolder(
    resolve(options.folder, options.root),
    `the served root "${options.root}"`,
    'Create it, or name another folder as "root" in the plan.',
  );
  const others = await existing(options.alsoServe);
  const zones = [root, ...others];
  checkRoot(folder, root, others);
  if (!(await isSpelled(resolve(options.folder), options.root))) throw protectedRoot();

  const aliases = new Map(
    Object.entries(options.aliases).map(([name, target]) => [normalizeName(name), target]),
  );
  const published = withParents([...options.published, ...Object.values(options.aliases)]);

  const protectedBy = (name: string, below: string): Trouble | undefined => {
    const named = published.has(name) || published.has(below);
    return protectedRule(name, named) ?? (below === name ? undefined : protectedRule(below, named));
  };

  const judge = (name: string, place: Place): ServedPlace => {
    for (const zone of zones) {
      const below = pathBelow(zone, place.real);
      if (below === undefined) continue;
      // The name itself was judged before anything was looked for.
      const trouble = below === name ? undefined : protectedBy(name, below);
      if (trouble !== undefined) throw new Refusal("forbidden", trouble);
      if (isShortFor(name, below)) throw shortName();
      return { ...place, below, inRoot: zone === root };
    }
    throw new Refusal("forbidden", escape);
  };

  return {
    protectedBy,
    nameOf(requested) {
      const normalized = normalizeName(requested);
      const checked = checkName((normalized === "" ? undefined : aliases.get(normalized)) ?? requested);
      if ("refused" in checked) throw new Refusal("forbidden", checked.refused);
      return checked.path;
    },
    async find(name) {
      const trouble = protectedBy(name, name);
      if (trouble !== undefined) throw new Refusal("forbidden", trouble);
      const place = await locate(join(root, name)).catch((error: unknown) => {
        throw refusalFrom(error);
      });
      try {
        const served = judge(name, place);
        if (!(await isSpelled(root, name))) throw shortName();
        return served;
      } catch (error) {
        await place.close();
        throw refusalFrom(error);
      }
    },
  };
}

const escape: Trouble = {
  code: "root.escape",
  message: "a link leads out of the served root",
  remedy:
    "Copy the file into the served root, or name the folder that the link leads to: --also-serve, setting bootServers.alsoServe.",
};

/** The names as the door knows them, and the folders that they stand in. Names that are none are left out. */
function withParents(names: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const name of names) {
    const checked = checkName(name);
    if ("refused" in checked) continue;
    const components = checked.path.split("/");
    components.forEach((_, index) => all.add(components.slice(0, index + 1).join("/")));
  }
  return all;
}

async function realFolder(path: string, what: string, remedy: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined && (await stat(real)).isDirectory()) return real;
  throw new EngineError({
    code: "root.missing",
    message: real === undefined ? `${what} does not exist` : `${what} is not a folder`,
    remedy,
  });
}

/** The real paths of those folders that exist. */
async function existing(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return found.filter((folder) => folder !== undefined);
}

/** The plan comes with a repository: it must not reach beyond the folder that the user trusts, nor into .git. */
function checkRoot(folder: string, root: string, others: readonly string[]): void {
  const below = [folder, ...others].map((zone) => pathBelow(zone, root)).find((path) => path !== undefined);
  if (below === undefined) {
    throw new EngineError({
      code: "root.outside",
      message: "the served root is outside the workspace folder",
      remedy:
        'Name a folder inside it as "root" in the plan, or that folder outside too: --also-serve, setting bootServers.alsoServe.',
    });
  }
  if (protectedRule(below, true) !== undefined) throw protectedRoot();
}

const protectedRoot = (): EngineError =>
  new EngineError({
    code: "root.protected",
    message: "the served root is in .git or .vscode",
    remedy: 'Name another folder as "root" in the plan.',
  });
