/** Which served name a peer may have meant: boards ask in another case, in another folder, or mistyped. */

import { letterDistance } from "./nearestWord";

/** How many are told. */
const told = 3;

/** Letters that may differ, at the most. */
const mostEdits = 3;

/** In a longer name no letters are counted: nobody has mistyped it. */
const longest = 100;

/** Candidates that are compared before others have their turn. */
const batch = 200;

interface Likeness {
  readonly name: string;
  readonly distance: number;
}

/**
 * The candidates that are most like `requested`, best first, three at most.
 * @param turn lets others have their turn between the batches.
 */
export async function nearestNames(
  requested: string,
  candidates: readonly string[],
  turn: () => Promise<void>,
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
