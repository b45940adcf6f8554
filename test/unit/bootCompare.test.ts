import assert from "node:assert/strict";
import { whenOf } from "../../src/extension/timeline/bootWords";
import { compare } from "../../src/extension/timeline/compare";
import { gapsOf, longestOf, sharesOf } from "../../src/extension/timeline/shares";
import { bootFile, bootOf } from "../support/boots";

describe("where the time of a boot went", () => {
  const wait = { fromMs: 500, ms: 1000, sentAgain: 1 };
  const boot = bootOf(
    [
      bootFile("u-boot.bin", 400, 2000, { waits: [wait] }),
      bootFile("etsw.b3", 5000, 3000, { protocol: "ftp" }),
      // Beside the other: its time counts once.
      bootFile("list", 5500, 1000),
      bootFile("missing", 9000, 0, { state: "refused" }),
    ],
    {
      marks: [
        { at: 0, ms: 100, text: "" },
        { at: 300, ms: 0, text: "" },
      ],
    },
  );

  it("adds up to the whole", () => {
    const shares = sharesOf(boot);
    assert.deepEqual(shares, { bootp: 300, tftp: 2000, ftp: 2000, waiting: 1000, alone: 3700 });
    assert.equal(
      Object.values(shares).reduce((sum, ms) => sum + ms, 0),
      9000,
    );
  });

  it("has the gaps where no file was on its way, and the file that took longest", () => {
    assert.deepEqual(gapsOf(boot), [
      { from: 0, to: 400 },
      { from: 2400, to: 5000 },
      { from: 8000, to: 9000 },
    ]);
    assert.equal(longestOf(boot)?.file, "etsw.b3");
  });
});

describe("two boots side by side", () => {
  const earlier = bootOf([bootFile("u-boot.bin", 0, 1000), bootFile("etsw.b3", 1000, 3000)]);

  it("say how much slower, and by what", () => {
    const later = bootOf([bootFile("u-boot.bin", 0, 800), bootFile("etsw.b3", 800, 45_000)]);
    const { sentence, differences } = compare(earlier, later, "yesterday 14:03");
    assert.equal(sentence, "41.8 s slower than yesterday 14:03: etsw.b3 over TFTP +42.0 s");
    assert.deepEqual(
      differences.map(({ what, before, after, ms }) => [what, before, after, ms]),
      [
        ["etsw.b3 over TFTP", 3000, 45_000, 42_000],
        ["u-boot.bin over TFTP", 1000, 800, -200],
      ],
    );
  });

  it("say it of what only one of them loaded, and of the time between the files", () => {
    const later = bootOf([
      bootFile("u-boot.bin", 0, 1000),
      bootFile("new.bin", 2500, 500),
      bootFile("new.bin", 3000, 200),
    ]);
    const { sentence, differences } = compare(earlier, later, "today 09:00");
    assert.equal(sentence, "800 ms faster than today 09:00: etsw.b3 over TFTP −3.0 s");
    assert.deepEqual(
      differences.map(({ what, ms }) => [what, ms]),
      [
        ["etsw.b3 over TFTP", -3000],
        ["between the files", 1500],
        ["new.bin over TFTP", 500],
        ["new.bin over TFTP (2)", 200],
        ["u-boot.bin over TFTP", 0],
      ],
    );
  });

  it("say what failed in the later one only: who gave up early is not fast", () => {
    const broken = bootFile("etsw.b3", 1000, 500, { state: "failed" });
    const later = bootOf([bootFile("u-boot.bin", 0, 1000), broken]);
    const { sentence, differences } = compare(earlier, later, "today 09:00");
    assert.equal(sentence, "2.5 s faster than today 09:00; etsw.b3 over TFTP failed");
    assert.deepEqual(
      differences.map(({ what, before, after }) => [what, before, after]),
      [
        ["etsw.b3 over TFTP", 3000, undefined],
        ["etsw.b3 over TFTP failed", undefined, 500],
        ["u-boot.bin over TFTP", 1000, 1000],
      ],
    );
    assert.equal(compare(later, later, "today 09:00").sentence, "As fast as today 09:00");
  });

  it("say of one that loads that it does", () => {
    const later = bootOf([bootFile("u-boot.bin", 0, 100, { state: "running" })]);
    assert.equal(compare(earlier, later, "today 09:00").sentence, "Still loading, beside today 09:00");
  });

  it("are as fast as each other where the difference is none", () => {
    const later = bootOf([bootFile("u-boot.bin", 0, 1020), bootFile("etsw.b3", 1020, 3000)]);
    assert.equal(compare(earlier, later, "today 09:00").sentence, "As fast as today 09:00");
  });
});

describe("when a boot was", () => {
  const now = new Date(2026, 2, 1, 9, 5).getTime();

  it("is said as the clock on the wall has it", () => {
    const times = [new Date(2026, 2, 1, 0, 1), new Date(2026, 1, 28, 23, 59), new Date(2026, 1, 27, 14, 3)];
    assert.deepEqual(
      times.map((time) => whenOf(time.getTime(), now)),
      ["today 00:01:00", "yesterday 23:59:00", "2026-02-27 14:03:00"],
    );
  });
});
