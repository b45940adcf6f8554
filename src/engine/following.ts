/** What the engine follows while it serves: the plan with the files it names, and this computer's addresses. */

import type { Wanted } from "../model/settings";
import type { Clock, Timer } from "./clock";
import { systemCode } from "./errors";
import { loadPlan, watchPlan, type LoadedPlan } from "./planFile";
import { openUdp } from "./udp";

/** A plan as it was read, and the watch on it. */
export interface Followed {
  readonly loaded: LoadedPlan;
  readonly stopPlan: () => void;
}

/** What is served and followed. */
export interface Service extends Followed {
  readonly wanted: Wanted;
}

/**
 * Reads the plan, and follows exactly what it was read from: a save during the reading is not missed.
 * @throws PlanError; then nothing is followed.
 */
export async function followPlan(
  folder: string,
  planFile: string | undefined,
  onChange: () => void,
  clock: Clock,
): Promise<Followed> {
  for (let files: readonly string[] = []; ;) {
    const stop = watchPlan(folder, planFile, files, onChange, clock);
    try {
      const loaded = await loadPlan(folder, planFile);
      if (loaded.files.join("\0") === files.join("\0")) return { loaded, stopPlan: stop };
      files = loaded.files;
    } catch (error) {
      stop();
      throw error;
    }
    stop();
  }
}

/** How often an address that is not to be had yet is tried again. */
const tryEveryMs = 250;

/** True when a socket can be bound to it. */
async function canBind(address: string): Promise<boolean> {
  try {
    await (await openUdp({ address, port: 0, onPacket: () => undefined })).close();
    return true;
  } catch (error) {
    return systemCode((error as Error).cause) !== "EADDRNOTAVAIL";
  }
}

/**
 * The addresses that sockets can be bound to now. An IPv6 address is listed one to two seconds before that, while
 * the system makes sure that nobody else on the link has it (RFC 4862 §5.4).
 */
export async function usableNow(addresses: readonly string[]): Promise<string[]> {
  const usable = await Promise.all(addresses.map(canBind));
  return addresses.filter((_, index) => usable[index]);
}

/**
 * Of addresses that servers were refused, those that cannot be had now; all of them where each can: they were gone for
 * a moment.
 */
export async function toWaitFor(addresses: readonly string[]): Promise<readonly string[]> {
  const usable = await usableNow(addresses);
  const unusable = addresses.filter((address) => !usable.includes(address));
  return unusable.length > 0 ? unusable : addresses;
}

/** Calls back once when one of the addresses has become usable. Returns the function that ends it. */
export function onceUsable(addresses: readonly string[], clock: Clock, callback: () => void): () => void {
  let timer: Timer;
  let stopped = addresses.length === 0;
  const look = async (): Promise<void> => {
    const usable = await usableNow(addresses);
    if (stopped) return;
    if (usable.length > 0) callback();
    else again();
  };
  const again = (): void => {
    timer = clock.at(clock.now() + tryEveryMs, () => void look());
  };
  if (!stopped) again();
  return () => {
    if (stopped) return;
    stopped = true;
    timer.cancel();
  };
}
