/** How entries of a folder look: LIST as `ls -l`, NLST as names, MLSD and MLST as facts (RFC 3659 §7). */

import type { Entry } from "../servedRoot/servedRoot";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const halfYearMs = 182 * 24 * 3600 * 1000;
/** The last millisecond that a date can hold; a broken clock may have written more. */
const lastDate = 8.64e15;

/** `[year, month, day, hour, minute, second]` in UTC, month 1 to 12. */
function calendar(ms: number): [number, number, number, number, number, number] {
  const clamped = Math.min(Math.max(Math.trunc(ms), -lastDate), lastDate);
  // eslint-disable-next-line no-restricted-globals -- shows a file's time; it reads no clock
  const date = new Date(clamped);
  return [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
}

const padded = (value: number, width = 2): string => String(value).padStart(width, "0");

/** A name without its folders. */
export function baseName(entry: Entry): string {
  return entry.name.slice(entry.name.lastIndexOf("/") + 1);
}

/** A name that would forge lines of a listing is none (F31). */
export function listable(entry: Entry): boolean {
  return !/[\u0000-\u001f\u007f]/.test(entry.name);
}

/** RFC 3659 §2.3: UTC, `YYYYMMDDHHMMSS`. */
export function timeValue(ms: number): string {
  return calendar(ms)
    .map((part, index) => padded(part, index === 0 ? 4 : 2))
    .join("");
}

/**
 * As `ls -l` writes it, which is what clients parse: the time of day for the last half year, else the year.
 * @param now wall time in ms. @param writable shows the owner's `w`.
 */
export function listLine(entry: Entry, now: number): string {
  const [year, month, day, hour, minute] = calendar(entry.mtimeMs);
  const age = now - entry.mtimeMs;
  const recent = age >= 0 && age < halfYearMs;
  const when = recent ? `${padded(hour)}:${padded(minute)}` : String(year).padStart(5);
  const mode = entry.kind === "folder" ? "dr-xr-xr-x" : "-r--r--r--";
  const date = `${months[month - 1] ?? ""} ${String(day).padStart(2)} ${when}`;
  return `${mode} 1 ftp ftp ${String(entry.size).padStart(12)} ${date} ${baseName(entry)}`;
}

/** The facts that MLST lists in FEAT, all of them always sent. */
export const factNames = ["type", "size", "modify", "perm"] as const;

/** `type=file;size=12;modify=20260101000000;perm=r; name`. `perm` tells what may be read, nothing of uploads. */
export function factsLine(entry: Entry, name = baseName(entry)): string {
  const facts =
    entry.kind === "folder"
      ? `type=dir;modify=${timeValue(entry.mtimeMs)};perm=el;`
      : `type=file;size=${entry.size};modify=${timeValue(entry.mtimeMs)};perm=r;`;
  return `${facts} ${name}`;
}
