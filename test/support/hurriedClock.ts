/** A clock that runs many times as fast: waits of half a minute take a second, and real sockets still have their time. */

import { systemClock, type Clock } from "../../src/engine/clock";

export const hurriedClock = (times: number): Clock => ({
  now: () => systemClock.now() * times,
  wallTime: () => systemClock.wallTime(),
  at: (at, callback) => systemClock.at(at / times, callback),
});
