/** What goes wrong at the other end of the pipe. Loads nothing of the pipe itself: who only reads errors needs none of it. */

import type { Fix, Trouble } from "../model/events";
import type { Problem } from "../model/plan";
import type { Failure } from "./wire";

/** What the engine over there refused to do. */
export class RemoteError extends Error implements Trouble {
  override name = "RemoteError";
  readonly code: string;
  readonly remedy?: string;
  readonly fixes?: readonly Fix[];
  /** For a plan that is not valid: each problem with its place. */
  readonly problems: readonly Problem[];

  constructor({ trouble, problems = [] }: Failure, options?: ErrorOptions) {
    super(trouble.message, options);
    this.code = trouble.code;
    if (trouble.remedy !== undefined) this.remedy = trouble.remedy;
    if (trouble.fixes !== undefined) this.fixes = trouble.fixes;
    this.problems = problems;
  }
}
