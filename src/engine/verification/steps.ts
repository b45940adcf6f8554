/** The rows of a run: each step is told when it begins, at most five times a second while it runs, and at its end. */

import type { StepKind, StepRow, Trouble } from "../../model/events";
import { StepIds } from "../../model/outline";
import type { Phase } from "../../model/verification";
import { errorMessage } from "../../model/text";
import type { Clock } from "../clock";
import { EngineError, plainTrouble } from "../errors";
import { Refusal } from "../servedRoot/servedRoot";

/** Of a step that ran when its run was ended. */
export const cancelled: Trouble = { code: "run.cancelled", message: "cancelled" };

const progressIntervalMs = 200;

/** What a step may say of itself; the rest of its row is the same from its beginning to its end. */
export type StepPart = Partial<Omit<StepRow, "type" | "id" | "client" | "kind" | "durationMs">>;

export interface RunningStep {
  /** Says something at once. */
  tell(part: StepPart): void;
  /** Says how far it is, five times a second at most. */
  progress(bytes: number): void;
  /** The last row of the step. */
  end(part: StepPart & Pick<StepRow, "state">): StepRow;
}

/** The steps of one run, whichever board they are of. */
export class Steps {
  private readonly rows: StepRow[] = [];
  private readonly ids = new StepIds();

  /** @param left ids of the steps that this run leaves out. */
  constructor(
    private readonly clock: Clock,
    private readonly left: ReadonlySet<string>,
    private readonly report: (row: StepRow) => void,
  ) {}

  /** The last row of each step that has ended, in order. */
  ended(): readonly StepRow[] {
    return this.rows;
  }

  /** True for a step that this run leaves out: then it has come and gone. */
  leavesOut(client: string, kind: StepKind, name: string, phase?: Phase): boolean {
    if (!this.left.has(this.ids.next(client, kind, name, phase))) return false;
    this.ids.take(client, kind, name, phase);
    return true;
  }

  begin(client: string, kind: StepKind, name: string, phase?: Phase): RunningStep {
    const startedAt = this.clock.now();
    let row: StepRow = {
      type: "step",
      id: this.ids.take(client, kind, name, phase),
      client,
      kind,
      name,
      state: "running",
      compared: false,
      durationMs: 0,
      warnings: [],
    };
    let toldAt = startedAt;
    const tell = (part: StepPart): void => {
      toldAt = this.clock.now();
      row = { ...row, ...part, durationMs: toldAt - startedAt };
      this.report(row);
    };
    tell({});
    return {
      tell,
      progress: (bytes) => {
        if (this.clock.now() - toldAt >= progressIntervalMs) tell({ bytes });
      },
      end: (part) => {
        tell(part);
        this.rows.push(row);
        return row;
      },
    };
  }
}

/** Any error as a trouble: its own words where it was made for people, else a sentence under `code`. */
export function troubleOf(error: unknown, code: string): Trouble {
  if (error instanceof EngineError || error instanceof Refusal) {
    return plainTrouble(error);
  }
  return { code, message: errorMessage(error) };
}
