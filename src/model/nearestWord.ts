/** What somebody meant who wrote a word that is none. */

/** What is longer is no misspelt word. */
const longest = 100;

/**
 * The number of letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`.
 * More than `most` is told as Infinity, without counting on: the work is `most` times the length, not its square.
 */
export function letterDistance(a: ArrayLike<string>, b: ArrayLike<string>, most = Infinity): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line: number[] = [row];
    let best = row;
    // Who is farther from the diagonal has inserted or deleted more than `most` letters.
    const last = Math.min(b.length, row + most);
    for (let column = Math.max(1, row - most); column <= last; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (above[column] ?? Infinity) + 1,
        (line[column - 1] ?? Infinity) + 1,
        (above[column - 1] ?? Infinity) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? Infinity) + 1);
      }
      line[column] = least;
      best = Math.min(best, least);
    }
    // No line gets better than the best of the line above it.
    if (best > most) return Infinity;
    before = above;
    above = line;
  }
  const count = above[b.length] ?? Infinity;
  return count > most ? Infinity : count;
}

/** The candidate that is most like `word`; undefined when none is like it. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word === "" || word.length > longest) return undefined;
  const most = Math.max(1, Math.floor(word.length / 3));
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const between = candidate.startsWith(word) ? 0.5 : letterDistance(word, candidate, most);
    if (between < least) [nearest, least] = [candidate, between];
  }
  return nearest;
}
