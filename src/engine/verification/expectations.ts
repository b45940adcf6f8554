/** What is expected of the files of a run, whoever says so: a manifest, SHA256SUMS. */

import { normalizeName } from "../../model/names";
import type { Expectation } from "../../model/verdict";

export class Expectations {
  private readonly byName = new Map<string, readonly Expectation[]>();

  readonly add = (file: string, expectation: Expectation): void => {
    this.byName.set(normalizeName(file), [...this.of(file), expectation]);
  };

  of(file: string): readonly Expectation[] {
    return this.byName.get(normalizeName(file)) ?? [];
  }
}
