/** Two boots side by side: which one is slower, and where. */

import { formatDuration } from "../../model/text";
import { quoted } from "../words";
import { durationOf, isLoaded, isRunning, type Boot, type BootFile } from "./boot";
import { states } from "./bootWords";
import { sharesOf } from "./shares";

/** One file in both boots, or what was no file. */
interface Difference {
  readonly what: string;
  /** In ms; undefined: this boot did not have it. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** How much longer it took in the later one. */
  readonly ms: number;
}

export interface Comparison {
  /** `42 s slower than yesterday 14:03: etsw.b3`. */
  readonly sentence: string;
  /** The largest first. */
  readonly differences: readonly Difference[];
}

/** A smaller difference of two boots is none. */
const sameMs = 100;
const samePart = 0.03;

const isBroken = ({ state }: BootFile): boolean => state === "failed" || state === "cancelled";

/** `etsw.b3 over FTP`, `Image over TFTP failed`: what was loaded in part is another thing than the whole. */
const whatOf = (file: BootFile): string =>
  `${quoted(file.file)} over ${file.protocol.toUpperCase()}${isBroken(file) ? ` ${states[file.state]}` : ""}`;

/** The time of each file, by what it is called; a name that is loaded twice is two files. */
function timesOf(boot: Boot): Map<string, number> {
  const times = new Map<string, number>();
  for (const file of boot.files.filter(isLoaded)) {
    const name = whatOf(file);
    let what = name;
    for (let again = 2; times.has(what); again += 1) what = `${name} (${again})`;
    times.set(what, file.ms);
  }
  const { bootp, alone } = sharesOf(boot);
  times.set("BOOTP/DHCP", bootp);
  times.set("between the files", alone);
  return times;
}

/** @param when how the earlier boot is called: `yesterday 14:03`. */
export function compare(earlier: Boot, later: Boot, when: string): Comparison {
  const [before, after] = [timesOf(earlier), timesOf(later)];
  const differences = [...new Set([...before.keys(), ...after.keys()])]
    .map((what) => {
      const [was, is] = [before.get(what), after.get(what)];
      return { what, before: was, after: is, ms: (is ?? 0) - (was ?? 0) };
    })
    .filter((difference) => difference.before !== 0 || difference.after !== 0)
    .sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
  return { sentence: sentenceOf(earlier, later, when, differences), differences };
}

function sentenceOf(earlier: Boot, later: Boot, when: string, differences: readonly Difference[]): string {
  if (isRunning(earlier) || isRunning(later)) return `Still loading, beside ${when}`;
  const was = durationOf(earlier);
  const ms = durationOf(later) - was;
  const isSame = Math.abs(ms) < Math.max(sameMs, samePart * was);
  const how = isSame
    ? `As fast as ${when}`
    : `${formatDuration(Math.abs(ms))} ${ms > 0 ? "slower" : "faster"} than ${when}`;
  const known = earlier.files.filter(isBroken).map(whatOf);
  const broken = later.files.filter(isBroken).map(whatOf);
  const news = broken.find((what) => !known.includes(what));
  // Who gave up early is not fast.
  if (news !== undefined) return `${how}; ${news}`;
  // What made it so, and not what went the other way.
  const because = isSame ? undefined : differences.find((difference) => difference.ms * ms > 0);
  return because === undefined ? how : `${how}: ${because.what} ${signed(because.ms)}`;
}

/** `+1.2 s`, `−300 ms`, `0 ms`. */
export const signed = (ms: number): string =>
  `${isNothing(ms) ? "" : ms < 0 ? "−" : "+"}${formatDuration(Math.abs(ms))}`;

/** No difference that anyone sees. */
export const isNothing = (ms: number): boolean => Math.abs(ms) < 0.5;
