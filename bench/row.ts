/** One line of the report: what is measured, of whom, and how the repeats become a result. */

import { ourName, type Kind, type RunningPeer } from "./peers";
import { type Interval, median, medianInterval } from "./statistics";

/** What one repeat found of one peer: the row's own figure first, then others by name and unit. */
export interface Sample {
  readonly value: number;
  readonly also?: Readonly<Record<string, number>>;
  /** What the peer did other than it was asked, such as `×1`: it refused the windows. */
  readonly note?: string;
}

/** What is wanted: of our figure beside a peer's, or of one of the others that were measured with it. */
export type Goal =
  | {
      /** Ours divided by the peer's: at least this, or at most where less is better. */
      readonly ratio: number;
      /** Default: the best of the others. */
      readonly peer?: string;
    }
  | { readonly also: string; readonly atLeast: number }
  | { readonly also: string; readonly atMost: number };

/** What became of a goal; there is none where it could not be measured. */
export interface Verdict {
  readonly text: string;
  readonly met: boolean;
}

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly kind: Kind;
  readonly goals?: readonly Goal[];
  /** Of all repeats; default: the run's. */
  readonly repeats?: number;
  /**
   * All peers at the same time, so that what else the machine does meets them alike, and each repeat is compared with
   * itself: for differences that are smaller than those between one minute and the next.
   */
  readonly together?: true;
  measure(peer: RunningPeer): Promise<Sample>;
}

export interface Measured {
  readonly peer: string;
  readonly samples: readonly Sample[];
  /** Why there is none. */
  readonly failure?: string;
}

export interface Ratio {
  readonly value: number;
  /** Where it lies with 95 % certainty; of peers that ran together. */
  readonly within?: Interval;
}

export interface Result {
  readonly row: Row;
  readonly measured: readonly Measured[];
  /** Ours divided by the best other one; undefined where nobody else can do it. */
  readonly ratio?: Ratio;
  readonly verdicts: readonly Verdict[];
}

/** The middle of a peer's samples. */
export const middle = ({ samples }: Measured): number => median(samples.map(({ value }) => value));

/** The middle of a figure that was measured beside the row's own one; NaN: there is none. */
export const middleAlso = ({ samples }: Measured, label: string): number =>
  median(samples.map(({ also }) => also?.[label] ?? NaN).filter((value) => !Number.isNaN(value)));

/** @param peer default: the best of the others. */
function ratioOf(row: Row, measured: readonly Measured[], peer?: string): Ratio | undefined {
  const ours = measured.find((one) => one.peer === ourName);
  const others = measured.filter(
    (one) => one.peer !== ourName && one.samples.length > 0 && (peer ?? one.peer) === one.peer,
  );
  const sign = row.better === "more" ? -1 : 1;
  const [best] = others.sort((a, b) => sign * (middle(a) - middle(b)));
  if (ours === undefined || ours.samples.length === 0 || best === undefined) return undefined;
  if (row.together !== true) return { value: middle(ours) / middle(best) };
  const pairs = ours.samples
    .slice(0, best.samples.length)
    .map(({ value }, repeat) => value / (best.samples[repeat]?.value ?? NaN));
  return { value: median(pairs), within: medianInterval(pairs) };
}

function verdictOf(row: Row, measured: readonly Measured[], goal: Goal): Verdict | undefined {
  const ours = measured.find(({ peer }) => peer === ourName);
  const value =
    "ratio" in goal ? ratioOf(row, measured, goal.peer)?.value : ours && middleAlso(ours, goal.also);
  if (value === undefined || Number.isNaN(value)) return undefined;
  const atLeast = "atLeast" in goal || ("ratio" in goal && row.better === "more");
  const bound = "ratio" in goal ? goal.ratio : "atLeast" in goal ? goal.atLeast : goal.atMost;
  const met = atLeast ? value >= bound : value <= bound;
  const sign = atLeast ? "≥" : "≤";
  const text =
    "ratio" in goal
      ? `${sign} ${bound} × ${goal.peer ?? "the best"} (${value.toFixed(2)})`
      : `${goal.also} ${sign} ${bound}`;
  return { text, met };
}

/**
 * Runs a row: one repeat of each peer, then the next, so that what else the machine does meets all of them; or all of
 * them together.
 */
export async function runRow(row: Row, peers: readonly RunningPeer[], repeats: number): Promise<Result> {
  const samples = new Map<string, Sample[]>();
  const failures = new Map<string, string>();
  const able = peers.filter(({ kinds }) => kinds.includes(row.kind));
  const measureOne = async (peer: RunningPeer): Promise<void> => {
    if (failures.has(peer.name)) return;
    try {
      const sample = await row.measure(peer);
      samples.set(peer.name, [...(samples.get(peer.name) ?? []), sample]);
    } catch (error) {
      failures.set(peer.name, (error as Error).message);
    }
  };
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    if (row.together === true) await Promise.all(able.map(measureOne));
    else for (const peer of able) await measureOne(peer);
  }
  const measured = able.map(({ name }): Measured => {
    const failure = failures.get(name);
    return { peer: name, samples: samples.get(name) ?? [], ...(failure === undefined ? {} : { failure }) };
  });
  const ratio = ratioOf(row, measured);
  const verdicts = (row.goals ?? [])
    .map((goal) => verdictOf(row, measured, goal))
    .filter((verdict) => verdict !== undefined);
  return { row, measured, verdicts, ...(ratio === undefined ? {} : { ratio }) };
}
