/** The two voices of `serve`: JSON lines for programs, sentences for people. */

import { basename } from "node:path";
import type { Writable } from "node:stream";
import manifest from "../../package.json";
import { systemClock } from "../engine/clock";
import { posixWord } from "../engine/pasting";
import { faultsInjected, type Row, type ServerRow, type TransferRow, type Trouble } from "../model/events";
import { onlyLoopback } from "../model/networks";
import type { Faults } from "../model/faults/profile";
import { describeFaults, replayTexts } from "../model/faults/words";
import type { Wanted } from "../model/settings";
import { printable, printableJson, printableSentences } from "../model/text";
import { BootLines } from "./bootLines";
import { paintFor, type Paint } from "./print";
import { stdoutScreen, type Bar } from "./progress";
import { Refusals } from "./refusals";
import {
  describeAddresses,
  describeFixes,
  describeLine,
  describeRepeats,
  describeRow,
  describeTrouble,
  type Line,
  type Tone,
} from "./rows";

export interface ServeReporter {
  /** Once each server is running, waiting or failed. */
  ready(servers: readonly ServerRow[]): void;
  row(row: Row): void;
  /** The listening sockets are closed; `running` transfers, or last packets, are waited for, `seconds` at most. */
  stopping(running: number, seconds: number): void;
  end(): void;
}

const quiet = (): void => undefined;

/** Rows that a reader who does not read may leave behind; then the oldest are lost. */
const mostUnread = 10_000;

/**
 * One object a line, as DESIGN §3 says: first `ready`, then whole rows. Where nobody reads for a while only the
 * latest row of each id is kept: it says all that there is to know.
 */
export function jsonReporter(out: Writable = process.stdout, faults?: Faults): ServeReporter {
  const unread = new Map<string, Row>();
  const write = (value: unknown): void => {
    out.write(`${printableJson(value)}\n`);
  };
  const flush = (): void => {
    for (const [id, row] of unread) {
      if (out.writableNeedDrain) {
        out.once("drain", flush);
        return;
      }
      unread.delete(id);
      write(row);
    }
  };
  return {
    ready: (servers) => {
      write({ type: "ready", servers, ...(faults && { faults: replayTexts(faults) }) });
    },
    row: (row) => {
      if (unread.size === 0 && !out.writableNeedDrain) {
        write(row);
        return;
      }
      if (unread.size === 0) out.once("drain", flush);
      unread.set(`${row.type} ${row.id}`, row);
      for (const oldest of unread.keys()) {
        if (unread.size <= mostUnread) break;
        unread.delete(oldest);
      }
    },
    stopping: quiet,
    end: () => {
      for (const row of unread.values()) write(row);
      unread.clear();
    },
  };
}

const stateTones: Readonly<Record<ServerRow["state"], Tone>> = {
  running: "good",
  waiting: "warning",
  failed: "bad",
  starting: "faint",
  stopped: "faint",
};

/** Each server's state, and below it what is the matter with it: below the last one, where several say the same. */
function formatServers(rows: readonly ServerRow[], paint: Paint): string[] {
  const remarks = rows.map((row) =>
    troublesOf(row)
      // The banner says it for all of them.
      .filter(({ code }) => code !== faultsInjected)
      .map((remark) => `        ${describeTrouble(remark)}`),
  );
  return rows.flatMap((row, index) => {
    const { state } = row;
    const listens =
      state === "running" ? `listening on ${describeAddresses(row)}, nothing received yet` : state;
    const below = remarks[index + 1] ?? [];
    return [
      `  ${row.protocol.padEnd(6)}${paint(stateTones[state], listens)}`,
      ...(remarks[index] ?? []).filter((remark) => !below.includes(remark)),
    ];
  });
}

/** Boards are elsewhere: who serves them where nobody can ask waits for nothing. */
const aloneOf = ({ addresses }: Wanted): string[] =>
  onlyLoopback(addresses)
    ? [
        "Only this computer can ask. For boards: --address and their interface; boot-servers doctor lists all.",
      ]
    : [];

/** What nobody must overlook while faults are injected. */
const bannerOf = (faults: Faults | undefined, paint: Paint): string[] =>
  faults === undefined
    ? []
    : [
        paint("bad", `  INJECTING FAULTS: ${printableSentences(describeFaults(faults))}`),
        paint(
          "faint",
          `  the same again:${replayTexts(faults)
            .map((text) => ` --fault ${posixWord(text)}`)
            .join("")}`,
        ),
      ];

