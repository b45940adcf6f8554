/** A clock that runs many times as fast: waits of half a minute take a second, and real sockets still have their time. */

import { nextTurn, systemClock, type Clock } from "../../src/engine/clock";

/** A question and its answer, where both sides are this process, are through the sockets after so many turns. */
const turns = 8;

/** @param times as fast. A time that is over waits for what is on its way: the machine may be slow, and not the peer. */
export const hurriedClock = (times: number): Clock => ({
  now: () => systemClock.now() * times,
  wallTime: () => systemClock.wallTime(),
  soon: (callback) => {
    systemClock.soon(callback);
  },
  at: (at, callback) => {
    let cancelled = false;
    const ring = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      if (!cancelled) callback();
    };
    const timer = systemClock.at(at / times, () => void ring());
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  },
});
