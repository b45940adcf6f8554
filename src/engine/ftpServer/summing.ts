/**
 * The sums of a large file that is sent for the first time, computed in a thread: where the sending had to wait for them
 * it was half as fast. The thread reads the file once more, and starts: 1.07 times the CPU time.
 */

import type { MessagePort, Worker } from "node:worker_threads";
import type { Sums } from "../checksums";
import type { ServerContext } from "../server";
import { knownFiles } from "../servedRoot/knownFiles";
import type { LentFile } from "../servedRoot/contract";
import { blockingDisk, lentFile } from "../servedRoot/lentFile";
import { fileChanged } from "../servedRoot/refusal";
import type { OpenedFile } from "../servedRoot/servedRoot";

/** What is smaller is summed on its way: a thread costs 55 ms of CPU time, and the sums of so much 45. */
const worthBytes = 64 * 2 ** 20;
/** Still in the cache of the core when they are summed. */
const chunkBytes = 256 * 1024;

/** A file that a thread sums. */
export interface Ongoing {
  /** Resolves when the thread has ended; undefined: it did not come to the end of the file. */
  readonly sums: Promise<Sums | undefined>;
  /** Nobody wants to know any more. */
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
  private ongoing: Ongoing | undefined;

  /** @param startThread absent: who sends a file sums it. */
  constructor(private startThread: ServerContext["startThread"]) {}

  /**
   * Has a thread sum a file; undefined: who sends it sums it.
   * @param again opens it once more, since the thread may need it for longer than who sends it.
   */
  async begin(file: OpenedFile, again: () => Promise<OpenedFile>): Promise<Ongoing | undefined> {
    const { startThread } = this;
    const isKnown = file.sums.result() !== undefined;
    if (startThread === undefined || this.busy || isKnown || file.size < worthBytes) return undefined;
    this.busy = true;
    const own = await again().catch(() => undefined);
    // Another one may have the name by now, and the server may have stopped.
    if (own?.sums === file.sums && !this.closed)
      return (this.ongoing = this.carry(own, startThread(own.lend())));
    await own?.close();
    this.busy = false;
    return undefined;
  }

  /** Resolves when no thread runs. */
  async idle(): Promise<void> {
    await this.ongoing?.sums;
  }

  /** Ends what runs, and begins nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    this.ongoing?.cancel();
    await this.idle();
  }

  private carry(file: OpenedFile, worker: Worker): Ongoing {
    let cancelled = false;
    let told: { readonly sums: Sums | undefined } | undefined;
    worker.once("message", (sums: Sums | undefined) => {
      told = { sums };
    });
    // What it threw is of interest to nobody but us: "exit" follows.
    worker.on("error", () => undefined);
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", () => {
        resolve();
      });
    });
    const sums = ended.then(async () => {
      // By itself: this machine lets none run.
      if (told === undefined && !cancelled) this.startThread = undefined;
      file.sums.learn(told?.sums);
      await file.close();
      this.busy = false;
      this.ongoing = undefined;
      return told?.sums;
    });
    return {
      sums,
      cancel: () => {
        cancelled = true;
        void worker.terminate();
      },
    };
  }
}
