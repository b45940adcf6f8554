/** `serve`: the servers run until Ctrl+C; running transfers are given their time (DESIGN §2.1, "Stopping"). */

import { homedir } from "node:os";
import { createEngine } from "../engine/engine";
import { EngineError } from "../engine/errors";
import type { CaptureSink } from "../engine/packets/recorder";
import type { Row } from "../model/events";
import type { Wanted } from "../model/settings";
import { capturing, type Captured } from "./captureFile";
import { exitCodes } from "./exitCodes";
import { formatError } from "./print";
import type { GiveRootUp } from "./root";
import { isUseful, jsonReporter, peopleReporter, type ServeReporter } from "./serveReport";
import { stateFolder } from "./stateFolder";
import { startThread } from "./thread";
import { linger, stopRequests, watchRights } from "./stopping";

export interface ServeOptions extends Captured {
  readonly command: "serve";
  readonly wanted: Wanted;
  readonly lingerSeconds: number;
  /** It may serve as root. */
  readonly asRoot: boolean;
  readonly json: boolean;
  /** The lines of every client's boot log as well. */
  readonly bootLog: boolean;
}

/** @returns the exit code. */
export async function serve(options: ServeOptions, giveRootUp?: GiveRootUp): Promise<number> {
  await giveRootUp?.(options.wanted);
  return capturing(options.pcap, options.wanted, (capture) => serveCaptured(options, capture));
}

async function serveCaptured(options: ServeOptions, capture?: CaptureSink): Promise<number> {
  const engine = createEngine({ ...(capture && { capture }), startThread });
  const report: ServeReporter = options.json
    ? jsonReporter(process.stdout, options.wanted.faults)
    : peopleReporter(options.wanted, options.bootLog);
  const stop = stopRequests();
  const exitCode = watchRights(engine, stop);
  // What happens before all servers are settled is told after the line that says so.
  const early: Row[] = [];
  let tell = (row: Row): void => void early.push(row);
  engine.onRow((row) => {
    if (row.type !== "bootLine" || options.bootLog) tell(row);
  });
  try {
    await engine.configure({
      ...options.wanted,
      stateFolder: stateFolder(process.env, process.platform, homedir()),
    });
  } catch (error) {
    stop.dispose();
    await engine.stopNow();
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(formatError(error));
    return exitCodes.wrongUse;
  }
  const servers = [...engine.snapshot().servers.values()];
  report.ready(servers);
  for (const row of early) if (row.type !== "server") report.row(row);
  tell = (row) => {
    report.row(row);
  };
  const useful = servers.some(isUseful);
  if (useful) {
    await linger(engine, stop, options.lingerSeconds, (running, seconds) => {
      report.stopping(running, seconds);
    });
  }
  await engine.stopNow();
  stop.dispose();
  report.end();
  return useful ? exitCode() : exitCodes.nothing;
}
