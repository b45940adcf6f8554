/** What `serve` says of a row: one line when there is something new to read, else nothing. */

import { describeBootLine } from "../model/bootLog";
import type { BootLineRow, ClientRow, LogRow, Row, ServerRow, TransferRow, Trouble } from "../model/events";
import { describeQuirks, describeTransferQuirks } from "../model/quirkWords";
import { wordOnMissing } from "../model/missing";
import {
  formatDuration,
  formatSize,
  isPrintable,
  printable,
  printableSentences,
  visible,
} from "../model/text";
import type { Repeats } from "./refusals";

/** How a line is to be read at a glance; the sink colours it where there is colour. */
export type Tone = "plain" | "good" | "warning" | "bad" | "faint";

export interface Line {
  readonly tone: Tone;
  readonly text: string;
}

/** The trouble as sentences: what happened, then what to do. */
export function describeTrouble({ message, remedy }: Trouble): string {
  const sentence = /[.?!]$/.test(message) ? message : `${message}.`;
  return printableSentences(remedy === undefined ? sentence : `${sentence} ${remedy}`);
}

/** The lines to paste for these troubles, each below what it does, and once however many of them it mends. */
export function describeFixes(troubles: readonly Trouble[], indent: string): string[] {
  const fixes = new Map(troubles.flatMap(({ fixes = [] }) => fixes.map(({ what, line }) => [line, what])));
  return [...fixes].flatMap(([line, what]) => [`${indent}This line ${what}:`, `${indent}    ${line}`]);
}

const host = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** Where a server listens: `192.168.7.1:69, 10.0.0.1:69`. */
export function describeAddresses({ addresses, port }: Pick<ServerRow, "addresses" | "port">): string {
  return addresses.map((address) => `${host(address)}:${port}`).join(", ");
}

const transferTones: Readonly<Record<TransferRow["state"], Tone>> = {
  running: "plain",
  finished: "good",
  failed: "bad",
  refused: "warning",
  probe: "faint",
  cancelled: "warning",
};

function describeServer(row: ServerRow): Line {
  const where = describeAddresses(row);
  switch (row.state) {
    case "running":
      return { tone: "good", text: `listening on ${where}` };
    case "failed":
      return {
        tone: "bad",
        text: `failed: ${row.trouble === undefined ? "" : describeTrouble(row.trouble)}`,
      };
    case "waiting":
      return {
        tone: "warning",
        text: `waiting: ${row.trouble === undefined ? "" : describeTrouble(row.trouble)}`,
      };
    case "starting":
    case "stopped":
      return { tone: "faint", text: row.state };
  }
}

/** A client as a person knows it: `bench-1 (52:54:00:12:34:56)`, else its MAC or address. */
function clientName(row: ClientRow): string {
  const known = row.mac ?? row.address ?? row.id;
  return printable(row.name === undefined ? known : `${row.name} (${known})`);
}

function describeClient(row: ClientRow): Line {
  const parts = [
    `${clientName(row)}${row.verification ? " [verification]" : ""}`,
    row.stage,
    ...(row.profile === undefined ? [] : [row.profile]),
    ...(row.file === undefined || row.file === "" ? [] : [printable(row.file)]),
    ...(row.detail === "" ? [] : [printable(row.detail)]),
    ...(row.why === undefined ? [] : [printable(`because ${row.why}`)]),
    ...(row.quirks === undefined ? [] : [`quirks ${describeQuirks(row.quirks).join(", ")}`]),
    ...(row.root === undefined ? [] : [printable(`its root is ${row.root}`)]),
    ...(row.trouble === undefined ? [] : [describeTrouble(row.trouble)]),
  ];
  const bad = row.stage === "refused" || row.trouble !== undefined;
  return { tone: bad ? "warning" : row.stage === "listed" ? "faint" : "plain", text: parts.join(" · ") };
}

/** What a loader's own names are, and how another file is given under a name. */
function adviceOnMissing({ file, nearest: [near] = [] }: TransferRow): string[] {
  const word = wordOnMissing(file);
  if (word !== undefined) return [word];
  // What is shown in another way than it is written is not to be copied.
  if (near === undefined || !isPrintable(file + near)) return [];
  return [`To give it that: "aliases": { ${JSON.stringify(file)}: ${JSON.stringify(near)} } in the plan.`];
}

