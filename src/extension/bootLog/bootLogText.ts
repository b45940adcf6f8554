/** The boot log of a client as a document: each boot with its wall time, its lines with the time since it began. */

import type { BootLineRow, ClientRow } from "../../model/events";
import { describeBootLine, type BootLogs } from "../../model/bootLog";
import { clockOf, count, dayOf, escaped, quoted } from "../words";

/** What stands before a diagnosis, so that it is seen, and found. */
const mark = "⚠";

/** `+12.345`: seconds since the boot began. */
const since = (ms: number): string => `+${(ms / 1000).toFixed(3)}`.padStart(9);

/** `2026-11-21 07:24:01` where the servers' user is. */
function wallTime(at: number): string {
  const date = new Date(at);
  return `${dayOf(date)} ${clockOf(date)}`;
}

/** `bench-1 (52:54:00:12:34:56, 192.168.7.10)`. */
function nameOf(id: string, row: ClientRow | undefined): string {
  const { name, mac, address } = row ?? {};
  const known = [name, mac, address].filter((part) => part !== undefined);
  const [first = id, ...others] = [...new Set(known)].map(quoted);
  return others.length === 0 ? escaped(first) : `${first} (${others.join(", ")})`;
}

function bootText(lines: readonly BootLineRow[]): string[] {
  const [first] = lines;
  if (first === undefined) return [];
  return [
    "",
    `Boot ${first.boot} · ${wallTime(first.at)}`,
    ...lines.flatMap((line) => {
      const text = `${since(line.at - first.at)}  ${line.protocol.padEnd(5)}  ${describeBootLine(line)}`;
      return line.diagnosis === undefined
        ? [text]
        : [text, `${" ".repeat(18)}${mark} ${line.diagnosis.message}`];
    }),
  ];
}

/** All that is known of one client's boots; it ends with a line end. @param row absent: no such row is there. */
export function bootLogText(logs: BootLogs, id: string, row: ClientRow | undefined): string {
  const lines = logs.lines(id);
  const boots = [...new Set(lines.map(({ boot }) => boot))];
  const left = logs.leftOut(id);
  return [
    `Boot log of ${nameOf(id, row)}: ${boots.length === 0 ? "nothing was heard of it yet." : count(boots.length, "boot")}`,
    ...(left === 0 ? [] : [`${count(left, "line")} of earlier boots ${left === 1 ? "is" : "are"} left out.`]),
    ...boots.flatMap((boot) => bootText(lines.filter((line) => line.boot === boot))),
    "",
  ].join("\n");
}
