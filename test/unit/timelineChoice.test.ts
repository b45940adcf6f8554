import assert from "node:assert/strict";
import { choiceOf } from "../../src/extension/timeline/choice";

describe("what was chosen on the timeline", () => {
  it("is what the page says, the two boots that were chosen last among those that are compared", () => {
    assert.deepEqual(choiceOf({ open: ["a"], compare: ["a", "b", "c"], zoom: 2 }), {
      open: ["a"],
      compare: ["b", "c"],
    });
  });

  it("is nothing where nobody has chosen: the latest boot is open then", () => {
    for (const value of [undefined, null, 7, "open", {}, { open: "a", compare: {} }]) {
      assert.deepEqual(choiceOf(value), { compare: [] });
    }
  });

  it("is no more than a person chooses, and of ids alone", () => {
    const open = Array.from({ length: 1_000 }, (_, each) => `${each}`);
    const choice = choiceOf({ open, compare: [1, "a", null, "b"] });
    assert.deepEqual([choice.open?.length, choice.compare], [100, ["a", "b"]]);
  });
});
