/** The calls of the disk that wait for it, each a turn of the thread pool, counted. */

import { createHook } from "node:async_hooks";
import { until } from "./ftpWire";

/** As Node names what waits for the disk: `FSREQPROMISE`, `FSReqPromise`, `DIRHANDLE` … */
const ofTheDisk = (type: string): boolean => /^(fsreq|dirhandle|filehandleclosereq)/i.test(type);

/** What still goes on of the opening, the search for leftovers, is over. */
const diskIsQuiet = (): Promise<void> => until(() => !process.getActiveResourcesInfo().some(ofTheDisk));

export async function diskCallsOf(request: () => Promise<unknown>): Promise<number> {
  await diskIsQuiet();
  let calls = 0;
  const hook = createHook({
    init(_id, type) {
      if (ofTheDisk(type)) calls += 1;
    },
  }).enable();
  try {
    await request();
    await diskIsQuiet();
    return calls;
  } finally {
    hook.disable();
  }
}