/** What moved, and how far: `u-boot.bin → 192.168.7.10  384.0 KiB in 0.2 s (1.9 MiB/s)`. */
function describeTransfer(row: TransferRow): Line {
  const name = printable(row.file);
  const arrow = row.direction === "read" ? "→" : "←";
  const alias =
    row.servedFile === undefined || row.servedFile === row.file ? "" : ` (${printable(row.servedFile)})`;
  const parts = [row.isSession === true ? row.address : `${name}${alias} ${arrow} ${row.address}`];
  if (row.state === "finished") {
    const ms = (row.endedAt ?? row.startedAt) - row.startedAt;
    parts.push(`${formatSize(row.bytes)} in ${formatDuration(ms)} (${formatSize(row.bytesPerSecond)}/s)`);
    if (row.retransmissions > 0)
      parts.push(
        `${row.retransmissions} ${row.retransmissions === 1 ? "retransmission" : "retransmissions"}`,
      );
    if (row.sha256 !== undefined) parts.push(`sha256 ${row.sha256.slice(0, 16)}…`);
  } else {
    parts.push(row.state === "probe" ? "asked for the size only" : row.state);
    if (row.bytes > 0 && row.size !== undefined)
      parts.push(`at ${formatSize(row.bytes)} of ${formatSize(row.size)}`);
    const { trouble, nearest = [] } = row;
    const sentences = [
      ...(trouble === undefined ? [] : [describeTrouble(trouble)]),
      ...(nearest.length === 0 ? [] : [`Nearest: ${nearest.map(printable).join(", ")}.`]),
      ...(trouble?.code === "file.missing" && row.direction === "read" ? adviceOnMissing(row) : []),
    ];
    if (sentences.length > 0) parts.push(sentences.join(" "));
  }
  const byQuirk = describeTransferQuirks(row);
  if (byQuirk.length > 0) parts.push(byQuirk.join(", "));
  if (row.injected !== undefined) parts.push(`injected: ${row.injected.join(", ")}`);
  return { tone: transferTones[row.state], text: parts.join(" · ") };
}

/** `192.168.7.10 · asked again 24 times for 12 files that were refused`. */
export function describeRepeats({ address, times, files, normal }: Repeats): Line {
  if (normal !== undefined) {
    const names = files === 1 ? "1 file" : `${files} files`;
    const text = `${address} · looked for ${names} that a ${normal} does without or does not load: that is normal`;
    return { tone: "faint", text };
  }
  const often = times === 1 ? "once" : `${times} times`;
  if (files === 0) return { tone: "warning", text: `${address} · asked again ${often}, and was refused` };
  const what = files === 1 ? "a file that was refused" : `${files} files that were refused`;
  return { tone: "warning", text: `${address} · asked again ${often} for ${what}` };
}

const lineName = ({ name, mac, id, verification }: ClientRow): string =>
  `${printable(name ?? mac ?? id)}${verification ? " [verification]" : ""}`;

/**
 * `bench-1 boot 1 · DATA 812 sent 3×, 3.0 s …`, where the dots say that it may change, and what it means.
 * @param client the row of its board, where it has one.
 */
export function describeLine(row: BootLineRow, client: Row | undefined): Line {
  const { diagnosis } = row;
  const text = `${client?.type === "client" ? lineName(client) : printable(row.client)} boot ${row.boot} · ${describeBootLine(row)}${row.open === true ? " …" : ""}`;
  return diagnosis === undefined
    ? { tone: "faint", text }
    : { tone: "warning", text: `${text} · ${visible(diagnosis.message)}` };
}

const logTones: Readonly<Record<LogRow["level"], Tone | undefined>> = {
  trace: undefined,
  debug: undefined,
  info: "plain",
  warning: "warning",
  error: "bad",
};

/** The line of a row; undefined where the row tells a person nothing, or nothing new since `earlier`. */
export function describeRow(
  row: Row,
  earlier: Row | undefined,
): (Line & { readonly about: string }) | undefined {
  switch (row.type) {
    case "server": {
      // A server on its way says nothing yet, and one that was stopped nothing that its user did not want.
      if (row.state === "starting" || row.state === "stopped") return undefined;
      const same = earlier?.type === "server" && describeServer(earlier).text === describeServer(row).text;
      return same ? undefined : { about: row.protocol, ...describeServer(row) };
    }
    case "client": {
      // The seconds of a silence count down in the row; a line that scrolls says it once.
      const news = (client: ClientRow): string => describeClient(client).text.replace(/\d+ s more/, "");
      const same = earlier?.type === "client" && news(earlier) === news(row);
      return same || row.forgotten === true ? undefined : { about: "board", ...describeClient(row) };
    }
    case "transfer":
      return row.state === "running" ? undefined : { about: row.protocol, ...describeTransfer(row) };
    case "log": {
      const tone = logTones[row.level];
      return tone === undefined ? undefined : { about: "note", tone, text: printableSentences(row.message) };
    }
    case "bootLine":
      // It needs the name of its board: `describeLine`.
      return undefined;
  }
}
