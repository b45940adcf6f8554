/** Where the time of a boot went. */

import { durationOf, isLoaded, type Boot, type BootFile } from "./boot";

/** A stretch of a boot, in ms since it began. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * `waiting`: in the middle of a file nothing came from the board. `alone`: no file was on its way, and the board was
 * busy with itself.
 */
export type Part = "bootp" | "tftp" | "ftp" | "waiting" | "alone";
export const parts: readonly Part[] = ["bootp", "tftp", "ftp", "waiting", "alone"];

/** Without overlaps, in order. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) result.push(span);
    else if (span.to > last.to) result[result.length - 1] = { from: last.from, to: span.to };
  }
  return result;
}

const lengthOf = (spans: readonly Span[]): number =>
  merged(spans).reduce((sum, { from, to }) => sum + to - from, 0);

/** What of the whole none of the spans covers. */
function gapsIn(whole: Span, spans: readonly Span[]): Span[] {
  let at = whole.from;
  const gaps: Span[] = [];
  for (const { from, to } of merged(spans)) {
    if (from > at) gaps.push({ from: at, to: Math.min(from, whole.to) });
    at = Math.max(at, to);
  }
  if (at < whole.to) gaps.push({ from: at, to: whole.to });
  return gaps;
}

export const spanOf = ({ at, ms }: BootFile): Span => ({ from: at, to: at + ms });

/** The waits of a file, within it. */
export function waitsOf(file: BootFile): Span[] {
  const { from, to } = spanOf(file);
  return (file.waits ?? []).map((wait) => ({
    from: Math.min(to, from + wait.fromMs),
    to: Math.min(to, from + wait.fromMs + wait.ms),
  }));
}

/** Where no file was on its way. */
export const gapsOf = (boot: Boot): Span[] =>
  gapsIn({ from: 0, to: durationOf(boot) }, boot.files.filter(isLoaded).map(spanOf));

/** In a gap, from the first question of BOOTP or DHCP to the last. */
function askingIn(gap: Span, boot: Boot): Span[] {
  const times = boot.marks
    .flatMap(({ at, ms }) => [at, at + ms])
    .filter((at) => at >= gap.from && at <= gap.to);
  return times.length === 0 ? [] : [{ from: Math.min(...times), to: Math.max(...times) }];
}

/** The parts add up to the whole: where several files were on their way at once, what moved counts first. */
export function sharesOf(boot: Boot): Readonly<Record<Part, number>> {
  const files = boot.files.filter(isLoaded);
  const moving = (protocol?: BootFile["protocol"]): Span[] =>
    files
      .filter((file) => protocol === undefined || file.protocol === protocol)
      .flatMap((file) => gapsIn(spanOf(file), waitsOf(file)));
  const tftp = lengthOf(moving("tftp"));
  const moved = lengthOf(moving());
  const loading = lengthOf(files.map(spanOf));
  const bootp = lengthOf(gapsOf(boot).flatMap((gap) => askingIn(gap, boot)));
  return {
    bootp,
    tftp,
    ftp: moved - tftp,
    waiting: loading - moved,
    alone: durationOf(boot) - loading - bootp,
  };
}

/** What took longest; undefined: nothing was loaded. */
export function longestOf({ files }: Boot): BootFile | undefined {
  const [first, ...others] = files.filter(isLoaded);
  return first && others.reduce((longest, file) => (file.ms > longest.ms ? file : longest), first);
}
