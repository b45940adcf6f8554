import assert from "node:assert/strict";
import { Outcomes } from "../../src/extension/tests/outcomes";
import { dropItems } from "../../src/extension/tests/dropItems";
import { reportText } from "../../src/extension/tests/reportText";
import { failureText, outputLines, sideText } from "../../src/extension/tests/stepText";
import { parseTarget, runningSubject, targetsOf, withTarget } from "../../src/extension/tests/subject";
import type { ReportRow, ServerRow, StepRow } from "../../src/model/events";
import type { Outline } from "../../src/model/verification";

const hash = "ab".repeat(32);

const step = (row: Partial<StepRow> = {}): StepRow => ({
  type: "step",
  id: "any board/tftp/Image",
  client: "any board",
  kind: "tftp",
  name: "Image",
  state: "passed",
  compared: true,
  bytes: 2048,
  sha256: hash,
  durationMs: 12,
  from: "127.0.0.1:6969",
  options: { blksize: 1468, windowsize: 8 },
  retransmissions: 1,
  bytesPerSecond: 1_258_291,
  firstByteMs: 3,
  roundTripMs: 0.25,
  warnings: [],
  ...row,
});

const failed = step({
  id: "any board/manifest/ftp/etsw.b3",
  kind: "ftp",
  name: "etsw.b3",
  state: "failed",
  trouble: {
    code: "file.differs",
    message: "it differs from the workspace's file, first at offset 7 (0x7)",
    remedy: "Copy the file to the target again: another one is there.",
  },
  expected: `2048 bytes, sha256 ${hash}`,
  got: "2047 bytes, sha256 00",
  warnings: ["the server announced 2 bytes"],
});

const answer = step({
  id: "any board/round 1/bootp/round 1",
  kind: "bootp",
  name: "round 1",
  got: "u-boot.bin",
  from: "127.0.0.1",
});

const report = (...steps: StepRow[]): ReportRow => ({
  type: "report",
  ok: steps.every(({ state }) => state === "passed"),
  verdict: "Verified: 1 file in 1 transfer.",
  notes: ["The servers were started for this folder."],
  refused: {},
  steps,
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 6300,
});

const outline: Outline = {
  whole: false,
  problems: [],
  files: [],
  boards: [
    {
      name: "any board",
      at: { file: ".vscode/boot-plan.json", line: 7, column: 3 },
      steps: [
        {
          id: "any board/tftp/Image",
          kind: "tftp",
          name: "Image",
          at: { file: ".vscode/boot-plan.json", line: 10, column: 3 },
        },
        {
          id: failed.id,
          kind: "ftp",
          name: "etsw.b3",
          phase: "manifest",
          at: { file: "images/a.rc", line: 4, column: 11 },
        },
        { id: "any board/round 2/ftp/x", kind: "ftp", name: "x", phase: 2 },
      ],
    },
  ],
};

