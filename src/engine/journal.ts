/**
 * Where the servers tell what happens. Keeps the snapshot, hands each row to the listeners, and holds progress
 * back to five rows a second for one transfer or boot line, and to a thousand for all; the last row of one always goes
 * out, at once.
 */

import type { BootLineRow, ClientRow, LogRow, Row, TransferRow } from "../model/events";
import { defaultLimits } from "../model/settings";
import { applyRow, newState, snapshotOf, type Snapshot } from "../model/snapshot";
import type { Clock, Timer } from "./clock";

const progressIntervalMs = 200;
/** Of all that runs a row comes so often: with 1,000 transfers at once rows were a seventh of the CPU time. */
const anyIntervalMs = 1;

/** Rows that come many times a second, until their last one. */
type Progress = TransferRow | BootLineRow;

const isLast = (row: Progress): boolean =>
  row.type === "transfer" ? row.state !== "running" : row.open !== true;

interface Pending {
  row: Progress;
  sentAt: number;
  timer: Timer | undefined;
}

export class Journal {
  /** How many of the transfers that have ended the snapshot keeps. */
  transfersKept: number = defaultLimits.transfersKept;
  private readonly state = newState();
  private readonly listeners = new Set<(row: Row) => void>();
  private readonly pending = new Map<string, Pending>();
  private lastId = 0;

  constructor(readonly clock: Clock) {}

  snapshot(): Snapshot {
    return snapshotOf(this.state);
  }

  /** The row of a client as it stands; a snapshot would copy all the others. */
  client(id: string): ClientRow | undefined {
    return this.state.clients.get(id);
  }

  /** Every client is remembered no longer. */
  forgetClients(): void {
    for (const row of [...this.state.clients.values()]) this.publish({ ...row, forgotten: true });
  }

  onRow(listener: (row: Row) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** An id that no other row of this journal has. */
  nextId(prefix: string): string {
    this.lastId += 1;
    return `${prefix}-${this.lastId}`;
  }

  log(level: LogRow["level"], message: string): void {
    this.report({ type: "log", id: this.nextId("log"), at: this.clock.wallTime(), level, message });
  }

  /** False while a row of what runs would be held back, and need not be made. */
  isDue(id: string): boolean {
    const earlier = this.pending.get(id);
    return earlier === undefined || this.clock.now() - earlier.sentAt >= this.intervalMs;
  }

  private get intervalMs(): number {
    return Math.max(progressIntervalMs, this.pending.size * anyIntervalMs);
  }

  report(row: Row): void {
    if (row.type === "transfer" || row.type === "bootLine") this.reportProgress(row);
    else this.publish(row);
  }

  private reportProgress(row: Progress): void {
    const earlier = this.pending.get(row.id);
    if (isLast(row)) {
      earlier?.timer?.cancel();
      this.pending.delete(row.id);
      this.publish(row);
      return;
    }
    if (earlier === undefined || this.isDue(row.id)) {
      earlier?.timer?.cancel();
      this.pending.set(row.id, { row, sentAt: this.clock.now(), timer: undefined });
      this.publish(row);
      return;
    }
    earlier.row = row;
    earlier.timer ??= this.clock.at(earlier.sentAt + this.intervalMs, () => {
      this.pending.set(row.id, { row: earlier.row, sentAt: this.clock.now(), timer: undefined });
      this.publish(earlier.row);
    });
  }

  private publish(row: Row): void {
    applyRow(this.state, row, this.transfersKept);
    for (const listener of this.listeners) listener(row);
  }
}
