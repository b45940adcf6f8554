/** The search for the names that are like a missing one, one at a time. */

import { nearestNames } from "../../model/nearestNames";
import { nextTurn, systemClock, type Clock } from "../clock";

/** Different names that are searched for or wait for their search. */
const mostSearches = 16;
/**
 * Candidates that are looked at in a storm, and of one that does not end each second: a fifth of a core. With 5,000 files
 * a search takes 40 ms of CPU time, and 50 small packets a second took one core from the boards.
 */
const mostAtOnce = 50_000;
const mostPerSecond = 25_000;

/**
 * A search that no storm of missing names makes dear: one at a time, and one for all who ask for the same name.
 * Who comes when too many wait, or too much was looked at, is told none.
 * @param look the candidates as they are now.
 */
export function newSearch(
  look: () => Promise<readonly string[]>,
  turn = nextTurn,
  clock: Pick<Clock, "now"> = systemClock,
): (requested: string) => Promise<string[]> {
  const searches = new Map<string, Promise<string[]>>();
  let last: Promise<unknown> = Promise.resolve();
  let left = mostAtOnce;
  let leftAt = clock.now();
  const mayLook = (): boolean => {
    const at = clock.now();
    left = Math.min(mostAtOnce, left + ((at - leftAt) / 1000) * mostPerSecond);
    leftAt = at;
    return left > 0;
  };
  return (requested) => {
    const same = searches.get(requested);
    if (same !== undefined) return same;
    if (searches.size >= mostSearches || !mayLook()) return Promise.resolve([]);
    const candidates = look();
    const search = Promise.all([candidates, last])
      .then(([names]) => {
        left -= names.length;
        return nearestNames(requested, names, turn);
      })
      .finally(() => searches.delete(requested));
    searches.set(requested, search);
    last = search.catch(() => undefined);
    return search;
  };
}
