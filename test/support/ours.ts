/** Our own program as a user runs it: the bundle, its JSON lines, its exit code. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Protocol, ReportRow, Row, ServerRow, StepRow } from "../../src/model/events";
import { type Host, succeeding } from "./namespace";
import { Running, runToEnd, type Finished, type RunOptions } from "./processes";
import { withinASecondMs } from "./pace";
import { findProgram } from "./programs";

/** What `serve --json` prints first. */
export interface ReadyLine {
  readonly type: "ready";
  readonly servers: readonly ServerRow[];
}

type Line = Row | ReadyLine | StepRow | ReportRow;

/** The tests run as root in pipelines, where nobody else is; of any other user's rights it changes nothing. */
export const asRoot = "--as-root";

const bundle = resolve("dist/cli.js");
const source = ["--import", "tsx", resolve("src/cli/main.ts")];

/** This computer itself, for what needs no test network; our program runs from its source there. */
export const thisHost: Pick<Host, "start" | "run" | "succeed"> & { readonly fromSource: boolean } = {
  fromSource: true,
  start: (file, args, options) => new Running([file, ...args], options),
  run: (file, args, options) => runToEnd([file, ...args], options),
  succeed: succeeding((file, args, options) => thisHost.run(file, args, options)),
};

type Place = Pick<Host, "start" | "run"> & { readonly fromSource?: boolean };

/** The arguments of node that run our program. `BOOT_SERVERS_CLI=source`: without the bundle. */
function program({ fromSource = false }: Place): readonly string[] {
  if (fromSource || process.env["BOOT_SERVERS_CLI"] === "source") return source;
  assert.ok(existsSync(bundle), "dist/cli.js is not there: build it first with npm run build");
  return [bundle];
}

/** The complete lines of an output, parsed. @throws when one of them is no JSON. */
function jsonLines(output: string): Line[] {
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Our servers, running. */
export interface Served {
  readonly ready: ReadyLine;
  readonly running: Running;
  /** Every row that was printed so far. */
  rows(): Row[];
  /** The row of a server as it was when all were settled. */
  server(protocol: Protocol): ServerRow;
  /** Resolves with the first row, past or to come, that `wanted` accepts. */
  row<Type extends Row["type"]>(
    type: Type,
    wanted: (row: Extract<Row, { type: Type }>) => boolean,
  ): Promise<Extract<Row, { type: Type }>>;
  /** Ctrl+C; resolves when the process has ended, and fails unless it ended with 0 and without a word on stderr. */
  stop(): Promise<void>;
  /** Ctrl+C, and once it listens no more a second one, which ends everything within a second (DESIGN §2.1). */
  stopNow(): Promise<void>;
}

export interface OursOptions extends RunOptions {
  /** A program and arguments that run ours, such as `setpriv …`. */
  readonly through?: readonly string[];
  /** Started as root it is not told to serve as root. */
  readonly droppingRoot?: boolean;
}

/** Program and arguments of our command. */
function commandLine(
  host: Place,
  args: readonly string[],
  { through = [], droppingRoot = false }: OursOptions,
): [string, string[]] {
  const [wrapper, ...wrapperArgs] = through;
  const flags = args[0] === "serve" && !droppingRoot ? [asRoot] : [];
  const command = [process.execPath, ...program(host), ...args, ...flags];
  if (wrapper === undefined) return [process.execPath, command.slice(1)];
  return [findProgram(wrapper) ?? wrapper, [...wrapperArgs, ...command]];
}

/** Starts a command of our program. */
export function startOurs(host: Place, args: readonly string[], options: OursOptions = {}): Running {
  // What outlasts a run is not to stand in the home of whoever runs the tests.
  const env = { XDG_STATE_HOME: join(tmpdir(), "boot-servers-test-state"), ...options.env };
  return host.start(...commandLine(host, args, options), { ...options, env });
}

/** Starts `serve FOLDER --json FLAGS` and waits for its `ready` line. */
export async function serve(
  host: Place,
  folder: string,
  flags: readonly string[],
  options: OursOptions = {},
): Promise<Served> {
  const running = startOurs(host, ["serve", folder, "--json", ...flags], options);
  const isReady = (line: Line): line is ReadyLine => line.type === "ready";
  const ready = await running.waitFor("ready line", (_, stdout) => jsonLines(stdout).find(isReady));
  const rows = (): Row[] =>
    jsonLines(running.stdout).filter((line): line is Row => !["ready", "step", "report"].includes(line.type));
  const endedWell = async (): Promise<void> => {
    const { code, stderr } = await running.endedWithin(withinASecondMs);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  };
  return {
    ready,
    running,
    rows,
    server: (protocol) => ready.servers.find((row) => row.protocol === protocol)!,
    row: (type, wanted) =>
      running.waitFor(`${type} row`, () =>
        rows()
          .filter((row): row is Extract<Row, { type: typeof type }> => row.type === type)
          .find(wanted),
      ),
    async stop() {
      running.signal("SIGINT");
      await endedWell();
    },
    async stopNow() {
      running.signal("SIGINT");
      await running.waitFor("stopped row", () =>
        rows().find((row) => row.type === "server" && row.state === "stopped"),
      );
      running.signal("SIGINT");
      await endedWell();
    },
  };
}

/** Runs a command of our program to its end. */
export function ours(host: Place, args: readonly string[], options: OursOptions = {}): Promise<Finished> {
  return host.run(...commandLine(host, args, options), options);
}

/** The last line of `verify --json`. */
export function reportOf(finished: Finished): ReportRow {
  const report = jsonLines(finished.stdout).find((line) => line.type === "report");
  assert.ok(report !== undefined, `no report line:\n${finished.stdout}${finished.stderr}`);
  return report;
}
