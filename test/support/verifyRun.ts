/** One verification of a real folder on a scripted network, in virtual time. */

import type { Subject } from "../../src/engine/verification/boards";
import { verifyFolder, type VerifySettings } from "../../src/engine/verification/verify";
import { standardPorts } from "../../src/model/settings";
import type { ReportRow, StepRow } from "../../src/model/events";
import { ScriptedBoard, type Script } from "./scriptedBoard";
import { temporaryFolder } from "./temporaryFolder";
import { VirtualClock } from "./virtualClock";

/** A clock on which whoever waits has waited already. */
export class EagerClock extends VirtualClock {
  override at(at: number, callback: () => void): ReturnType<VirtualClock["at"]> {
    const timer = super.at(at, callback);
    queueMicrotask(() => {
      this.advance(Math.max(0, at - this.now()));
    });
    return timer;
  }
}

export interface VerifyRun {
  readonly report: ReportRow;
  readonly steps: readonly StepRow[];
  /** Every row that was told, running ones too. */
  readonly rows: readonly StepRow[];
  readonly board: ScriptedBoard;
  readonly subject: Subject | undefined;
  /** Virtual milliseconds that went by. */
  readonly elapsedMs: number;
}

/** @param files the workspace folder; a plan is `.vscode/boot-plan.json` among them. */
export async function verifyScripted(
  files: Readonly<Record<string, string | Uint8Array>>,
  script: Script,
  settings: Partial<VerifySettings> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<VerifyRun> {
  const folder = await temporaryFolder(files);
  try {
    return await verifyIn(folder.path, script, settings, signal);
  } finally {
    await folder.remove();
  }
}

async function verifyIn(
  folder: string,
  script: Script,
  settings: Partial<VerifySettings>,
  signal: AbortSignal,
): Promise<VerifyRun> {
  const clock = new EagerClock();
  const board = new ScriptedBoard(script);
  const rows: StepRow[] = [];
  let subject: Subject | undefined;
  const start = clock.now();
  const report = await verifyFolder(
    {
      folder,
      target: "192.0.2.1",
      ports: standardPorts,
      bootp: "auto",
      options: new Map(),
      ...settings,
    },
    {
      clock,
      io: board,
      createEngine: () => {
        throw new Error("a scripted run starts no servers");
      },
      runId: "0123456789abcdef",
      signal,
      begin: (begun) => {
        subject = begun;
      },
      step: (row) => {
        rows.push(row);
      },
    },
  );
  return { report, steps: report.steps, rows, board, subject, elapsedMs: clock.now() - start };
}

/** Steps as short words, for comparison: `passed bootp round 1`, `failed tftp u-boot.bin file.differs`. */
export const inWords = (steps: readonly StepRow[]): string[] =>
  steps.map(({ state, kind, name, trouble }) =>
    [state, kind, name, ...(trouble === undefined ? [] : [trouble.code])].join(" "),
  );
