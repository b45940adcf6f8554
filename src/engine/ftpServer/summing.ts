/**
 * The sums of a large file that is sent for the first time, computed in a thread: where the sending had to wait for them
 * it was half as fast. The thread reads the file once more, and starts: 1.07 times the CPU time.
 */

import type { MessagePort, Worker } from "node:worker_threads";
import type { Sums } from "../checksums";
import type { ServerContext } from "../server";
import { knownFiles } from "../servedRoot/knownFiles";
import type { LentFile } from "../servedRoot/contract";
import { blockingDisk } from "../servedRoot/disks";
import { lentFile } from "../servedRoot/lentFile";
import { fileChanged } from "../servedRoot/refusal";
import type { OpenedFile } from "../servedRoot/servedRoot";
import { threadEnd } from "../threadEnd";

/** What is smaller is summed on its way: a thread costs 55 ms of CPU time, and the sums of so much 45. */
const worthBytes = 64 * 2 ** 20;
/** Still in the cache of the core when they are summed. */
const chunkBytes = 256 * 1024;

/** A file that a thread sums. */
export interface Ongoing {
  /** Resolves when the thread has ended; undefined: it did not come to the end of the file, or was not waited for. */
  readonly sums: Promise<Sums | undefined>;
  /** It is not waited for any more. */
  cancel(): void;
}

/** The thread: sums a file that is lent to it, tells the sums, undefined where it has changed, and ends. */
export function sumInThread(port: MessagePort, lent: LentFile): void {
  const tell = (sums: Sums | undefined): void => {
    port.postMessage(sums);
  };
  void sumsOf(lent).then(tell, () => {
    tell(undefined);
  });
}

/** @throws Refusal `file.changed` */
async function sumsOf(lent: LentFile): Promise<Sums | undefined> {
  const file = lentFile(lent, knownFiles(), blockingDisk);
  const memory = Buffer.allocUnsafeSlow(chunkBytes);
  for (let position = 0; position < file.size;) {
    const count = await file.read(memory, position);
    if (count === 0) throw fileChanged();
    file.sums.pass(memory.subarray(0, count), position);
    position += count;
  }
  await file.assertUnchanged();
  return file.sums.result();
}

/** One thread at a time: with two cores there is no more to gain. */
export class Summing {
  private busy = false;
  private closed = false;
  private running: SummingThread | undefined;
  /** By the transfers that want to know. */
  private readonly wanted = new Map<string, Ongoing>();

  /** @param startThread absent: who sends a file sums it. */
  constructor(private startThread: ServerContext["startThread"]) {}

  /**
   * Has a thread sum a file; undefined: who sends it sums it.
   * @param transfer the id of who wants to know.
   * @param again opens it once more, since the thread may need it for longer than who sends it.
   */
  async begin(
    transfer: string,
    file: OpenedFile,
    again: () => Promise<OpenedFile>,
  ): Promise<Ongoing | undefined> {
    const isKnown = file.sums.result() !== undefined;
    if (this.startThread === undefined || isKnown || file.size < worthBytes) return undefined;
    const { running } = this;
    if (running?.file.sums === file.sums && !running.hasEnded) return this.join(transfer, running);
    if (this.busy) return undefined;
    this.busy = true;
    const own = await again().catch(() => undefined);
    // Another one may have the name by now, and the server may have stopped.
    const wanted = own?.sums === file.sums && !this.closed;
    const worker = wanted ? this.startThread(own.lend()) : undefined;
    if (own !== undefined && worker !== undefined)
      return this.join(transfer, this.follow(new SummingThread(own, worker)));
    await own?.close();
    this.busy = false;
    return undefined;
  }

  /** The sums that a transfer waits for are not wanted. @returns false where it waits for none. */
  cancel(transfer: string): boolean {
    const ongoing = this.wanted.get(transfer);
    ongoing?.cancel();
    return ongoing !== undefined;
  }

  /** Resolves when no thread runs. */
  async idle(): Promise<void> {
    await this.running?.sums;
  }

  /** Ends what runs, and begins nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    this.running?.end();
    await this.idle();
  }

  private join(transfer: string, thread: SummingThread): Ongoing {
    const ongoing = thread.join();
    this.wanted.set(transfer, ongoing);
    void ongoing.sums.then(() => this.wanted.delete(transfer));
    return ongoing;
  }

  private follow(thread: SummingThread): SummingThread {
    this.running = thread;
    void thread.sums.then(() => {
      // By itself: this machine lets none run.
      if (thread.hasFailed) this.startThread = undefined;
      this.busy = false;
      this.running = undefined;
    });
    return thread;
  }
}

class SummingThread {
  /** Resolves when the thread has ended; undefined: it did not come to the end of the file. Never rejects. */
  readonly sums: Promise<Sums | undefined>;
  /** It ended by itself, and told nothing. */
  hasFailed = false;
  /** Nobody wants to know any more. */
  hasEnded = false;
  private wantedBy = 0;

  /** @param file closed at the end. */
  constructor(
    readonly file: OpenedFile,
    private readonly worker: Worker,
  ) {
    let told: { readonly sums: Sums | undefined } | undefined;
    worker.once("message", (sums: Sums | undefined) => {
      told = { sums };
    });
    this.sums = threadEnd(worker).then(async () => {
      this.hasFailed = told === undefined && !this.hasEnded;
      file.sums.learn(told?.sums);
      await file.close().catch(() => undefined); // It was read only: nothing is lost with it.
      return told?.sums;
    });
  }

  /** For one more who sends the file. */
  join(): Ongoing {
    this.wantedBy += 1;
    let cancel = (): void => undefined;
    const cancelled = new Promise<undefined>((resolve) => {
      cancel = () => {
        resolve(undefined);
      };
    });
    void cancelled.then(() => {
      this.wantedBy -= 1;
      if (this.wantedBy === 0) this.end();
    });
    return { sums: Promise.race([this.sums, cancelled]), cancel };
  }

  end(): void {
    this.hasEnded = true;
    void this.worker.terminate();
  }
}
