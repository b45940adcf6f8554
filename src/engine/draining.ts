/** How servers end that are to let running transfers end first (DESIGN §2.1, "Stopping"). */

import { delay, type Clock } from "./clock";
import type { BootServer } from "./server";

/**
 * Resolves when the last transfer of these servers has ended. Only these: what was started meanwhile goes on.
 * @param lingerSeconds what runs then still is cut; absent: everything may take its time.
 */
export async function drainAll(
  servers: readonly BootServer[],
  clock: Clock,
  lingerSeconds?: number,
): Promise<void> {
  const ended = Promise.all(servers.map((server) => server.drain()));
  if (lingerSeconds !== undefined) {
    const patience = new AbortController();
    const over = delay(clock, lingerSeconds * 1000, patience.signal).then(
      () => Promise.all(servers.map((server) => server.stopNow())),
      () => undefined,
    );
    await Promise.race([ended, over]);
    patience.abort();
  }
  await ended;
}
