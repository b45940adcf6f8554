/**
 * How long "within a second" and "at once" may take in a test: the promise is to a person at a desk, and a test machine
 * may be many times slower. What such a test is after waits for timers of its own: half a minute, ten minutes, for ever.
 */
export const withinASecondMs = 20_000;

/** Counts the turns of the event loop: how often others had theirs, which no slow machine changes. */
export function countTurns(): { stop(): number } {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  return {
    stop: () => {
      clearImmediate(next);
      return turns;
    },
  };
}
