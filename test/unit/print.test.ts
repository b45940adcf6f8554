import assert from "node:assert/strict";
import { colour, formatError, formatReport, formatStep, noColour, paintFor } from "../../src/cli/print";
import { EngineError } from "../../src/engine/errors";
import { fit, formatBar, Screen } from "../../src/cli/progress";
import type { ReportRow, StepRow } from "../../src/model/events";

it("an error that ends a command has its lines to paste below it", () => {
  const fixes = [{ what: "gives eth1 an address", line: "ip address" }];
  const error = new EngineError({ code: "address.missing", message: "eth1 has no address", fixes });
  assert.equal(
    formatError(error),
    "boot-servers: eth1 has no address.\n  This line gives eth1 an address:\n      ip address\n",
  );
});

const step: StepRow = {
  type: "step",
  id: "step-1",
  client: "any board",
  kind: "tftp",
  name: "u-boot.bin",
  state: "passed",
  compared: true,
  bytes: 524_288,
  size: 524_288,
  sha256: "0123456789abcdef".repeat(4),
  durationMs: 12.3,
  from: "127.0.0.1:6969",
  warnings: [],
};
const failed: StepRow = {
  ...step,
  state: "failed",
  trouble: {
    code: "file.differs",
    message: "it differs, first at offset 4096 (0x1000)",
    remedy: "Copy it again.",
  },
  expected: "524288 bytes, sha256 aa",
  got: "524288 bytes, sha256 bb",
  firstDifference: 4096,
};
const report: ReportRow = {
  type: "report",
  ok: true,
  verdict: "Verified: 1 file in 1 transfer, 512.0 KiB, every byte compared, 12 ms.",
  notes: ["It does not show everything."],
  refused: { "name.dotFile": 2 },
  steps: [step],
  startedAt: 0,
  durationMs: 12,
};

