/** Which served name a peer may have meant: boards ask in another case, in another folder, or mistyped. */

import { letterDistance } from "../../model/nearestWord";
import { nextTurn } from "../clock";

/** How many are told. */
const told = 3;

/** Letters that may differ, at the most. */
const mostEdits = 3;

/** In a longer name no letters are counted: nobody has mistyped it. */
const longest = 100;

/** Candidates that are compared before others have their turn. */
const batch = 200;

/** Different names that are searched for or wait for their search. */
const mostSearches = 16;

interface Likeness {
  readonly name: string;
  readonly distance: number;
}

/**
 * A search that no storm of missing names makes dear: one at a time, and one for all who ask for the same name.
 * Who comes when too many wait is told none.
 * @param look the candidates as they are now.
 */
export function newSearch(
  look: () => Promise<readonly string[]>,
  turn = nextTurn,
): (requested: string) => Promise<string[]> {
  const searches = new Map<string, Promise<string[]>>();
  let last: Promise<unknown> = Promise.resolve();
  return (requested) => {
    const same = searches.get(requested);
    if (same !== undefined) return same;
    if (searches.size >= mostSearches) return Promise.resolve([]);
    const candidates = look();
    const search = Promise.all([candidates, last])
      .then(([names]) => nearestNames(requested, names, turn))
      .finally(() => searches.delete(requested));
    searches.set(requested, search);
    last = search.catch(() => undefined);
    return search;
  };
}

/**
 * The candidates that are most like `requested`, best first, three at most.
 * @param turn lets others have their turn between the batches.
 */
export async function nearestNames(
  requested: string,
  candidates: readonly string[],
  turn = nextTurn,
): Promise<string[]> {
  const distanceTo = distanceFrom(requested);
  let best: readonly Likeness[] = [];
  for (let at = 0; at < candidates.length; at += batch) {
    if (at > 0) await turn();
    const like = candidates.slice(at, at + batch).flatMap((name) => {
      const distance = distanceTo(name);
      return distance === undefined ? [] : [{ name, distance }];
    });
    best = [...best, ...like]
      .sort((a, b) => a.distance - b.distance || compare(a.name, b.name))
      .slice(0, told);
  }
  return best.map(({ name }) => name);
}

const compare = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Measures 0 for the same path in another case, and so on to the worst likeness that is worth telling. */
function distanceFrom(requested: string): (name: string) => number | undefined {
  const wanted = requested.toLowerCase();
  const base = baseOf(requested);
  const wantedBase = baseOf(wanted);
  const wantedStem = stemOf(wantedBase);
  const most = wantedBase.length > longest ? 0 : Math.min(mostEdits, Math.floor(wantedBase.length / 3));
  return (name) => {
    const given = name.toLowerCase();
    if (given === wanted) return 0;
    if (wantedBase === "") return undefined;
    const givenBase = baseOf(given);
    if (givenBase === wantedBase) return baseOf(name) === base ? 1 : 2;
    if (stemOf(givenBase) === wantedStem) return 3;
    if (givenBase.length > longest) return undefined;
    const count = letterDistance(wantedBase, givenBase, most);
    return count > most ? undefined : 3 + count;
  };
}

const baseOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `u-boot` of `u-boot.bin` and of `u-boot.img.gz`: the rest tells the format. */
const stemOf = (base: string): string => /^[^.]+/.exec(base)?.[0] ?? base;
