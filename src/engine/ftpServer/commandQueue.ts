/** The command lines that wait for their turn, and how many bytes of them are enough. */

/** What a line costs beyond its bytes, so that a flood of empty ones is bounded too. */
const lineCost = 64;

export class CommandQueue {
  private lines: string[] = [];
  private cost = 0;

  /** @param most bytes; what comes while there are more should stay with the system. */
  constructor(private readonly most: number) {}

  /** Nothing more should be read now. */
  get full(): boolean {
    return this.cost > this.most;
  }

  push(line: string): void {
    this.lines.push(line);
    this.cost += line.length + lineCost;
  }

  /** The line whose turn it is; undefined: none waits. */
  take(): string | undefined {
    const line = this.lines.shift();
    if (line !== undefined) this.cost -= line.length + lineCost;
    return line;
  }

  some(wanted: (line: string) => boolean): boolean {
    return this.lines.some(wanted);
  }

  clear(): void {
    this.lines = [];
    this.cost = 0;
  }
}
