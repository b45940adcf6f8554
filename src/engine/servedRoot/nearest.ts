/** Which served name a peer may have meant: boards ask in another case, in another folder, or mistyped. */

import { letterDistance } from "../../model/nearestWord";

/** How many are told. */
const told = 3;

/** Letters that may differ, at the most. */
const mostEdits = 3;

/** The candidates that are most like `requested`, best first, three at most. */
export function nearestNames(requested: string, candidates: readonly string[]): string[] {
  return candidates
    .map((name) => ({ name, distance: distance(requested, name) }))
    .filter((candidate) => candidate.distance !== undefined)
    .sort((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || compare(a.name, b.name))
    .slice(0, told)
    .map((candidate) => candidate.name);
}

const compare = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** 0 for the same path in another case, and so on to the worst likeness that is worth telling. */
function distance(requested: string, name: string): number | undefined {
  const wanted = requested.toLowerCase();
  const given = name.toLowerCase();
  if (given === wanted) return 0;
  const wantedBase = baseOf(wanted);
  const base = baseOf(given);
  if (wantedBase === "") return undefined;
  if (base === wantedBase) return baseOf(name) === baseOf(requested) ? 1 : 2;
  if (stemOf(base) === stemOf(wantedBase)) return 3;
  const most = Math.min(mostEdits, Math.floor(wantedBase.length / 3));
  const count = letterDistance(wantedBase, base, most);
  return count > most ? undefined : 3 + count;
}

const baseOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `u-boot` of `u-boot.bin` and of `u-boot.img.gz`: the rest tells the format. */
const stemOf = (base: string): string => /^[^.]+/.exec(base)?.[0] ?? base;
