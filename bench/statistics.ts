/** Medians and spreads, and how sure they are. */

/** The value below which `share` of them lie (0 to 1); of none: NaN. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Where the median of all that could be measured lies, with 95 % certainty at least and however it is distributed: so
 * few of the values are below, and so many above, as a fair coin would rarely fall (the sign test). Of fewer than six
 * values nothing can be said.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  let outside = 0;
  /** How likely fewer than `outside` of them are on one side, and how likely just so many. */
  let tail = 0;
  for (let next = 2 ** -length; tail + next <= 0.025; outside += 1) {
    tail += next;
    next *= (length - outside) / (outside + 1);
  }
  return { low: sorted[outside - 1] ?? -Infinity, high: sorted[length - outside] ?? Infinity };
}
