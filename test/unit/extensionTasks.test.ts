import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseCommandLine } from "../../src/cli/options";
import { taskType } from "../../src/extension/ids";
import { verifyArguments } from "../../src/extension/tasks/taskDefinition";

interface Matcher {
  readonly name: string;
  readonly pattern: {
    readonly regexp: string;
    readonly severity: number;
    readonly file: number;
    readonly line: number;
    readonly column: number;
    readonly message: number;
  };
  readonly background: { readonly beginsPattern: string; readonly endsPattern: string };
}

const { taskDefinitions, problemMatchers } = (
  JSON.parse(readFileSync("package.json", "utf8")) as {
    contributes: {
      taskDefinitions: { type: string; properties: Record<string, unknown> }[];
      problemMatchers: Matcher[];
    };
  }
).contributes;

describe("a task of tasks.json (DESIGN §3)", () => {
  it("may set what package.json says, and each property has its place on the command line", () => {
    const [definition] = taskDefinitions;
    assert.equal(definition?.type, taskType);
    const properties = Object.keys(definition.properties);
    const values = { command: "verify", folder: "drop", bootp: "skip", highPorts: true, client: "bench-1" };
    const task = { type: taskType, ...values, plan: "p.json", target: "10.0.0.1", junit: "out.xml" };
    assert.deepEqual(Object.keys(task).sort(), ["type", ...properties].sort());
    assert.deepEqual(verifyArguments(task), [
      "verify",
      "--plan=p.json",
      "--target=10.0.0.1",
      "--client=bench-1",
      "--bootp=skip",
      "--junit=out.xml",
      "--high-ports",
      "--",
      "drop",
    ]);
  });

  it("means what the program reads, and a value is never a flag", () => {
    const parsed = (task: object) => parseCommandLine(verifyArguments({ type: taskType, ...task }) ?? [], {});
    const verify = parsed({ folder: "-x", junit: "--json", target: "bench" });
    assert.equal(verify.command, "verify");
    assert.match(verify.folder, /-x$/);
    assert.match(verify.junit ?? "", /--json$/);
    assert.deepEqual([verify.json, verify.target], [false, "bench"]);
    assert.equal(parsed({}).command, "verify");
    assert.equal(parsed({ target: "--json" }).command, "usage");
  });

  it("is none where a property is of another type than it says", () => {
    for (const task of [{ folder: 7 }, { target: ["a"] }, { junit: true }])
      assert.equal(verifyArguments({ type: taskType, ...task }), undefined, JSON.stringify(task));
  });
});

describe("the problem matcher $boot-servers", () => {
  const [matcher] = problemMatchers;
  assert.ok(matcher);
  const match = (line: string): (string | undefined)[] | undefined => {
    const { regexp, severity, file, line: number, column, message } = matcher.pattern;
    const found = new RegExp(regexp).exec(line);
    return found === null
      ? undefined
      : [severity, file, number, column, message].map((group) => found[group]);
  };

  it("finds problems of the plan, and steps that failed where a line asks for them", () => {
    assert.deepEqual(match(`  .vscode/boot-plan.json:2:11 "boot" is 7`), [
      undefined,
      ".vscode/boot-plan.json",
      "2",
      "11",
      `"boot" is 7`,
    ]);
    assert.deepEqual(match("  warning: a b/boot-plan.json:2:11 odd"), [
      "warning",
      "a b/boot-plan.json",
      "2",
      "11",
      "odd",
    ]);
    assert.deepEqual(match("      images/copy-files4.rc:5:12 it differs"), [
      undefined,
      "images/copy-files4.rc",
      "5",
      "12",
      "it differs",
    ]);
    assert.equal(match("  C:\\bench\\plan.json:2:11 odd")?.[1], "C:\\bench\\plan.json");
  });

  it("takes nothing else for one: steps, headings, notes, addresses", () => {
    for (const line of [
      "  ✗ tftp      a:1:2 b",
      "  ✓ bootp     round 1                  3 ms  from 127.0.0.1:67",
      "52:54:00:12:34:56",
      ".vscode/boot-plan.json:3:1 a note of the report",
      "✗ Not verified: 1 of 3 steps failed.",
      "      expected  5 bytes, sha256 2cf2",
      "tftp  u-boot.bin → 127.0.0.1 · 5 B in 3 ms",
    ])
      assert.equal(match(line), undefined, line);
  });

  it("knows when serve begins and when it is ready", () => {
    const { beginsPattern, endsPattern } = matcher.background;
    assert.match("Starting Boot Servers for drop", new RegExp(beginsPattern));
    for (const end of ["Serving drop. Ending this task stops the servers.", "Not served: no server runs."])
      assert.match(end, new RegExp(endsPattern));
  });
});
