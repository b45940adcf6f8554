/** One line of a boot log, which can be told anew: the same came again, or what came later says more of it. */

import type { BootLineRow, Diagnosis } from "../../model/events";
import { diagnosis, type DiagnosisCode } from "../../model/bootDiagnoses";
import type { Journal } from "../journal";

/** The same so many times is more than a retry. */
export const often = 3;

/** What a new line says; the log knows the rest. */
export type LineText = Omit<BootLineRow, "type" | "id" | "client" | "boot" | "at"> & { readonly at?: number };

/** Hears of a diagnosis of a client when it is made. */
export type Diagnosed = (client: string, diagnosis: Diagnosis) => void;

export class Line {
  constructor(
    private readonly journal: Journal,
    private row: BootLineRow,
    private readonly diagnosed: Diagnosed,
  ) {
    if (row.diagnosis !== undefined) diagnosed(row.client, row.diagnosis);
    journal.report(row);
  }

  get times(): number {
    return this.row.times ?? 1;
  }

  get isDiagnosed(): boolean {
    return this.row.diagnosis !== undefined;
  }

  change(patch: Partial<BootLineRow>): void {
    this.become({ ...this.row, ...patch });
  }

  /** It happened once more, just now. */
  again(code?: DiagnosisCode): void {
    const found = code === undefined ? {} : { diagnosis: diagnosis(code) };
    this.change({ times: this.times + 1, until: this.journal.clock.wallTime(), open: true, ...found });
  }

  /** What came later shows that it was not so. */
  retract(...codes: readonly DiagnosisCode[]): void {
    if (!codes.some((code) => code === this.row.diagnosis?.code)) return;
    const { diagnosis, ...row } = this.row;
    this.row = row;
    this.journal.report(row);
  }

  /** It changes no more, unless it happens again. */
  close(patch?: Partial<BootLineRow>): void {
    if (this.row.open !== true && patch === undefined) return;
    const { open, ...row } = { ...this.row, ...patch };
    this.become(row);
  }

  private become(row: BootLineRow): void {
    const { client, diagnosis: found } = row;
    if (found !== undefined && found.code !== this.row.diagnosis?.code) this.diagnosed(client, found);
    this.row = row;
    this.journal.report(row);
  }
}
