/** JUnit XML under test: steps to write, and the elements of what was written. */

import type { ReportRow, StepRow } from "../../src/model/events";
import { reportOf } from "../../src/model/verdict";

export const passedStep: StepRow = {
  type: "step",
  id: "step-1",
  client: "any board",
  kind: "tftp",
  name: "u-boot.bin",
  state: "passed",
  compared: true,
  durationMs: 12.3,
  warnings: [],
};

/** The report of these steps, begun at noon. */
export function reportWith(steps: readonly StepRow[], cancelled = false): ReportRow {
  return reportOf(
    steps,
    { subject: "192.0.2.1", purpose: "verify", durationMs: 1500, cancelled },
    { notes: ["a note"], refused: {}, startedAt: Date.UTC(2026, 10, 21, 12) },
  );
}

/** How many elements of this name a document has. */
export const elementsIn = (xml: string, name: string): number =>
  Array.from(xml.matchAll(new RegExp(`<${name}[ >/]`, "g"))).length;

/** True where a pipeline shows the document as failed. */
export const isRed = (xml: string): boolean => elementsIn(xml, "failure") + elementsIn(xml, "error") > 0;
