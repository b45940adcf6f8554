/**
 * A board that boots in stages (ROM, SPL, U-Boot; PXE ROM, iPXE) asks as another client in each, and the plan may
 * have other files for each. So it has a cursor for every place of the plan that gave it files: what the ROM loads
 * after each reset leaves U-Boot's sequence where it was.
 */

import type { Choice } from "./choice";
import { currentCursor, isIdle, startCursor, type Cursor, type SequenceTimes } from "./sequence";

export interface Stages {
  /** `Choice.source` of the last request. */
  readonly source: string;
  /** Where the client stands in those files. */
  readonly cursor: Cursor;
  /** The cursors of its other stages, by their source. */
  readonly parked: ReadonlyMap<string, Cursor>;
}

export const startStages = ({ source, boot }: Choice): Stages => ({
  source,
  cursor: startCursor(boot),
  parked: new Map(),
});

/** The stages as they stand at `now` for a client that gets this. */
export function currentStages(stages: Stages, choice: Choice, times: SequenceTimes, now: number): Stages {
  const { source, cursor } = stages;
  // A long pause is the whole board's: none of its stages goes on where it was.
  const idle = isIdle(cursor, times, now);
  const parked = new Map(idle ? [] : stages.parked);
  if (source === choice.source) {
    return { source, cursor: currentCursor(cursor, choice.boot, times, now), parked };
  }
  const { running, lastPacketAt } = cursor;
  const waiting = { ...(parked.get(choice.source) ?? startCursor(choice.boot)), running, lastPacketAt };
  if (!idle) parked.set(source, cursor);
  parked.delete(choice.source);
  return { source: choice.source, cursor: currentCursor(waiting, choice.boot, times, now), parked };
}
