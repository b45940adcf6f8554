/**
 * Packets on their way into a capture. The one who writes is never waited for: what it cannot take in time is left
 * out, and the capture says how much that was.
 */

import type { Clock } from "../engine/clock";
import { commenter, type CaptureSink } from "../engine/packets/recorder";
import { concat } from "../protocol/bytes";
import type { SeenPacket } from "../protocol/capture/seen";
import { CaptureWriter } from "../protocol/capture/writer";

/** Bytes that wait for the disk, or for who reads the pipe. */
const mostWaiting = 32 * 1024 * 1024;
/** Blocks of one write: a call takes only so many arguments. */
const mostAtOnce = 4_096;

export interface CaptureQueue extends CaptureSink {
  /** Packets that are not in the capture. */
  readonly dropped: number;
  /** Resolves when all that was taken is written, or cannot be. */
  close(): Promise<void>;
}

/**
 * @param write writes whole blocks, one call after the other.
 * @param failed is called once where it cannot be written any more; nothing is taken after that.
 */
export function captureQueue(
  clock: Clock,
  write: (bytes: Uint8Array) => Promise<void>,
  failed: (error: unknown) => void,
  most = mostWaiting,
): CaptureQueue {
  const writer = new CaptureWriter();
  const commented = commenter();
  let waiting: Uint8Array[] = [writer.head];
  let size = 0;
  let dropped = 0;
  /** Of them, since the last packet that was taken. */
  let missing = 0;
  let broken = false;

  const add = (blocks: readonly Uint8Array[]): void => {
    waiting.push(...blocks);
    for (const { length } of blocks) size += length;
    writing ??= writeAll();
  };
  const writeAll = async (): Promise<void> => {
    try {
      // What came in one turn of the loop is one write.
      await Promise.resolve();
      while (waiting.length > 0) {
        const batch = concat(...waiting.splice(0, mostAtOnce));
        await write(batch);
        size -= Math.min(size, batch.length);
      }
    } catch (error) {
      broken = true;
      waiting = [];
      failed(error);
    } finally {
      writing = undefined;
    }
  };
  let writing: Promise<void> | undefined = writeAll();

  const packet = (seen: SeenPacket): void => {
    if (broken) return;
    if (size > most) {
      dropped += 1;
      missing += 1;
      return;
    }
    const lack =
      missing > 0 ? `${missing} packets before it are missing: they could not be written in time` : undefined;
    missing = 0;
    add(
      writer.blocksOf(
        seen,
        [commented(seen), lack].filter((part) => part !== undefined).join("; ") || undefined,
      ),
    );
  };
  return {
    packet,
    get dropped() {
      return dropped;
    },
    async close() {
      if (!broken) add([writer.lacks(clock.wallTime(), dropped)]);
      await writing;
    },
  };
}
