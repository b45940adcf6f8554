/** How much memory is really used: what nobody needs any more is taken away first. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes. `heap` is exact; `resident` is what the system has given, and goes back late. */
export interface Memory {
  readonly heap: number;
  readonly resident: number;
}

export function memoryNow(): Memory {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

/** For people: `+0.4 MB`. */
export const megabytes = (bytes: number): string =>
  `${bytes < 0 ? "-" : "+"}${(Math.abs(bytes) / 1e6).toFixed(1)} MB`;
