/** What is said of a boot and of its files: on the page, where the pointer rests, and by a screen reader. */

import { describeMeasured } from "../../model/measured";
import { formatDuration, formatSize } from "../../model/text";
import { joined } from "../views/item";
import { capitalized, clockOf, count, dayOf, quoted } from "../words";
import { durationOf, isRunning, type Boot, type BootFile, type Mark } from "./boot";
import { longestOf, parts, sharesOf, type Part } from "./shares";

export const partNames: Readonly<Record<Part, string>> = {
  bootp: "BOOTP/DHCP",
  tftp: "TFTP",
  ftp: "FTP",
  waiting: "waiting for the board",
  alone: "between the files",
};

/** `today 14:03:07`, `yesterday 14:03:07`, `2026-01-02 14:03:07`, as the clock on the wall has it. */
export function whenOf(at: number, now: number): string {
  const [time, today, yesterday] = [new Date(at), new Date(now), new Date(now)];
  yesterday.setDate(yesterday.getDate() - 1);
  const day = dayOf(time);
  const word = day === dayOf(today) ? "today" : day === dayOf(yesterday) ? "yesterday" : day;
  return `${word} ${clockOf(time)}`;
}

export const states: Readonly<Record<BootFile["state"], string>> = {
  running: "running",
  finished: "",
  failed: "failed",
  refused: "refused",
  probe: "asked for its size only",
  cancelled: "cancelled",
};

/** `4 files, 12.4 MiB, 1 failed`: how much, and what went wrong. */
export function summaryOf(boot: Boot): string {
  const loaded = boot.files.filter(({ state }) => state === "finished");
  const failed = boot.files.filter(({ state }) => state === "failed" || state === "cancelled");
  const again = boot.files.reduce((sum, file) => sum + file.retransmissions, 0);
  const bytes = boot.files.reduce((sum, file) => sum + file.bytes, 0);
  return joined(
    ", ",
    isRunning(boot) && "loading",
    count(loaded.length, "file"),
    bytes > 0 && formatSize(bytes),
    failed.length > 0 && `${failed.length} failed`,
    again > 0 && `${count(again, "packet")} sent again`,
  );
}

/** What took most of the time: `Longest: etsw.b3, 4.2 s of 12.4 s`. */
export function mostOf(boot: Boot): string {
  const total = durationOf(boot);
  const longest = longestOf(boot);
  const { alone } = sharesOf(boot);
  if (longest === undefined) return "No file was loaded";
  const [what, ms] = alone > longest.ms ? ["between the files", alone] : [quoted(longest.file), longest.ms];
  const share = total === 0 ? "" : ` of ${formatDuration(total)}`;
  return `Longest: ${what}, ${formatDuration(ms)}${share}`;
}

/** `TFTP 3.1 s, FTP 2.0 s`: what is not nothing. */
export function sharesText(boot: Boot): string {
  const shares = sharesOf(boot);
  return parts
    .filter((part) => shares[part] >= 0.5)
    .map((part) => `${partNames[part]} ${formatDuration(shares[part])}`)
    .join(", ");
}

/** Beside the bar. */
export function besideBar(file: BootFile): string {
  const { state, ms, bytes, bytesPerSecond, retransmissions } = file;
  return joined(
    " · ",
    states[state],
    formatDuration(ms),
    bytes > 0 && `${formatSize(bytes)}, ${formatSize(bytesPerSecond)}/s`,
    retransmissions > 0 && `${count(retransmissions, "packet")} sent again`,
  );
}

/** All that is known of the file, a line each. */
export function fileText(file: BootFile): string {
  const { protocol, direction, at, options, trouble, waits = [] } = file;
  const told = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return joined(
    "\n",
    `${quoted(file.file)} ${direction === "read" ? "to" : "from"} the board over ${protocol.toUpperCase()}`,
    `Asked for ${formatDuration(at)} after the boot began`,
    besideBar(file).replaceAll(" · ", ", "),
    trouble && capitalized(quoted(trouble)),
    quoted(told.join(", ")),
    capitalized(describeMeasured(file).join(", ")),
    ...waits.map(({ fromMs, ms, sentAgain }) =>
      joined(
        ", ",
        `${formatDuration(at + fromMs)}: nothing came from the board for ${formatDuration(ms)}`,
        sentAgain > 0 && `${count(sentAgain, "packet")} sent again`,
      ),
    ),
  );
}

/** `0 ms: was told u-boot.bin`. */
export const markText = ({ at, text }: Mark): string => `${formatDuration(at)}: ${quoted(text)}`;
