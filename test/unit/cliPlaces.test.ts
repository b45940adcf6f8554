import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { fromHere, problemsFromHere } from "../../src/cli/places";
import { formatStep, noColour } from "../../src/cli/print";
import { PlanError } from "../../src/engine/planFile";
import { passedStep } from "../support/junit";

const cwd = resolve("/bench");
const folder = resolve("/bench/drop");

describe("the places that the command line names", () => {
  it("are as they are found from where it runs, so that a click opens them", () => {
    const here = fromHere({ folder }, cwd);
    assert.equal(here("images/list.rc"), join("drop", "images", "list.rc"));
    assert.equal(fromHere({ folder }, folder)("images/list.rc"), join("images", "list.rc"));
    const planFile = resolve("/bench/plans/bench.json");
    assert.equal(fromHere({ folder, planFile }, cwd)("bench.json"), join("plans", "bench.json"));
  });

  it("stay as they are outside of it: no path of this computer is told", () => {
    assert.equal(
      fromHere({ folder }, resolve("/elsewhere"))(".vscode/boot-plan.json"),
      ".vscode/boot-plan.json",
    );
  });

  it("are those of a plan's problems too", () => {
    const problem = { severity: "error", file: "a.json", line: 2, column: 3, message: "odd" } as const;
    const error = problemsFromHere(new PlanError([problem]), { folder: resolve("drop") });
    assert.ok(error instanceof PlanError);
    assert.deepEqual(error.problems, [{ ...problem, file: join("drop", "a.json") }]);
    const other = new Error("other");
    assert.equal(problemsFromHere(other, { folder }), other);
  });

  it("stand before the reason of a step that failed, and nowhere else", () => {
    const at = { file: "drop/list.rc", line: 5, column: 12 };
    const trouble = { code: "file.differs", message: "it differs", remedy: "Copy it." };
    const lines = formatStep({ ...passedStep, at, state: "failed", trouble }, noColour);
    assert.deepEqual(lines.slice(1), ["      drop/list.rc:5:12 it differs", "      to do     Copy it."]);
    const skipped = formatStep({ ...passedStep, at, state: "skipped", trouble }, noColour);
    assert.equal(skipped[1], "      it differs");
    assert.equal(formatStep({ ...passedStep, at }, noColour).length, 1);
  });
});
