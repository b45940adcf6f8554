/** The two voices of `serve`: JSON lines for programs, sentences for people. */

import { basename } from "node:path";
import manifest from "../../package.json";
import type { Row, ServerRow, TransferRow } from "../model/events";
import type { Wanted } from "../model/settings";
import { paintFor, writeJson, type Paint } from "./print";
import { Screen, type Bar } from "./progress";
import { describeAddresses, describeRow, describeTrouble, type Tone } from "./rows";

export interface ServeReporter {
  /** Once each server is running, waiting or failed. */
  ready(servers: readonly ServerRow[]): void;
  row(row: Row): void;
  /** The listening sockets are closed; `running` transfers are waited for, `seconds` at most. */
  stopping(running: number, seconds: number): void;
  end(): void;
}

const quiet = (): void => undefined;

/** One object a line, as DESIGN §3 says: first `ready`, then whole rows. */
export function jsonReporter(): ServeReporter {
  return {
    ready: (servers) => {
      writeJson({ type: "ready", servers });
    },
    row: writeJson,
    stopping: quiet,
    end: quiet,
  };
}

const stateTones: Readonly<Record<ServerRow["state"], Tone>> = {
  running: "good",
  waiting: "warning",
  failed: "bad",
  starting: "faint",
  stopped: "faint",
};

/** The server's state, and below it what is the matter with it. */
function formatServer(row: ServerRow, paint: Paint): string[] {
  const { state, trouble, warnings } = row;
  const listens =
    state === "running" ? `listening on ${describeAddresses(row)}, nothing received yet` : state;
  return [
    `  ${row.protocol.padEnd(6)}${paint(stateTones[state], listens)}`,
    ...(trouble === undefined ? warnings : [trouble]).map((remark) => `        ${describeTrouble(remark)}`),
  ];
}

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

/** People's text on stdout: lines that stay, and on a terminal a bar for each running transfer below them. */
export function peopleReporter(wanted: Wanted): ServeReporter {
  const screen = new Screen(process.stdout);
  const paint = paintFor(screen);
  const earlier = new Map<string, Row>();
  const running = new Map<string, TransferRow>();
  const redraw = (): void => {
    screen.show([...running.values()].map((row) => barOf(row, Date.now())));
  };
  return {
    ready: (servers) => {
      screen.line(
        `Boot Servers ${manifest.version} · serving ${basename(wanted.folder)} · uploads: ${wanted.uploads}`,
        ...servers.flatMap((row) => formatServer(row, paint)),
        ...(servers.some(isUseful) ? ["Ctrl+C stops them."] : []),
      );
      for (const row of servers) earlier.set(row.id, row);
    },
    row: (row) => {
      const line = describeRow(row, earlier.get(row.id));
      if (row.type !== "log") earlier.set(row.id, row);
      if (row.type === "transfer") {
        if (row.state === "running") running.set(row.id, row);
        else if (running.delete(row.id)) redraw();
        if (row.state === "running") redraw();
      }
      const time = new Date().toTimeString().slice(0, 8);
      if (line !== undefined) screen.line(`${time}  ${line.about.padEnd(6)}${paint(line.tone, line.text)}`);
    },
    stopping: (count, seconds) => {
      if (count === 0) return;
      const transfers = count === 1 ? "1 transfer is" : `${count} transfers are`;
      screen.line(`Stopped listening; ${transfers} given ${seconds} s to end. Ctrl+C again ends now.`);
    },
    end: () => {
      screen.clear();
      screen.line("Stopped.");
    },
  };
}

/** True for a server that serves now, or will as soon as its address is there. */
export function isUseful({ state }: ServerRow): boolean {
  return state === "running" || state === "waiting";
}
