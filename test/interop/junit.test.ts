import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import fc from "fast-check";
import { junitOfError, junitOfReport } from "../../src/cli/junit";
import { EngineError } from "../../src/engine/errors";
import type { StepRow } from "../../src/model/events";
import { passedStep, reportWith } from "../support/junit";
import { runToEnd } from "../support/processes";
import { findProgram, need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const schema = resolve("test/fixtures/junit.xsd");
const sample = resolve("samples/firmware-drop");
const verified = { folder: "drop", target: "192.0.2.1" };

/** Anything that a peer may have made of a row. */
const hostile = fc.string({ unit: "binary", maxLength: 40 });
const states = fc.constantFrom<StepRow["state"]>("passed", "failed", "skipped", "running");
const steps: fc.Arbitrary<StepRow> = fc
  .record({ client: hostile, name: hostile, state: states, text: hostile, offset: fc.nat() })
  .map(({ client, name, state, text, offset }) => ({
    ...passedStep,
    client: `client ${client}`,
    name,
    state,
    got: text,
    expected: text,
    from: text,
    warnings: [text],
    options: { [text]: text },
    firstDifference: offset,
    ...(state !== "passed" && { trouble: { code: "x.y", message: text, remedy: text } }),
  }));

describe("JUnit XML as Jenkins, GitLab and Ant read it, judged by xmllint", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;

  before(function () {
    need(this, "xmllint");
  });
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** What xmllint has to say of these documents; undefined: they are valid. */
  async function complaints(...documents: readonly string[]): Promise<string | undefined> {
    const names = documents.map((_, index) => `${index}.xml`);
    for (const [index, xml] of documents.entries()) await folder.write(names[index] ?? "", xml);
    const xmllint = findProgram("xmllint") ?? "xmllint";
    const command = [xmllint, "--nonet", "--noout", "--schema", schema, ...names];
    const { code, stderr } = await runToEnd(command, { cwd: folder.path });
    return code === 0 ? undefined : stderr;
  }

  it("takes the document of a real run", async () => {
    const program = [process.execPath, "--import", "tsx", resolve("src/cli/main.ts")];
    const path = folder.at("real.xml");
    const { code, stdout } = await runToEnd([...program, "verify", sample, "--junit", path]);
    assert.equal(code, 0, stdout);
    assert.equal(await complaints(await readFile(path, "utf8")), undefined);
  });

  it("takes the documents of runs in which anything happened and peers sent anything", async () => {
    const reports = fc.sample(fc.array(steps, { maxLength: 6 }), 200).map((rows) => reportWith(rows));
    const errors = fc.sample(hostile, 50).map((message) => new EngineError({ code: "x.y", message }));
    const documents = [
      ...reports.map((report) => junitOfReport(report, verified)),
      ...errors.map((error) => junitOfError(error, verified, 0)),
    ];
    assert.equal(await complaints(...documents), undefined);
  });

  it("would not take another document: the schema can say no", async () => {
    const good = junitOfReport(reportWith([passedStep]), verified);
    for (const [from, to] of [
      [' time="0.012"', ""],
      ["<system-out>", "<stdout/><system-out>"],
      ["T12:00:00", "T12:00:00.000Z"],
      ['tests="1"', 'tests="one"'],
      ["</testsuites>", "</testsuite>"],
    ] as const) {
      const bad = good.replace(from, to);
      assert.notEqual(bad, good, from);
      assert.notEqual(await complaints(bad), undefined, bad);
    }
  });
});
