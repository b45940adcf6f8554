/** The two voices of `serve`: JSON lines for programs, sentences for people. */

import { basename } from "node:path";
import manifest from "../../package.json";
import type { Row, ServerRow, Trouble } from "../model/events";
import type { Wanted } from "../model/settings";
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
  const write = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  return {
    ready: (servers) => {
      write({ type: "ready", servers });
    },
    row: write,
    stopping: quiet,
    end: quiet,
  };
}

const colours: Readonly<Record<Tone, string>> = {
  plain: "",
  good: "32",
  warning: "33",
  bad: "31",
  faint: "2",
};

/** People's text on stdout, with colour on a terminal unless NO_COLOR is set (no-color.org). */
export function peopleReporter(wanted: Wanted): ServeReporter {
  const coloured = process.stdout.isTTY && !process.env["NO_COLOR"];
  const paint = (tone: Tone, text: string): string =>
    coloured && colours[tone] !== "" ? `\u001b[${colours[tone]}m${text}\u001b[0m` : text;
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  const earlier = new Map<string, Row>();
  const time = (): string => new Date().toTimeString().slice(0, 8);

  const remark = ({ trouble, warnings }: ServerRow): Trouble[] =>
    trouble === undefined ? [...warnings] : [trouble];
  return {
    ready: (servers) => {
      write(
        `Boot Servers ${manifest.version} · serving ${basename(wanted.folder)} · uploads: ${wanted.uploads}`,
      );
      for (const row of servers) {
        earlier.set(row.id, row);
        const tone = {
          running: "good",
          waiting: "warning",
          failed: "bad",
          starting: "faint",
          stopped: "faint",
        } as const;
        const where =
          row.state === "running"
            ? `listening on ${describeAddresses(row)}, nothing received yet`
            : row.state;
        write(`  ${row.protocol.padEnd(6)}${paint(tone[row.state], where)}`);
        for (const trouble of remark(row)) write(`        ${describeTrouble(trouble)}`);
      }
      if (servers.some(({ state }) => state === "running" || state === "waiting"))
        write("Ctrl+C stops them.");
    },
    row: (row) => {
      const line = describeRow(row, earlier.get(row.id));
      if (row.type !== "log") earlier.set(row.id, row);
      if (line !== undefined) write(`${time()}  ${line.about.padEnd(6)}${paint(line.tone, line.text)}`);
    },
    stopping: (running, seconds) => {
      if (running === 0) return;
      const transfers = running === 1 ? "1 transfer is" : `${running} transfers are`;
      write(`Stopped listening; ${transfers} given ${seconds} s to end. Ctrl+C again ends now.`);
    },
    end: () => {
      write("Stopped.");
    },
  };
}
