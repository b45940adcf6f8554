/** How the servers of a process end: running transfers are given their time (DESIGN §2.1, "Stopping"). */

import { delay, systemClock } from "../engine/clock";
import type { Engine } from "../model/api";
import { stopSignals } from "./exitCodes";

/** What asks a process to end: the first time gently, the second time at once. */
export interface StopRequests {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  /** Asks gently, unless that was asked before: never at once. */
  request(): void;
  /** Signals do what they usually do again. */
  dispose(): void;
}

/** The signals of `exitCodes.ts` as requests. */
export function stopRequests(): StopRequests {
  const resolvers: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => resolvers.push(resolve));
  const [first, second] = [next(), next()];
  const onSignal = (): void => {
    resolvers.shift()?.();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  return {
    first,
    second,
    request: () => {
      if (resolvers.length === 2) onSignal();
    },
    dispose: () => {
      for (const signal of stopSignals) process.off(signal, onSignal);
    },
  };
}

/**
 * Waits for the first request to stop, then for the running transfers, the second request, or the time limit.
 * @param stopping is told how many transfers run once nothing listens any more, and for how long they may.
 */
export async function linger(
  engine: Engine,
  stop: StopRequests,
  seconds: number,
  stopping: (running: number, seconds: number) => void,
): Promise<void> {
  await stop.first;
  const drained = engine.drain();
  const running = [...engine.snapshot().transfers.values()].filter(({ state }) => state === "running").length;
  stopping(running, seconds);
  const patience = new AbortController();
  const limit = delay(systemClock, seconds * 1000, patience.signal).catch(() => undefined);
  await Promise.race([drained, stop.second, limit]);
  patience.abort();
}
