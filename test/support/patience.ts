/**
 * Waiting for what a busy machine does late, and doing again what it lost. Each wait has an end of its own: a loop that
 * only mocha's limit ends goes on behind the tests that follow.
 */

import { setTimeout as waited } from "node:timers/promises";

/** Of a wait in a suite whose tests may take a minute. */
const limitMs = 50_000;

/** Between two looks. */
const lookMs = 50;

/** Of one attempt; the next one comes after it. */
export const attemptMs = 5_000;

/** Looks until it is so. @returns whether it came to be so in this time. */
export async function comesTrue(
  so: () => boolean | Promise<boolean>,
  ms: number = limitMs,
): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!(await so())) {
    if (performance.now() > deadline) return false;
    await waited(lookMs);
  }
  return true;
}

/** Resolves with the first thing that `look` gives. @throws when there was none in this time. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms: number = limitMs,
): Promise<T> {
  let found: T | undefined;
  const came = await comesTrue(async () => (found = await look()) !== undefined, ms);
  if (!came) throw new Error(`no ${what} within ${ms / 1000} s`);
  return found!;
}

/** Resolves once the assertions hold. @throws what they throw last. */
export async function holds(assertions: () => void | Promise<void>, ms: number = limitMs): Promise<void> {
  let failure: unknown;
  const attempt = async (): Promise<boolean> => {
    try {
      await assertions();
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  if (!(await comesTrue(attempt, ms))) throw failure;
}

/**
 * Takes a step again and again until its effect is seen: what is busy loses a click or a key, and nothing tells of it.
 * @param step may throw: what it was for went away, or was not there yet. Only the effect counts, looked at after it;
 * where it cannot be looked at it is not seen.
 */
export async function doUntil(
  what: string,
  step: () => Promise<unknown>,
  effect: () => Promise<boolean>,
  ms: number = limitMs,
): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    const failure = await step().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    const seen = (): Promise<boolean> => effect().catch(() => false);
    if (await comesTrue(seen, failure === undefined ? attemptMs : 0)) return;
    if (performance.now() > deadline)
      throw new Error(`could not ${what}: ${failure ?? "nothing came of it"}`);
  }
}
