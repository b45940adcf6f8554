/** Block numbers of files with more blocks than 16 bits can count. RFC 1350 says nothing of them (T14). */

/** What follows 65535: 0, as nearly everybody counts, or 1. */
export type Rollover = 0 | 1;

const largest = 0xffff;

/** The number that block `n` has on the wire. The first block is 1; an OACK stands for 0, and before it is -1. */
export function blockNumber(n: number, rollover: Rollover): number {
  if (n <= largest) return n;
  return rollover === 0 ? n & largest : ((n - 1) % largest) + 1;
}

/** How many blocks `number` is ahead of `last`, both as on the wire. */
export function blocksAhead(number: number, last: number, rollover: Rollover): number {
  if (rollover === 0) return (number - last) & largest;
  // No block after the first ones has the number 0.
  if (last <= 0) return number - last;
  return number === 0 ? Infinity : (number - last + largest) % largest;
}
