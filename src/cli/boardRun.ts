/** What verify and fetch have in common: one run, told to people or as JSON lines, ended by Ctrl+C, and its exit code. */

import { EngineError } from "../engine/errors";
import { cancelled } from "../engine/verification/steps";
import type { RunEnvironment, Subject } from "../engine/verification/boards";
import { realEnvironment, type RunCapture } from "../engine/verification/verifier";
import type { ReportRow, StepRow } from "../model/events";
import { gaveNothing, isFileStep } from "../model/verdict";
import { exitCodes, stopSignals } from "./exitCodes";
import {
  formatBoard,
  formatError,
  formatReport,
  formatStep,
  formatSubject,
  paintFor,
  writeJson,
} from "./print";
import { stdoutScreen, type Bar } from "./progress";

/** How a run is told. */
interface Teller {
  begin(subject: Subject): void;
  step(row: StepRow): void;
  report(report: ReportRow): void;
  /** Whatever happened: leaves the terminal as it was. */
  end(): void;
}

const jsonTeller: Teller = {
  begin: () => undefined,
  step: writeJson,
  report: writeJson,
  end: () => undefined,
};

/** @param intent `Verifying firmware-drop against`. */
function peopleTeller(intent: string): Teller {
  const screen = stdoutScreen();
  const paint = paintFor(screen);
  let client: string | undefined;
  let running: StepRow | undefined;
  let startedAt = 0;
  // An answer may take its seconds: they are counted, so that nobody wonders.
  const ticking = setInterval(() => {
    if (running !== undefined) screen.show([barOf(running, performance.now() - startedAt)]);
  }, 1000);
  return {
    begin: (subject) => {
      screen.line(...formatSubject(subject, intent, paint));
    },
    step: (row) => {
      if (row.client !== client) screen.line(...formatBoard(row.client));
      client = row.client;
      if (row.state === "running") {
        if (running?.id !== row.id) startedAt = performance.now();
        running = row;
        screen.show([barOf(row, row.durationMs)]);
        return;
      }
      running = undefined;
      screen.show([]);
      screen.line(...formatStep(row, paint));
    },
    report: (report) => {
      screen.clear();
      screen.line(...formatReport(report, paint));
    },
    end: () => {
      clearInterval(ticking);
      screen.clear();
    },
  };
}

/** What a step without bytes waits for. */
function waitsFor({ kind, name }: StepRow): string {
  if (kind !== "bootp") return "waiting";
  return name === "silence" ? "asked again; it should stay silent" : "asking";
}

/** A step that runs, as a bar. */
function barOf(row: StepRow, elapsedMs: number): Bar {
  const seconds = Math.floor(elapsedMs / 1000);
  const waits = !isFileStep(row) || (row.bytes ?? 0) === 0;
  const rate = elapsedMs > 200 ? ((row.bytes ?? 0) * 1000) / elapsedMs : undefined;
  const note = [row.warnings[0] ?? waitsFor(row), ...(seconds > 0 ? [`${seconds} s`] : [])];
  return {
    about: row.kind,
    name: row.name,
    bytes: row.bytes ?? 0,
    ...(row.size !== undefined && { size: row.size }),
    ...(rate !== undefined && !waits && { bytesPerSecond: rate }),
    ...(waits && { note: note.join(", ") }),
  };
}

/** Errors that say nothing could be asked; all others are wrong use or a bad plan. */
const nothingToAsk = /^(target|server|port)\./;

/**
 * Runs it to its end. The first Ctrl+C cancels: what runs breaks off, own servers stop, nothing half-written stays.
 * @returns the exit code.
 */
export async function runBoards(
  about: { readonly intent: string; readonly json: boolean; readonly captured?: RunCapture },
  run: (environment: RunEnvironment) => Promise<ReportRow>,
): Promise<number> {
  const controller = new AbortController();
  const teller = about.json ? jsonTeller : peopleTeller(about.intent);
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.cancelled);
    controller.abort(new EngineError(cancelled));
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  try {
    const report = await run(
      realEnvironment(
        controller.signal,
        {
          begin: (subject) => {
            teller.begin(subject);
          },
          step: (row) => {
            teller.step(row);
          },
        },
        about.captured,
      ),
    );
    teller.report(report);
    if (controller.signal.aborted) return exitCodes.cancelled;
    if (report.ok) return exitCodes.done;
    return gaveNothing(report.steps) ? exitCodes.nothing : exitCodes.failed;
  } catch (error) {
    if (controller.signal.aborted) return exitCodes.cancelled;
    if (!(error instanceof EngineError)) throw error;
    teller.end();
    process.stderr.write(formatError(error));
    return nothingToAsk.test(error.code) ? exitCodes.nothing : exitCodes.wrongUse;
  } finally {
    teller.end();
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}