/** Names that would move the cursor, ring, paint, or turn the line around. */
const hostile = "u\u001b[2J\u0007\r\n\u202egnp\u0000.bin";
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("what verify says to people", () => {
  it("tells a file in one line: state, name, size, time, the first 16 digits of its hash", () => {
    assert.deepEqual(formatStep(step, noColour), [
      "  ✓ tftp      u-boot.bin                    512.0 KiB      12 ms  0123456789abcdef",
    ]);
  });

  it("tells a failure with what happened, expected, got, and what to do", () => {
    assert.deepEqual(formatStep(failed, noColour).slice(1), [
      "      it differs, first at offset 4096 (0x1000)",
      "      expected  524288 bytes, sha256 aa",
      "      got       524288 bytes, sha256 bb",
      "      to do     Copy it again.",
    ]);
  });

  it("tells what an answer named, and who gave it", () => {
    const answer: StepRow = { ...step, kind: "bootp", name: "round 1", got: "u-boot.bin", from: "192.0.2.1" };
    assert.match(
      formatStep(answer, noColour)[0] ?? "",
      /✓ bootp {5}round 1 .* u-boot\.bin {2}from 192\.0\.2\.1$/,
    );
  });

  it("ends with the verdict, after what the run does not show", () => {
    assert.deepEqual(formatReport(report, noColour), [
      "",
      "Not served, and so not compared: 2 by the rule name.dotFile.",
      "It does not show everything.",
      "",
      `✓ ${report.verdict}`,
    ]);
    assert.match(formatReport({ ...report, ok: false }, noColour).at(-1) ?? "", /^✗ /);
  });

  it("lets no control character of a peer through, in no field (S17, facts §4.4)", () => {
    const row: StepRow = {
      ...failed,
      name: hostile,
      trouble: { code: "x", message: hostile, remedy: hostile },
      expected: hostile,
      got: hostile,
      warnings: [hostile],
      from: hostile,
    };
    for (const kind of ["bootp", "tftp", "manifest", "ftp"] as const) {
      for (const state of ["passed", "failed", "skipped"] as const) {
        for (const line of formatStep({ ...row, kind, state }, noColour)) assert.doesNotMatch(line, raw);
      }
    }
    for (const line of formatReport({ ...report, notes: [hostile], verdict: "v" }, noColour)) {
      assert.doesNotMatch(line, raw);
    }
    assert.doesNotMatch(formatBar({ about: "tftp", name: hostile, bytes: 1, note: hostile }, 200), raw);
  });

  it("has no control codes without colour, and closes each colour with it", () => {
    const painted =
      formatStep(failed, colour)
        .join("")
        .match(/\u001b\[\d*m/g) ?? [];
    assert.ok(painted.length >= 4 && painted.length % 2 === 0);
    assert.doesNotMatch(formatStep(failed, noColour).join(""), /\u001b/);
  });
});

describe("progress bars", () => {
  it("shows how far, how much and how fast, and never more than the terminal is wide", () => {
    const bar = {
      about: "tftp",
      name: "Image",
      bytes: 3 * 2 ** 20,
      size: 4 * 2 ** 20,
      bytesPerSecond: 2 ** 20,
    };
    assert.match(formatBar(bar, 120), /Image .*━{18}─{6} {2}75 % {2}3\.0 MiB of 4\.0 MiB {2}1\.0 MiB\/s$/);
    for (const columns of [20, 40, 79]) assert.ok(formatBar(bar, columns).length <= columns);
  });

  it("counts a wide character as two columns", () => {
    assert.equal(fit("固件.bin", 20), "固件.bin");
    assert.equal(fit("固件固件", 6), "固件…");
  });

  it("does not pass 100 %, and knows no part where no size is known", () => {
    assert.match(formatBar({ about: "ftp", name: "x", bytes: 20, size: 10 }, 120), /100 %/);
    assert.doesNotMatch(formatBar({ about: "ftp", name: "x", bytes: 20 }, 120), /%/);
  });

  it("writes nothing but the lines where it is no terminal", () => {
    let written = "";
    const screen = new Screen({ write: (text: string) => (written += text) });
    screen.show([{ about: "tftp", name: "x", bytes: 1 }]);
    screen.line("one");
    screen.clear();
    assert.equal(written, "one\n");
  });

  it("writes nothing but the lines where the terminal is a dumb one", () => {
    let written = "";
    const screen = new Screen({ isTTY: true, write: (text: string) => (written += text) }, "dumb");
    screen.show([{ about: "tftp", name: "x", bytes: 1 }]);
    screen.line(paintFor(screen)("good", "one"));
    screen.clear();
    assert.equal(written, "one\n");
  });

  it("redraws the bars below each new line, and takes them away at the end", () => {
    let written = "";
    const screen = new Screen({
      isTTY: true,
      columns: 80,
      rows: 24,
      write: (text: string) => (written += text),
    });
    screen.show([
      { about: "tftp", name: "one", bytes: 1 },
      { about: "ftp", name: "two", bytes: 1 },
    ]);
    screen.line("a line");
    assert.match(written, /^a line\n {2}… tftp .*\n {2}… ftp .*\n$/);
    written = "";
    screen.line("another");
    assert.match(written, /^\r\u001b\[2A\u001b\[Janother\n {2}… tftp .*\n {2}… ftp .*\n$/);
    written = "";
    screen.clear();
    assert.equal(written, "\r\u001b[2A\u001b[J");
  });

  it("leaves room on a small terminal, and counts what it does not show", () => {
    let written = "";
    const screen = new Screen({
      isTTY: true,
      columns: 80,
      rows: 5,
      write: (text: string) => (written += text),
    });
    screen.show(Array.from({ length: 20 }, (_, index) => ({ about: "tftp", name: `f${index}`, bytes: 0 })));
    screen.line("x");
    assert.match(written, /and 17 more\n$/);
    screen.clear();
  });
});
