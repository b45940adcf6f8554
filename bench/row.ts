/** One line of the report: what is measured, of whom, and how the repeats become a result. */

import { ourName, type Kind, type RunningPeer } from "./peers";
import { median } from "./statistics";

/** What one repeat found of one peer: the row's own figure first, then others by name and unit. */
export interface Sample {
  readonly value: number;
  readonly also?: Readonly<Record<string, number>>;
  /** What the peer did other than it was asked, such as `×1`: it refused the windows. */
  readonly note?: string;
}

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly kind: Kind;
  /** What is wanted of our figure divided by the best of the others (`better: "less"`: likewise, so at most 1). */
  readonly goal?: number;
  /** Of all repeats; default: the run's. */
  readonly repeats?: number;
  measure(peer: RunningPeer): Promise<Sample>;
}

export interface Measured {
  readonly peer: string;
  readonly samples: readonly Sample[];
  /** Why there is none. */
  readonly failure?: string;
}

export interface Result {
  readonly row: Row;
  readonly measured: readonly Measured[];
  /** Ours divided by the best other one; undefined where nobody else can do it. */
  readonly ratio?: number;
}

/** The middle of a peer's samples. */
export const middle = ({ samples }: Measured): number => median(samples.map(({ value }) => value));

function ratioOf(row: Row, measured: readonly Measured[]): number | undefined {
  const ours = measured.find(({ peer }) => peer === ourName);
  const others = measured.filter(({ peer, samples }) => peer !== ourName && samples.length > 0).map(middle);
  if (ours === undefined || ours.samples.length === 0 || others.length === 0) return undefined;
  return middle(ours) / (row.better === "more" ? Math.max(...others) : Math.min(...others));
}

/** Runs a row: one repeat of each peer, then the next, so that what else the machine does meets all of them. */
export async function runRow(row: Row, peers: readonly RunningPeer[], repeats: number): Promise<Result> {
  const samples = new Map<string, Sample[]>();
  const failures = new Map<string, string>();
  const able = peers.filter(({ kinds }) => kinds.includes(row.kind));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const peer of able) {
      if (failures.has(peer.name)) continue;
      try {
        const sample = await row.measure(peer);
        samples.set(peer.name, [...(samples.get(peer.name) ?? []), sample]);
      } catch (error) {
        failures.set(peer.name, (error as Error).message);
      }
    }
  }
  const measured = able.map(({ name }): Measured => {
    const failure = failures.get(name);
    return { peer: name, samples: samples.get(name) ?? [], ...(failure === undefined ? {} : { failure }) };
  });
  const ratio = ratioOf(row, measured);
  return { row, measured, ...(ratio === undefined ? {} : { ratio }) };
}
