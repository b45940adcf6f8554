/** Follows the store and keeps its boots. It runs always, so it is small; what is drawn of them is a bundle of its own. */

import type { Row } from "../../model/events";
import type { Change, Store } from "../store";
import type { Boot } from "./boot";
import { lastBoots, type BootHistory } from "./bootHistory";
import { Boots } from "./boots";

/** The boots are written once nothing came of them for so long, and while something does, so often. */
const saveAfterMs = 2_000;
const saveEveryMs = 10_000;

export class BootRecorder {
  private readonly boots = new Boots();
  private readonly listeners = new Set<() => void>();
  /** Unix ms. */
  private saveBy = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly following: { dispose(): void };

  constructor(
    private readonly store: Store,
    private readonly history: BootHistory,
  ) {
    this.following = store.onChange((change) => {
      this.follow(change);
    });
  }

  onChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }

  /** The last boots of this and other sessions, the latest first. */
  async all(): Promise<readonly Boot[]> {
    return [...lastBoots(await this.history.load(), this.boots.all)].reverse();
  }

  dispose(): void {
    this.following.dispose();
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.history.saveAtOnce(this.boots.all);
  }

  private follow(change: Change): void {
    const now = Date.now();
    const news = this.news(change).filter((row) => this.boots.take(row, now));
    if (news.length === 0) return;
    for (const listener of this.listeners) listener();
    void this.history.load();
    this.saveSoon(now);
  }

  private saveSoon(now: number): void {
    if (this.timer === undefined) this.saveBy = now + saveEveryMs;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        void this.history.save(this.boots.all);
      },
      Math.max(0, Math.min(saveAfterMs, this.saveBy - now)),
    );
  }

  /** Where anything may have changed, it is transfers that have ended: with their process, say. */
  private news(change: Change): readonly Row[] {
    return change ?? [...this.store.now.transfers.values()].filter(({ id }) => this.boots.knows(id));
  }
}