describe("the words of a verification", () => {
  it("a failure says what happened, what to do, and what else was seen", () => {
    assert.equal(
      failureText(failed),
      "It differs from the workspace's file, first at offset 7 (0x7). Copy the file to the target again: another one is there.\n" +
        "Note: the server announced 2 bytes",
    );
    assert.equal(sideText(failed.got!), "2047 bytes\nsha256 00");
  });

  it("the output has a line for each step, and what is wrong below it", () => {
    assert.deepEqual(outputLines(step()), [
      `✓ TFTP Image  2.0 KiB  ${hash.slice(0, 16)}  12 ms  1 retransmission  from 127.0.0.1:6969`,
    ]);
    assert.deepEqual(outputLines(answer), [
      "✓ BOOTP round 1  u-boot.bin  12 ms  1 retransmission  from 127.0.0.1",
    ]);
    assert.deepEqual(
      outputLines(failed).map((line) => line.slice(0, 30)),
      [
        "✗ FTP etsw.b3  2.0 KiB  abababa",
        "    It differs from the worksp",
        "    expected  2048 bytes, sha2",
        "    got       2047 bytes, sha2",
        "    note: the server announced",
      ].map((line) => line.slice(0, 30)),
    );
  });

  it("a peer's name steers nothing: not the output, not the message, not the report", () => {
    const evil = step({ name: "a\u001b[31m|[x](command:y)`<b>\n.bin", state: "failed" });
    assert.match(outputLines(evil)[0]!, /a\\x1b\[31m\|\[x\]\(command:y\)`<b>\\x0a\.bin/);
    const text = reportText(report(evil), { folder: "drop", subject: "x", version: "1" });
    assert.ok(text.includes("a\\\\x1b\\[31m\\|\\[x\\](command:y)\\`\\<b\\>\\\\x0a.bin"), text);
  });
});

describe("the report as a document", () => {
  it("says what was verified, from where and when, each file, what failed, and what it does not show", () => {
    const facts = { folder: "firmware-drop", subject: "192.168.7.2", version: "0.1.0" };
    assert.equal(
      reportText(report(answer, step(), failed), facts),
      `# Verification of firmware-drop

✗ **Verified: 1 file in 1 transfer.**

| what |  |
| --- | --- |
| folder | firmware-drop |
| asked | 192.168.7.2 |
| begun | 2026-01-02T03:04:05.000Z |
| took | 6.3 s |
| by | Boot Servers 0.1.0 |

## any board

| step | result | answer | from | time |
| --- | --- | --- | --- | --- |
| BOOTP round 1 | ✓ passed | u-boot.bin | 127.0.0.1 | 12 ms |

| file | protocol | result | bytes | SHA-256 | from | options | time | rate | retransmissions | measured |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| Image | TFTP | ✓ passed | 2048 | \`${hash}\` | 127.0.0.1:6969 | blksize 1468, windowsize 8 | 12 ms | 1.2 MiB/s | 1 | first byte after 3 ms, round trip 0.25 ms |
| etsw.b3 | FTP | ✗ **failed** | 2048 | \`${hash}\` | 127.0.0.1:6969 | blksize 1468, windowsize 8 | 12 ms | 1.2 MiB/s | 1 | first byte after 3 ms, round trip 0.25 ms |

- **FTP etsw.b3**: It differs from the workspace's file, first at offset 7 (0x7). Copy the file to the target again: another one is there.
  - expected: 2048 bytes, sha256 ${hash}
  - got: 2047 bytes, sha256 00
- FTP etsw.b3: the server announced 2 bytes

## What this does not show

- The servers were started for this folder.
`,
    );
  });

  it("tells what the door refused, and of a board without files has no empty table", () => {
    const text = reportText(
      { ...report(answer), refused: { "name.dotFile": 2 } },
      { folder: "drop", subject: "x", version: "1" },
    );
    assert.match(text, /- Not served, and so not compared: 2 by the rule name\.dotFile\./);
    assert.equal(text.includes("| file |"), false);
  });
});

describe("the tests of a drop", () => {
  it("say where in the flow they stand, and which line asks for them", () => {
    const [board] = dropItems(outline);
    assert.deepEqual(
      board!.children.map(({ label, description, at }) => [label, description, at?.line]),
      [
        ["TFTP Image", undefined, 10],
        ["FTP etsw.b3", "line 4", 4],
        ["FTP x", "round 2", undefined],
      ],
    );
  });

  it("have an outcome at each line, which a run of other steps leaves as it was", () => {
    const outcomes = new Outcomes();
    const told: string[] = [];
    outcomes.onChange((folder) => told.push(folder));
    assert.deepEqual([...outcomes.ofFile("/drop", "images/a.rc")], []);
    outcomes.take("/drop", outline, report(step(), failed));
    outcomes.take("/drop", outline, { ...report(step({ state: "failed" })), startedAt: 9 });
    const [line] = outcomes.ofFile("/drop", "images/a.rc").get(4)!;
    assert.deepEqual(line, { step: failed, startedAt: report().startedAt });
    const [other] = outcomes.ofFile("/drop", ".vscode/boot-plan.json").get(10)!;
    assert.deepEqual([other!.step.state, other!.startedAt], ["failed", 9]);
    assert.deepEqual(told, ["/drop", "/drop"]);
  });
});

describe("a target as it is written", () => {
  const asked = { kind: "target", host: "192.168.7.2", ports: { bootp: 67, tftp: 69, ftp: 21 } };

  it("is a host, maybe with an FTP user and with other ports", () => {
    assert.deepEqual(parseTarget(" 192.168.7.2 "), { label: "192.168.7.2", asked });
    assert.deepEqual(parseTarget("boot@192.168.7.2")?.ftpUser, "boot");
    assert.deepEqual(parseTarget("fw.example. tftp=6969 ftp=2121")?.asked, {
      kind: "target",
      host: "fw.example.",
      ports: { bootp: 67, tftp: 6969, ftp: 2121 },
    });
    assert.deepEqual(parseTarget("::1")?.asked, { ...asked, host: "::1" });
  });

  for (const text of [
    "",
    "@host",
    "a b",
    "-x",
    "192.168.7",
    "host tftp=0",
    "host tftp=65536",
    "host tftp=1 tftp=2",
    "host smtp=25",
    "a@b@c",
    "$(rm)",
  ]) {
    it(`is not "${text}"`, () => {
      assert.equal(parseTarget(text), undefined);
    });
  }

  it("a setting that holds anything else is as if it held nothing", () => {
    assert.deepEqual([targetsOf(undefined), targetsOf("host"), targetsOf([7, "not a host!"])], [[], [], []]);
    assert.deepEqual(
      targetsOf(["a", "b"]).map(({ label }) => label),
      ["a", "b"],
    );
  });

  it("one more is put behind what the setting holds, a misspelt one too, and one that it has is no more", () => {
    const [a, b] = [parseTarget("a")!, parseTarget("b")!];
    assert.deepEqual(withTarget(["a", "lab tftp=6969, ftp=2121", 7], b), [
      "a",
      "lab tftp=6969, ftp=2121",
      7,
      "b",
    ]);
    assert.equal(withTarget(["a"], a), undefined);
    assert.deepEqual([withTarget(undefined, a), withTarget("a", a)], [["a"], ["a"]]);
  });

  it("the servers that run are asked where they listen, on the ports that they have", () => {
    const server = (row: Partial<ServerRow>): ServerRow => ({
      type: "server",
      id: "tftp",
      protocol: "tftp",
      state: "running",
      addresses: ["192.168.7.1"],
      port: 6969,
      warnings: [],
      ...row,
    });
    assert.equal(runningSubject([server({ state: "waiting" })]), undefined);
    assert.deepEqual(runningSubject([server({})])?.asked, {
      kind: "running",
      host: "192.168.7.1",
      ports: { bootp: 67, tftp: 6969, ftp: 21 },
    });
    assert.equal(
      JSON.stringify(runningSubject([server({ addresses: ["0.0.0.0"] })])).includes('"127.0.0.1"'),
      true,
    );
  });
});
