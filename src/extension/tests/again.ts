/** Work that is done again when something has changed: once for many changes, and never twice at a time. */

/** A build writes many files: so long after the last of them it is over. */
const restMs = 500;

export class Again {
  private timer: NodeJS.Timeout | undefined;
  private working = false;
  private asked = false;

  constructor(private readonly work: () => Promise<unknown>) {}

  /** Something has changed. */
  ask(): void {
    this.asked = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), restMs);
  }

  stop(): void {
    this.asked = false;
    clearTimeout(this.timer);
  }

  private async begin(): Promise<void> {
    if (this.working || !this.asked) return;
    this.working = true;
    this.asked = false;
    try {
      await this.work();
    } finally {
      this.working = false;
    }
    // What changed meanwhile is not in it.
    await this.begin();
  }
}
