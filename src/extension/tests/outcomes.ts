/**
 * How the lines of plans and manifests fared in the last verification, for who shows it beside them. Knows nothing
 * of VS Code; `onChange` has the shape of a VS Code event.
 */

import type { ReportRow, StepRow } from "../../model/events";
import type { Outline } from "../../model/verification";

/** A step that has run, and when its run began (Unix ms). */
export interface Outcome {
  readonly step: StepRow;
  readonly startedAt: number;
}

/** The outcomes of a folder, by the id of the step. */
type ByStep = ReadonlyMap<string, Outcome>;

export class Outcomes {
  private readonly folders = new Map<string, { outline: Outline; outcomes: ByStep }>();
  private readonly listeners = new Set<(folder: string) => void>();

  /** Takes a report in: steps that it left out keep their last outcome. @param folder its absolute path. */
  take(folder: string, outline: Outline, { steps, startedAt }: ReportRow): void {
    const outcomes = new Map(this.folders.get(folder)?.outcomes);
    for (const step of steps) outcomes.set(step.id, { step, startedAt });
    this.folders.set(folder, { outline, outcomes });
    for (const listener of this.listeners) listener(folder);
  }

  /**
   * The outcomes of a file's lines, by line from 1; a line may have several: one for each board and round.
   * @param file relative to the folder, with `/`: `.vscode/boot-plan.json`, `images/copy-files4.rc`.
   */
  ofFile(folder: string, file: string): ReadonlyMap<number, readonly Outcome[]> {
    const { outline, outcomes } = this.folders.get(folder) ?? {};
    const lines = new Map<number, Outcome[]>();
    for (const { id, at } of (outline?.boards ?? []).flatMap(({ steps }) => steps)) {
      const outcome = outcomes?.get(id);
      if (outcome === undefined || at?.file !== file) continue;
      lines.set(at.line, [...(lines.get(at.line) ?? []), outcome]);
    }
    return lines;
  }

  /** Calls back with the folder that was verified. */
  onChange(listener: (folder: string) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }
}
