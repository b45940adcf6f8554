/** Lines that stay, and below them, on a terminal, one bar for each running transfer: redrawn in place, gone at the end. */

import { formatSize, printable } from "../model/text";

/** Something that runs. */
export interface Bar {
  /** `tftp`, `ftp`, `bootp`. */
  readonly about: string;
  /** As the peer wrote it; it is escaped here. */
  readonly name: string;
  readonly bytes: number;
  /** Bytes in all, where that is known. */
  readonly size?: number;
  readonly bytesPerSecond?: number;
  /** Instead of sizes: what it waits for. */
  readonly note?: string;
}

const barWidth = 24;
const redrawEveryMs = 80;

/** Cuts to a number of columns; a character beyond Latin may take two. */
export function fit(text: string, columns: number): string {
  let width = 0;
  let fitting = "";
  for (const character of text) {
    width += (character.codePointAt(0) ?? 0) >= 0x1100 && !/[─━·…]/.test(character) ? 2 : 1;
    if (width > columns) return `${fitting.slice(0, -1)}…`;
    fitting += character;
  }
  return text;
}

/** `tftp  u-boot.bin  ━━━━━━────── 43 %  1.2 of 2.8 MiB  9.1 MiB/s`, no wider than `columns`. */
export function formatBar(bar: Bar, columns: number): string {
  const { bytes, size, bytesPerSecond, note } = bar;
  const parts = [`  … ${bar.about.padEnd(9)} ${printable(bar.name).padEnd(26)}`];
  if (note !== undefined) parts.push(printable(note));
  else if (size === undefined || size === 0) parts.push(formatSize(bytes));
  else {
    const part = Math.min(1, bytes / size);
    const full = Math.floor(part * barWidth);
    parts.push(
      `${"━".repeat(full)}${"─".repeat(barWidth - full)} ${String(Math.floor(part * 100)).padStart(3)} %`,
      `${formatSize(bytes)} of ${formatSize(size)}`,
    );
  }
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) parts.push(`${formatSize(bytesPerSecond)}/s`);
  return fit(parts.join("  "), columns);
}

/** The part of a terminal that is written to; `process.stdout` is one. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const up = (lines: number): string => (lines === 0 ? "" : `\u001b[${lines}A`);
const clearBelow = "\u001b[J";

/** Writes lines above the bars. Where it is no terminal, there are no bars and no control codes. */
export class Screen {
  private bars: readonly Bar[] = [];
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param kind of the terminal, `TERM`; one that is dumb has lines alone. */
  constructor(
    private readonly terminal: Terminal,
    private readonly kind?: string,
  ) {}

  get isTerminal(): boolean {
    return this.terminal.isTTY === true && this.kind !== "dumb";
  }

  /** Writes lines that stay. */
  line(...lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    if (this.drawn === 0 && this.bars.length === 0) this.terminal.write(text);
    else this.draw(text);
  }

  /** What runs now, the oldest first. */
  show(bars: readonly Bar[]): void {
    if (!this.isTerminal) return;
    this.bars = bars;
    this.timer ??= setTimeout(() => {
      this.draw("");
    }, redrawEveryMs).unref();
  }

  /** Takes the bars away. */
  clear(): void {
    this.bars = [];
    if (this.drawn > 0 || this.timer !== undefined) this.draw("");
  }

  private draw(above: string): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { columns = 80, rows = 24 } = this.terminal;
    const room = Math.max(1, rows - 2);
    const lines = this.bars.slice(0, room).map((bar) => formatBar(bar, columns - 1));
    if (this.bars.length > room) lines.push(`  … and ${this.bars.length - room} more`);
    const erase = this.drawn === 0 ? "" : `\r${up(this.drawn)}${clearBelow}`;
    this.terminal.write(`${erase}${above}${lines.map((line) => `${line}\n`).join("")}`);
    this.drawn = lines.length;
  }
}

/** What people read. */
export const stdoutScreen = (): Screen => new Screen(process.stdout, process.env["TERM"]);
