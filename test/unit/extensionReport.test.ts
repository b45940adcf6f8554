import assert from "node:assert/strict";
import { encodeLine, NotOpened, Report, type Message, type Result } from "../extension/report";

const passed: Result = { passes: 3, failures: 0, pending: 1 };
const begin: Message = { kind: "begin" };
const end = (result: Result): Message => ({ kind: "end", result });

function verdict(code: number, ...messages: readonly Message[]): Result {
  const report = new Report(() => undefined);
  for (const message of messages) report.take(encodeLine(message));
  return report.verdict(code);
}

describe("the report of the suite in VS Code", () => {
  it("is the result that the suite told, where VS Code says the same", () => {
    const failed = { passes: 2, failures: 1, pending: 0 };
    assert.deepEqual(verdict(0, begin, end(passed)), passed);
    assert.deepEqual(verdict(1, begin, end(failed)), failed);
  });

  it("shows the suite's own lines alone, amid those of VS Code", () => {
    const shown: string[] = [];
    const report = new Report((line) => shown.push(line));
    report.take("[info] an extension was activated");
    report.take(encodeLine({ kind: "output", line: "  ✔ starts" }));
    assert.deepEqual(shown, ["  ✔ starts"]);
  });

  const noRuns: readonly (readonly [string, number, readonly Message[], RegExp])[] = [
    ["a suite that never began, though VS Code says 0", 0, [], /did not begin/],
    ["a suite that never ended, though VS Code says 0", 0, [begin], /did not end/],
    ["a suite without a test", 0, [begin, end({ passes: 0, failures: 0, pending: 0 })], /no test/],
    ["a suite that passed where VS Code says 1", 1, [begin, end(passed)], /0 failures, VS Code said 1/],
    ["a failure where VS Code says 0", 0, [begin, end({ ...passed, failures: 1 })], /1 failures/],
    ["what nobody caught", 0, [begin, { kind: "broken", reason: "cannot load" }, end(passed)], /cannot load/],
  ];
  it("is an error of its own for folders that VS Code has not opened: the window may be opened again", () => {
    assert.throws(() => verdict(1, { kind: "unopened", reason: "0 folders" }), NotOpened);
  });

  for (const [what, code, messages, reason] of noRuns) {
    it(`is an error for ${what}`, () => {
      assert.throws(() => verdict(code, ...messages), reason);
    });
  }
});
