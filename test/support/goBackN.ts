/**
 * What a window costs with a reader that takes no block out of turn, as atftp: the whole of it is sent again from the first
 * one that is missing, and what comes too late is lost as well. Who sends whole windows (RFC 7440 §4) cannot do with less.
 */

/** @param inTurn how likely the first n blocks of a window all come in order. */
export function goBackN(windowsize: number, inTurn: (n: number) => number): number {
  let taken = 0;
  for (let n = 1; n <= windowsize; n += 1) taken += inTurn(n);
  return windowsize / taken;
}

/** For a link on which each block is lost, or late, by itself. */
export const each =
  (missing: number) =>
  (n: number): number =>
    (1 - missing) ** n;
