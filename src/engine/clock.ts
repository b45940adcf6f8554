/** The only place below cli and extension that reads a clock or sets a timer. Tests give a virtual one. */

/** Something that can still be called off. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds, for every wait and every duration. */
  now(): number;
  /** Unix milliseconds of the wall clock, for what a person reads and for leases. */
  wallTime(): number;
  /** Calls back once at `at` (monotonic ms), or as soon as possible when that is past. */
  at(at: number, callback: () => void): Timer;
  /** Calls back in the next turn of the event loop, which does not sleep before: what has come is heard first. */
  soon(callback: () => void): void;
}

/** A delay that setTimeout can hold: beyond 2^31 - 1 ms it would fire at once. */
const longestDelay = 0x7fffffff;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  at(at, callback) {
    const delay = Math.min(Math.max(0, at - performance.now()), longestDelay);
    let turn: NodeJS.Immediate | undefined;
    // A process that stood still (stopped, or on a busy machine) has its timers ring before it reads what has come
    // meanwhile: the callback waits for that, and is called off by it.
    const handle = setTimeout(() => {
      turn = setImmediate(callback);
    }, delay);
    return {
      cancel: () => {
        clearTimeout(handle);
        clearImmediate(turn);
      },
    };
  },
  soon(callback) {
    setImmediate(callback);
  },
};

/** Resolves when all others that are ready have had their turn of the event loop: between the parts of long work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    systemClock.soon(resolve);
  });
}

/** Resolves after `ms`; rejects with the signal's reason when that comes first. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.at(clock.now() + ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
