/** The search for the names that are like a missing one, one at a time. */

import { nearestNames } from "../../model/nearestNames";
import { nextTurn } from "../clock";

/** Different names that are searched for or wait for their search. */
const mostSearches = 16;

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
