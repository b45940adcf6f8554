/** `serve`: the servers run until Ctrl+C; running transfers are given their time (DESIGN §2.1, "Stopping"). */

import { delay, systemClock } from "../engine/clock";
import { createEngine } from "../engine/engine";
import { EngineError } from "../engine/errors";
import type { Engine } from "../model/api";
import type { Row } from "../model/events";
import { exitCodes, stopSignals } from "./exitCodes";
import type { ServeOptions } from "./options";
import { formatError } from "./print";
import { isUseful, jsonReporter, peopleReporter, type ServeReporter } from "./serveReport";

/** @returns the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const engine = createEngine();
  const report: ServeReporter = options.json ? jsonReporter() : peopleReporter(options.wanted);
  const stop = stopRequests();
  // What happens before all servers are settled is told after the line that says so.
  const early: Row[] = [];
  let tell = (row: Row): void => void early.push(row);
  engine.onRow((row) => {
    tell(row);
  });
  try {
    await engine.configure(options.wanted);
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
  if (useful) await linger(engine, stop, options.lingerSeconds, report);
  await engine.stopNow();
  stop.dispose();
  report.end();
  return useful ? exitCodes.done : exitCodes.nothing;
}

/** Whoever waits longer for the end wants to know for what. */
const wordlessMs = 500;

/** Waits for the first request to stop, then for the running transfers, the second request, or the time limit. */
async function linger(
  engine: Engine,
  stop: StopRequests,
  seconds: number,
  report: ServeReporter,
): Promise<void> {
  await stop.first;
  const running = [...engine.snapshot().transfers.values()].filter(({ state }) => state === "running").length;
  const patience = new AbortController();
  const after = (ms: number): Promise<void> => delay(systemClock, ms, patience.signal).catch(() => undefined);
  const ended = Promise.race([engine.drain(), stop.second, after(seconds * 1000)]);
  // Without a transfer it is over in a moment, and there is nothing to say: but for a last ACK that may be lost.
  const overSoon =
    running === 0 && (await Promise.race([ended.then(() => true), after(wordlessMs).then(() => false)]));
  if (!overSoon) report.stopping(running, seconds);
  await ended;
  patience.abort();
}

interface StopRequests {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  dispose(): void;
}

function stopRequests(): StopRequests {
  const resolvers: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => resolvers.push(resolve));
  const [first, second] = [next(), next()];
  const onSignal = (): void => {
    resolvers.shift()?.();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  return {
    first,
    second,
    dispose: () => {
      for (const signal of stopSignals) process.off(signal, onSignal);
    },
  };
}
