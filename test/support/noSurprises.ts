/**
 * What every suite begins with. It fails on a rejection that nobody handled and on listeners that pile up, whatever
 * its tests say. Its properties try the same values in each run: SEED=n tries others, and replays a seed that a
 * failure printed.
 */

import fc from "fast-check";
import { seedOr } from "./random";

fc.configureGlobal({ seed: seedOr(1) });

process.on("unhandledRejection", (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason));
});

process.on("warning", (warning) => {
  if (warning.name === "MaxListenersExceededWarning") throw warning;
});