/** All that a person may have to mend in a server. */
const troublesOf = ({ trouble, warnings }: ServerRow): Trouble[] =>
  trouble === undefined ? [...warnings] : [trouble];

/** A running transfer as a bar; a board that stands still is told as waiting, not as broken. */
function barOf(row: TransferRow, wallTime: number): Bar {
  const { waitingSince, size } = row;
  return {
    about: row.protocol,
    name: `${row.file} ${row.direction === "read" ? "→" : "←"} ${row.address}`,
    bytes: row.bytes,
    bytesPerSecond: row.bytesPerSecond,
    ...(size !== undefined && { size }),
    ...(waitingSince !== undefined && {
      note: `waiting for the board, ${Math.round((wallTime - waitingSince) / 1000)} s`,
    }),
  };
}

/** The boot log says it in its own lines: what went well, and where a board stands. */
const isInBootLog = (row: Row): boolean =>
  row.type === "client" ? row.trouble === undefined : row.type === "transfer" && row.trouble === undefined;

/** Of a refusal its line has the reason, but neither names nor what to do. */
const isAllInBootLog = ({ trouble, nearest = [] }: TransferRow): boolean =>
  trouble?.remedy === undefined && nearest.length === 0;

/**
 * People's text on stdout: lines that stay, and on a terminal a bar for each running transfer below them.
 * @param bootLog the lines of the boot log come as well.
 */
export function peopleReporter(wanted: Wanted, bootLog: boolean): ServeReporter {
  const screen = stdoutScreen();
  const paint = paintFor(screen);
  /** The rows that a later one is compared with. */
  const earlier = new Map<string, Row>();
  const running = new Map<string, TransferRow>();
  const redraw = (): void => {
    screen.show([...running.values()].map((row) => barOf(row, Date.now())));
  };
  const say = (at: number, about: string, { tone, text }: Line): void => {
    screen.line(`${new Date(at).toTimeString().slice(0, 8)}  ${about.padEnd(6)}${paint(tone, text)}`);
  };
  const bootLines = new BootLines(systemClock, (row, at) => {
    say(at, row.protocol, describeLine(row, earlier.get(row.client)));
  });
  const refusals = new Refusals(systemClock, {
    first: (row, at) => {
      if (bootLog && isAllInBootLog(row)) return;
      const line = describeRow(row, undefined);
      if (line !== undefined) say(at, line.about, line);
    },
    again: (repeats) => {
      say(Date.now(), repeats.protocol, describeRepeats(repeats));
    },
  });
  const remember = (row: Row): void => {
    if (row.type === "client" && row.forgotten === true) earlier.delete(row.id);
    else if (row.type === "client" || (row.type === "server" && row.state !== "starting"))
      earlier.set(row.id, row);
  };
  return {
    ready: (servers) => {
      screen.line(
        `Boot Servers ${manifest.version} · serving ${printable(basename(wanted.folder))} · uploads: ${wanted.uploads}`,
        ...bannerOf(wanted.faults, paint),
        ...formatServers(servers, paint),
        ...describeFixes(servers.flatMap(troublesOf), "  "),
        ...(servers.some(isUseful) ? aloneOf(wanted) : []),
        ...(servers.some(isUseful) ? ["Ctrl+C stops them."] : []),
      );
      servers.forEach(remember);
    },
    row: (row) => {
      if (row.type === "bootLine") {
        bootLines.take(row);
        return;
      }
      const line = describeRow(row, earlier.get(row.id));
      remember(row);
      if (row.type === "transfer") {
        if (row.state === "running") running.set(row.id, row);
        if (row.state === "running" || running.delete(row.id)) redraw();
        if (row.state === "refused" || row.normal !== undefined) {
          refusals.take(row);
          return;
        }
      }
      if (line === undefined || (bootLog && isInBootLog(row))) return;
      say(Date.now(), line.about, line);
      if (row.type === "server") screen.line(...describeFixes(troublesOf(row), " ".repeat(10)));
    },
    stopping: (count, seconds) => {
      const transfers = count === 1 ? "1 transfer is" : `${count} transfers are`;
      const what =
        count === 0
          ? "an upload's last ACK may have to be repeated"
          : `${transfers} given ${seconds} s to end`;
      screen.line(`Stopped listening; ${what}. Ctrl+C again ends now.`);
    },
    end: () => {
      screen.clear();
      refusals.end();
      bootLines.end();
      screen.line("Stopped.");
    },
  };
}

/** True for a server that serves now, or will as soon as its address is there. */
export function isUseful({ state }: ServerRow): boolean {
  return state === "running" || state === "waiting";
}
