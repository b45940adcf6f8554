/** What somebody meant who wrote a word that is none. */

/** What is longer is no misspelt word. */
const longest = 100;

/**
 * The number of letters to insert, delete, replace or swap with their neighbour to get from `a` to `b`.
 * More than `most` is told as Infinity, without counting on.
 */
export function letterDistance(a: string, b: string, most = Infinity): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      }
      line.push(least);
    }
    // No line gets better than the best of the line above it.
    if (Math.min(...line) > most) return Infinity;
    before = above;
    above = line;
  }
  const count = above[b.length] ?? 0;
  return count > most ? Infinity : count;
}

/** The candidate that is most like `word`; undefined when none is like it. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word === "" || word.length > longest) return undefined;
  let nearest: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const between = candidate.startsWith(word) ? 0.5 : letterDistance(word, candidate);
    if (between < least) [nearest, least] = [candidate, between];
  }
  return least <= Math.max(1, Math.floor(word.length / 3)) ? nearest : undefined;
}
