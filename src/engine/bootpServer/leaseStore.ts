/**
 * Where the leases of one workspace folder outlast the program: a file in the user's state folder, written anew and
 * renamed into place, so that a reader (or a crash) sees the old list or the new one.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import {
  formatLeases,
  longestLeaseFile,
  mergeLeases,
  parseLeases,
  type StoredLease,
} from "../../model/leaseFile";
import { leaseSeconds } from "../../protocol/bootp/conversation";
import type { Lease } from "../../protocol/bootp/leases";
import type { Clock, Timer } from "../clock";
import { errorMessage } from "../../model/text";
import { systemCode } from "../errors";

/** Leases that change within this time cost one write. */
const writeAfterMs = 500;

/**
 * What was last done with each file: a server that starts again in this process reads what the one before it, which
 * is still being closed, writes.
 */
const lastUse = new Map<string, Promise<unknown>>();

function inTurn<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const result = (lastUse.get(path) ?? Promise.resolve()).then(work);
  // The caller of this turn gets the error; the next one starts anew.
  lastUse.set(
    path,
    result.catch(() => undefined),
  );
  return result;
}

export class LeaseStore {
  private readonly path: string;
  private latest: (() => readonly StoredLease[]) | undefined;
  private timer: Timer | undefined;
  private warned = false;

  /**
   * @param stateFolder absolute; made when there is something to write.
   * @param folder absolute path of the workspace folder, which the file is named by.
   */
  constructor(
    private readonly stateFolder: string,
    folder: string,
    private readonly clock: Clock,
    private readonly warn: (message: string) => void,
  ) {
    const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
    this.path = join(stateFolder, `leases-${name}.json`);
  }

  /** The leases of earlier runs; none where there is no file, or none that can be read, which is said. */
  read(): Promise<readonly StoredLease[]> {
    return inTurn(this.path, async () => {
      try {
        return await readLeases(this.path);
      } catch (error) {
        this.warn(
          `the leases of the last run are lost (${errorMessage(error)}): boards may get other addresses of the pool`,
        );
        return [];
      }
    });
  }

  /** Writes the leases soon. `leases` is called then: what changes meanwhile is written with them. */
  save(leases: () => readonly StoredLease[]): void {
    this.latest = leases;
    this.timer ??= this.clock.at(this.clock.now() + writeAfterMs, () => {
      this.timer = undefined;
      void this.write();
    });
  }

  /** Resolves when all is written that can be. */
  async close(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.write();
  }

  private write(): Promise<void> {
    const { latest } = this;
    this.latest = undefined;
    if (latest === undefined) return Promise.resolve();
    const ours = latest();
    return inTurn(this.path, async () => {
      try {
        // Another process may have written since; what is no list is replaced.
        const theirs = await readLeases(this.path).catch(() => []);
        await mkdir(this.stateFolder, { recursive: true, mode: 0o700 });
        await replaceFile(this.path, formatLeases(mergeLeases(theirs, ours)));
      } catch (error) {
        if (!this.warned) this.warn(`the leases cannot be kept for the next run: ${errorMessage(error)}`);
        this.warned = true;
      }
    });
  }
}

/** The leases of the wall clock as the machine knows them. */
export function fromStored(stored: readonly StoredLease[], clock: Clock): Lease[] {
  const [now, wall] = [clock.now(), clock.wallTime()];
  return stored.map(({ key, address, until }) => ({
    key,
    address,
    // A clock that was set back since must not hold an address for ever.
    heldUntil: now + Math.min(until - wall, leaseSeconds * 1000),
  }));
}

export function toStored(leases: readonly Lease[], clock: Clock): StoredLease[] {
  const [now, wall] = [clock.now(), clock.wallTime()];
  return leases.map(({ key, address, heldUntil }) => ({ key, address, until: wall + (heldUntil - now) }));
}

/** @throws Error where there is a file and it holds no leases. */
async function readLeases(path: string): Promise<readonly StoredLease[]> {
  const stats = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined) return [];
  if (!stats.isFile() || stats.size > longestLeaseFile)
    throw new Error("their file is none of this program's");
  const leases = parseLeases(await readFile(path, "utf8"));
  if (leases === undefined) throw new Error("their file is damaged");
  return leases;
}

async function replaceFile(path: string, text: string): Promise<void> {
  // A name of its own for each write: two processes never write into one file.
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // It may not have come to be; the first error is the one that counts.
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
