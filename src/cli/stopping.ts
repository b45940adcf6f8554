/** How the servers of a process end: running transfers are given their time (DESIGN §2.1, "Stopping"). */

import { delay, systemClock } from "../engine/clock";
import type { Engine } from "../model/api";
import { exitCodes, stopSignals } from "./exitCodes";

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
 * Asks to stop as soon as a server wants a port that this process has given up the right to.
 * @returns the exit code of an end by request.
 */
export function watchRights(engine: Engine, stop: StopRequests): () => number {
  let exitCode: number = exitCodes.done;
  engine.onRow((row) => {
    if (row.type !== "server" || row.trouble?.code !== "port.rootGone") return;
    exitCode = exitCodes.startAgain;
    stop.request();
  });
  return () => exitCode;
}

/** Whoever waits longer for the end wants to know for what. */
const wordlessMs = 500;

/**
 * Waits for the first request to stop, then for the running transfers, the second request, or the time limit.
 * @param stopping is told, once nothing listens any more, how many transfers are waited for and how long at most.
 */
export async function linger(
  engine: Engine,
  stop: StopRequests,
  seconds: number,
  stopping: (running: number, seconds: number) => void,
): Promise<void> {
  await stop.first;
  const running = [...engine.snapshot().transfers.values()].filter(({ state }) => state === "running").length;
  const patience = new AbortController();
  const after = (ms: number): Promise<void> => delay(systemClock, ms, patience.signal).catch(() => undefined);
  const ended = Promise.race([engine.drain(seconds), stop.second]);
  // Without a transfer it is over in a moment, and there is nothing to say: but for a last ACK that may be lost.
  const overSoon =
    running === 0 && (await Promise.race([ended.then(() => true), after(wordlessMs).then(() => false)]));
  if (!overSoon) stopping(running, seconds);
  await ended;
  patience.abort();
}
