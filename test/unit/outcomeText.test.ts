import assert from "node:assert/strict";
import type { Outcome } from "../../src/extension/tests/outcomes";
import { outcomeText } from "../../src/extension/manifest/outcomeText";
import type { StepRow } from "../../src/model/events";

const startedAt = new Date(2026, 0, 2, 14, 2).getTime();

const outcome = (fields: Partial<StepRow>): Outcome => ({
  startedAt,
  step: {
    type: "step",
    id: "1",
    client: "bench-1",
    kind: "ftp",
    name: "etsw.b3",
    state: "passed",
    compared: true,
    durationMs: 1,
    warnings: [],
    ...fields,
  },
});
const failed = outcome({
  state: "failed",
  trouble: { code: "x", message: "the size differs", remedy: "Build $(it) again." },
});

describe("how a line of a manifest fared", () => {
  const cases: Record<string, readonly [readonly Outcome[], string | undefined]> = {
    "nothing was verified": [[], undefined],
    "it runs": [[outcome({ state: "running" })], undefined],
    "it passed": [[outcome({ bytes: 1536 })], "$(pass) Verified at 14:02, 1.5 KiB"],
    "it passed for each board": [[outcome({}), outcome({})], "$(pass) Verified 2 times at 14:02"],
    "it failed, with what to do": [
      [failed],
      "$(error) Failed at 14:02. The size differs. Build $\u200b(it) again.",
    ],
    "it failed for one of two boards": [
      [outcome({}), failed],
      "$(error) Failed at 14:02 for bench-1 (1 of 2). The size differs. Build $\u200b(it) again.",
    ],
    "it was skipped": [
      [outcome({}), outcome({ state: "skipped", trouble: { code: "x", message: "no server answered" } })],
      "$(circle-slash) Not verified at 14:02. No server answered.",
    ],
  };
  for (const [name, [outcomes, text]] of Object.entries(cases)) {
    it(`is told where ${name}`, () => {
      assert.equal(outcomeText(outcomes), text);
    });
  }
});
