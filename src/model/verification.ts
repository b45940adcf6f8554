/** Verification as a front end asks for it: what would be verified, what is to be asked, and how it went (DESIGN §2.3). */

import type { ReportRow, StepKind, StepRow } from "./events";
import type { Place } from "./places";
import type { Problem } from "./plan";
import type { Answer, Ports } from "./settings";

/** A workspace folder, as it is to be verified. */
export interface DropRequest {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Absolute path of a plan instead of the folder's own. */
  readonly planFile?: string;
  /** Whom the machine's setting lets be answered; a plan may narrow it. */
  readonly answer?: Answer;
  /** Folders outside the workspace folder that links in the served root may lead to. */
  readonly alsoServe?: readonly string[];
}

/** What is asked for the files. */
export type Asked =
  /** Fresh servers on loopback, on free ports. */
  | { readonly kind: "own" }
  /** `running`: our servers that run already, with the folder's drop; `target`: any other host. */
  | { readonly kind: "running" | "target"; readonly host: string; readonly ports: Ports };

export interface VerifyRequest extends DropRequest {
  readonly asked: Asked;
  /** Ids of boards and of steps; what leads to them runs as well. Absent: everything. */
  readonly only?: readonly string[];
  /** Absent: anonymous. */
  readonly ftpUser?: string;
  readonly ftpPassword?: string;
}

/** Where in the client flow a step stands: in a round, by its number from 1, or among what the manifest lists. */
export type Phase = number | "manifest";

/** A step before it runs. */
export interface OutlinedStep {
  /** That of its row in every run. */
  readonly id: string;
  readonly kind: StepKind;
  /** A file name, or "round 2", "silence". */
  readonly name: string;
  readonly phase?: Phase;
  /** The line of the manifest or the plan that asks for it; the file is relative to the workspace folder. */
  readonly at?: Place;
}

/** A board that would be played. */
export interface OutlinedBoard {
  /** A client's name or MAC, or "any board": also its id. */
  readonly name: string;
  readonly at?: Place;
  readonly steps: readonly OutlinedStep[];
}

/** What would be verified, before anything is asked. */
export interface Outline {
  readonly boards: readonly OutlinedBoard[];
  /** True: no plan names a file, everything that the door serves is fetched. */
  readonly whole: boolean;
  /** Warnings of the plan. */
  readonly problems: readonly Problem[];
  /** Every file that decides: the plan, the manifests, the files of the drop. Relative to the workspace folder. */
  readonly files: readonly string[];
}

/** A verification that runs. */
export interface Verification {
  /** @throws what hinders it from beginning: a plan with errors, a host without an address. */
  readonly report: Promise<ReportRow>;
  /** Ends it within a second; the report says so. */
  cancel(): void;
}

/** Who verifies: the same in this process and over a pipe. */
export interface Verifier {
  /** @throws PlanError when the plan has errors. */
  outline(request: DropRequest): Promise<Outline>;
  /** @param onStep is told each step when it begins, while it runs and at its end, before the report comes. */
  verify(request: VerifyRequest, onStep: (row: StepRow) => void): Verification;
}
