/** `verify`: plays the boards against a target or servers of its own, and compares with the folder (DESIGN §2.3). */

import { basename } from "node:path";
import { systemClock } from "../engine/clock";
import { EngineError } from "../engine/errors";
import type { RunEnvironment } from "../engine/verification/boards";
import type { RunCapture } from "../engine/verification/verifier";
import { verifyFolder } from "../engine/verification/verify";
import type { ReportRow } from "../model/events";
import { runBoards } from "./boardRun";
import { capturing } from "./captureFile";
import { exitCodes } from "./exitCodes";
import { junitOfError, junitOfReport, type Verified } from "./junit";
import { prepareJunitFile, writeJunitFile } from "./junitFile";
import type { VerifyOptions } from "./options";
import { placesOfSteps, problemsFromHere } from "./places";
import { formatError } from "./print";
import { printable } from "../model/text";

/** @returns the exit code. */
export function verify(options: VerifyOptions): Promise<number> {
  const side = options.target === undefined ? "servers" : "boards";
  return capturing(options.pcap, options, (sink) => verifyCaptured(options, sink && { side, sink }));
}

async function verifyCaptured(options: VerifyOptions, captured?: RunCapture): Promise<number> {
  const folder = basename(options.folder);
  const about = { intent: `Verifying ${folder} against`, json: options.json, ...(captured && { captured }) };
  const { junit } = options;
  if (junit === undefined) return runBoards(about, (environment) => verifyPlaced(options, environment));

  const verified: Verified = { folder: printable(folder), target: options.target ?? "its own servers" };
  const startedAt = systemClock.wallTime();
  let xml: string | undefined;
  const exitCode = await runBoards(about, async (environment) => {
    await prepareJunitFile(junit);
    try {
      const report = await verifyPlaced(options, environment);
      xml = junitOfReport(report, verified);
      return report;
    } catch (error) {
      xml = junitOfError(error, verified, startedAt);
      throw error;
    }
  });
  try {
    if (xml !== undefined) await writeJunitFile(junit, xml);
    return exitCode;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(formatError(error));
    return Math.max(exitCode, exitCodes.failed);
  }
}

/** Each step with the line that asks for it, and each problem of the plan, as they are found from here. */
async function verifyPlaced(options: VerifyOptions, environment: RunEnvironment): Promise<ReportRow> {
  try {
    const placed = await placesOfSteps(options);
    const report = await verifyFolder(options, {
      ...environment,
      step: (row) => {
        environment.step(placed(row));
      },
    });
    return { ...report, steps: report.steps.map(placed) };
  } catch (error) {
    throw problemsFromHere(error, options);
  }
}
