/** The boot log: the lines of each client's boots, as many as a person reads, and how one reads. */

import type { BootLineRow } from "./events";
import { formatDuration, visible } from "./text";

/** Lines that are kept of one client; beyond it the oldest boots are forgotten. */
export const logLines = { default: 1_000, min: 100, max: 10_000 } as const;
/** Clients whose lines are kept; beyond it those of which nothing was told for longest are forgotten. */
const mostClients = 200;

/** `DATA 812 sent 3×, 1.2 s`: the line as people read it, without its time; nothing in it steers a terminal. */
export function describeBootLine({ request, answer, note, times, at, until }: BootLineRow): string {
  const packets = [request, answer].filter((part) => part !== undefined).join(" → ");
  const lasted = until !== undefined && until > at ? `, ${formatDuration(until - at)}` : "";
  const often = times === undefined ? undefined : `sent ${times}×${lasted}`;
  const head = request === undefined && often !== undefined ? `${packets} ${often}` : packets;
  const rest = request === undefined ? [note] : [note, often];
  return visible([head, ...rest].filter((part) => part !== undefined && part !== "").join(", "));
}

/** What is kept of one client. */
interface Kept {
  readonly lines: Map<string, BootLineRow>;
  leftOut: number;
  /** Lines of earlier boots are forgotten. */
  firstBoot: number;
}

/** The lines of all clients. It changes in place, as `State` does; the same line once more changes nothing. */
export class BootLogs {
  /** How many lines of one client are kept. */
  mostLines: number = logLines.default;
  private readonly kept = new Map<string, Kept>();
  /** Whose a line is: one of an unknown address goes to its client once that is known. */
  private readonly owners = new Map<string, string>();

  /** The clients with lines: of the last of them something was told last. */
  clients(): readonly string[] {
    return [...this.kept.keys()];
  }

  /** The client's lines by boot and time. */
  lines(client: string): readonly BootLineRow[] {
    const lines = [...(this.kept.get(client)?.lines.values() ?? [])];
    return lines.sort((one, other) => one.boot - other.boot || one.at - other.at);
  }

  /** How many of the client's lines are kept no longer. */
  leftOut(client: string): number {
    return this.kept.get(client)?.leftOut ?? 0;
  }

  clear(): void {
    this.kept.clear();
    this.owners.clear();
  }

  apply(row: BootLineRow): void {
    const owner = this.owners.get(row.id);
    if (owner !== undefined && owner !== row.client) this.take(owner, row.id);
    const kept = this.kept.get(row.client) ?? { lines: new Map(), leftOut: 0, firstBoot: 1 };
    this.kept.delete(row.client);
    this.kept.set(row.client, kept);
    if (row.boot < kept.firstBoot) return;
    kept.lines.set(row.id, row);
    this.owners.set(row.id, row.client);
    while (kept.lines.size > this.mostLines) this.forgetOldest(kept, row.boot);
    for (const client of this.kept.keys()) {
      if (this.kept.size <= mostClients) break;
      this.forgetClient(client);
    }
  }

  /** The line is another client's now. */
  private take(client: string, id: string): void {
    const kept = this.kept.get(client);
    kept?.lines.delete(id);
    if (kept?.lines.size === 0) this.kept.delete(client);
  }

  private forgetClient(client: string): void {
    for (const id of this.kept.get(client)?.lines.keys() ?? []) this.owners.delete(id);
    this.kept.delete(client);
  }

  /** All of the oldest boot; where there is no other, its oldest lines, as many as are too many. */
  private forgetOldest(kept: Kept, latestBoot: number): void {
    const { lines } = kept;
    const oldest = Math.min(...[...lines.values()].map(({ boot }) => boot));
    const whole = oldest < latestBoot;
    if (whole) kept.firstBoot = oldest + 1;
    for (const [id, { boot }] of lines) {
      if (boot !== oldest) continue;
      lines.delete(id);
      this.owners.delete(id);
      kept.leftOut += 1;
      if (!whole && lines.size <= this.mostLines) return;
    }
  }
}
