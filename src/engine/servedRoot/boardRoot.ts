/** The served root as one board sees it: perhaps a folder of its own, and without folders that it only believes in. */

import { withoutPrefixes } from "../../model/prefixes";
import type { ServedRoot } from "./contract";
import { Refusal } from "./refusal";

export interface BoardView {
  /** The board's own root below everybody's, and everybody's; absent: it sees that one. */
  readonly own?: { readonly folder: string; readonly everybodys: ServedRoot };
  /** Leading folders that are left out of a name where they are not there (`stripPrefix`). */
  readonly stripPrefix: readonly string[];
}

/** @param root the door to what the board sees. */
export function boardRoot(root: ServedRoot, { own, stripPrefix }: BoardView): ServedRoot {
  if (own === undefined && stripPrefix.length === 0) return root;

  /** The names that a name may mean where it is missing. A folder that is there is meant as it is written. */
  const otherNames = async (requested: string): Promise<string[]> => {
    const names: string[] = [];
    for (const { folder, rest } of withoutPrefixes(requested, stripPrefix)) {
      if (await isMissing(root, folder)) names.push(`/${rest}`);
    }
    return names;
  };

  const find = async <T>(requested: string, get: (name: string) => Promise<T>): Promise<T> => {
    let first: unknown;
    try {
      return await get(requested);
    } catch (error) {
      first = error;
    }
    if (!isAbsence(first)) throw first;
    const names = await otherNames(requested);
    for (const name of names) {
      try {
        return await get(name);
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
    if (own === undefined) throw first;
    for (const name of [requested, ...names]) {
      if (!(await isMissing(own.everybodys, name))) throw elsewhere(own.folder);
    }
    throw first;
  };

  return {
    open: (requested) => find(requested, (name) => root.open(name)),
    create: (requested, announced) => find(requested, (name) => root.create(name, announced)),
    describe: (requested) => find(requested, (name) => root.describe(name)),
    list: (requested) => find(requested, (name) => root.list(name)),
    walk: () => root.walk(),
    async nearest(requested) {
      const [name = requested] = await otherNames(requested);
      return root.nearest(name);
    },
  };
}

/** Where the whole root is not there, no other name is. */
const isAbsence = (error: unknown): boolean =>
  error instanceof Refusal && error.kind === "missing" && error.code !== "root.missing";

/** False also for what the door keeps back: it is there. */
async function isMissing(root: ServedRoot, name: string): Promise<boolean> {
  try {
    await root.describe(name);
    return false;
  } catch (error) {
    return isAbsence(error);
  }
}

const elsewhere = (folder: string): Refusal =>
  new Refusal("missing", {
    code: "root.own",
    message: "there is no such file in this board's own root",
    remedy: `It is in the served root, but the plan gives this board "root": "${folder}". Put the file there, or a link to it.`,
  });
