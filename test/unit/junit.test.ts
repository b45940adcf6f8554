import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import fc from "fast-check";
import { escapeXml, junitOfError, junitOfReport } from "../../src/cli/junit";
import { prepareJunitFile, writeJunitFile } from "../../src/cli/junitFile";
import { EngineError } from "../../src/engine/errors";
import { PlanError } from "../../src/engine/planFile";
import { elementsIn, isRed, passedStep, reportWith } from "../support/junit";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const verified = { folder: "drop", target: "192.0.2.1" };
const noon = Date.UTC(2026, 10, 21, 12);

describe("A run as JUnit XML (DESIGN §3)", () => {
  it("has one suite for each board and one case for each step, with what was measured", () => {
    const xml = junitOfReport(
      reportWith([
        {
          ...passedStep,
          from: "192.0.2.1:69",
          options: { blksize: 1428, windowsize: 4 },
          bytes: 5,
          sha256: "2cf2",
          retransmissions: 1,
          warnings: ["slow & <late>"],
        },
        {
          ...passedStep,
          client: "bench-1",
          kind: "ftp",
          name: "etsw.b3",
          state: "failed",
          trouble: { code: "file.differs", message: "it differs", remedy: "Copy it again." },
          expected: "5 bytes",
          got: "6 bytes",
          firstDifference: 4096,
          durationMs: 2000,
        },
        {
          ...passedStep,
          client: "bench-1",
          kind: "bootp",
          name: "round 1",
          state: "skipped",
          trouble: { code: "bootp.notAsked", message: "no question could be asked" },
          durationMs: 0,
        },
      ]),
      verified,
    );
    const verdict = "Not verified: 1 of 3 steps failed. etsw.b3 (FTP): it differs.\na note";
    assert.equal(
      xml,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="boot-servers verify drop" tests="3" failures="1" errors="0" time="1.500">
<testsuite name="any board" tests="1" failures="0" errors="0" skipped="0" time="0.012" timestamp="2026-11-21T12:00:00">
<properties><property name="target" value="192.0.2.1"/></properties>
<testcase classname="drop.any board" name="tftp u-boot.bin" time="0.012">
<system-out>from: 192.0.2.1:69
options: blksize=1428 windowsize=4
bytes: 5
sha256: 2cf2
retransmissions: 1
note: slow &amp; &lt;late&gt;</system-out>
</testcase>
<system-out>${verdict}</system-out>
</testsuite>
<testsuite name="bench-1" tests="2" failures="1" errors="0" skipped="1" time="2.000" timestamp="2026-11-21T12:00:00">
<properties><property name="target" value="192.0.2.1"/></properties>
<testcase classname="drop.bench-1" name="ftp etsw.b3" time="2.000">
<failure message="it differs" type="file.differs">it differs
expected: 5 bytes
got: 6 bytes
first difference: offset 4096
to do: Copy it again.</failure>
</testcase>
<testcase classname="drop.bench-1" name="bootp round 1" time="0.000">
<skipped message="no question could be asked" type="bootp.notAsked">no question could be asked</skipped>
</testcase>
<system-out>${verdict}</system-out>
</testsuite>
</testsuites>
`,
    );
  });

  it("gives a file that is fetched in each round a case of its own each time", () => {
    const xml = junitOfReport(reportWith([passedStep, passedStep, passedStep]), verified);
    assert.deepEqual(
      Array.from(xml.matchAll(/ name="(tftp [^"]*)"/g), ([, name]) => name),
      ["tftp u-boot.bin", "tftp u-boot.bin (2)", "tftp u-boot.bin (3)"],
    );
  });

  it("keeps the names of two long files apart that begin alike", () => {
    const long = { ...passedStep, name: "x".repeat(300) };
    const xml = junitOfReport(reportWith([long, { ...long, name: `${long.name}y` }]), verified);
    const names = Array.from(xml.matchAll(/ name="(tftp [^"]*)"/g), ([, name]) => name);
    assert.equal(new Set(names).size, 2);
  });

  it("is red where nothing failed and the run is not ok all the same: skipped, cancelled, nothing compared", () => {
    const skipped = { ...passedStep, state: "skipped" } as const;
    for (const report of [
      reportWith([passedStep, skipped]),
      reportWith([passedStep], true),
      reportWith([{ ...passedStep, compared: false }]),
      reportWith([]),
    ]) {
      assert.equal(report.ok, false);
      const xml = junitOfReport(report, verified);
      assert.ok(isRed(xml), xml);
      assert.match(xml, /errors="1" time="1\.500"/);
      assert.match(xml, /<testcase classname="drop\.run" name="verdict" time="0\.000">\n<error message="/);
    }
    assert.ok(!isRed(junitOfReport(reportWith([passedStep]), verified)));
  });

  it("tells each problem of a plan with its place", () => {
    const problems = [
      { severity: "error", file: ".vscode/boot-plan.json", line: 2, column: 11, message: `"boot" is 7` },
      { severity: "error", file: ".vscode/boot-plan.json", line: 3, column: 1, message: "and another" },
    ] as const;
    const xml = junitOfError(new PlanError(problems), verified, noon);
    assert.match(
      xml,
      /<error message="\.vscode\/boot-plan\.json:2:11 &quot;boot&quot; is 7" type="plan\.invalid">/,
    );
    assert.match(xml, /\n\.vscode\/boot-plan\.json:3:1 and another\nto do: Mend the plan and save it\.</);
  });

  it("lets a target name no file for GitLab or Jenkins to attach", () => {
    const got = "[[ATTACHMENT|/etc/passwd]] [[attachment|x]]";
    const xml = junitOfReport(reportWith([{ ...passedStep, got }]), verified);
    assert.doesNotMatch(xml, /\[\[attachment/i);
    assert.match(xml, /answered: \[ \[ATTACHMENT\|\/etc\/passwd\]\]/);
  });

  it("writes no character that XML 1.0 forbids, whatever a peer sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeXml(text);
        assert.doesNotMatch(escaped, /[\0-\x08\x0b-\x1f\ufffe\uffff<>"]|&(?!(amp|lt|gt|quot);)/);
        assert.doesNotMatch(escaped, /\p{Surrogate}/u);
      }),
    );
    assert.equal(escapeXml("\0\x1b\x0d\ud800\uffff"), "\\u{0}\\u{1b}\\u{d}\\u{d800}\\u{ffff}");
    const xml = junitOfReport(reportWith([{ ...passedStep, name: 'a\0b\u202e"<\n.bin' }]), verified);
    assert.match(xml, /name="tftp a\\x00b\\u\{202e\}&quot;&lt;\\x0a\.bin"/);
    assert.equal(elementsIn(xml, "testcase"), 1);
  });
});

describe("The file of --junit", () => {
  let folder: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const isUnwritable = (message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "junit.unwritable");
    assert.match(error.message, message);
    return true;
  };

  it("is prepared without a trace but its folder, and written at once", async () => {
    const path = folder.at("build/reports/junit.xml");
    await prepareJunitFile(path);
    assert.deepEqual(await readdir(folder.at("build/reports")), []);
    await writeJunitFile(path, "<a/>");
    await writeJunitFile(path, "<b/>");
    assert.deepEqual(await readdir(folder.at("build/reports")), ["junit.xml"]);
    assert.equal(await readFile(path, "utf8"), "<b/>");
  });

  it("keeps a link, and writes the file behind it", async function () {
    if (process.platform === "win32") this.skip();
    await folder.write("real.xml", "old");
    await symlink(folder.at("real.xml"), folder.at("link.xml"));
    await prepareJunitFile(folder.at("link.xml"));
    await writeJunitFile(folder.at("link.xml"), "<a/>");
    assert.equal(await readFile(folder.at("real.xml"), "utf8"), "<a/>");
    assert.deepEqual(await readdir(folder.path), ["link.xml", "real.xml"]);
  });

  it("is refused where it is a folder, below a file, or no regular file", async () => {
    await mkdir(folder.at("there"));
    await folder.write("file", "x");
    await assert.rejects(prepareJunitFile(folder.at("there")), isUnwritable(/it is no regular file/));
    await assert.rejects(prepareJunitFile(folder.at("file/x.xml")), isUnwritable(/a file, not a folder/));
    assert.deepEqual(await readdir(folder.path), ["file", "there"]);
  });

  it("leaves the old one and nothing else where the new one cannot take its place", async () => {
    await folder.write("old.xml/inside", "x");
    await assert.rejects(writeJunitFile(folder.at("old.xml"), "<a/>"), isUnwritable(/cannot be written/));
    assert.deepEqual(await readdir(folder.path), ["old.xml"]);
  });
});
