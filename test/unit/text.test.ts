import assert from "node:assert/strict";
import fc from "fast-check";
import {
  exactSize,
  formatDuration,
  formatSize,
  isPrintable,
  printable,
  printableJson,
} from "../../src/model/text";

describe("text for people", () => {
  it("shows what steers a terminal or turns a line around, instead of doing it (S17)", () => {
    assert.equal(printable("a\u001b[31mb\r\nc\u0000\u007f\u009b"), "a\\x1b[31mb\\x0d\\x0ac\\x00\\x7f\\x9b");
    assert.equal(printable("fw\u202Enib.exe\u2028\ufeff"), "fw\\u{202e}nib.exe\\u{2028}\\u{feff}");
    assert.equal(
      printable("lone \ud800 and \udc00, whole \u{1f600}"),
      "lone \\u{d800} and \\u{dc00}, whole \u{1f600}",
    );
  });

  it("shows what is not seen: joiners, soft hyphens, marks of direction, tags (S17)", () => {
    const unseen = ["\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\u180e", "\ufff9", "\ufffb"];
    for (const character of [...unseen, "\u{e0000}", "\u{e0001}", "\u{e0041}", "\u{e007f}"]) {
      const code = character.codePointAt(0)?.toString(16) ?? "";
      assert.equal(printable(`a${character}b`), code === "ad" ? "a\\xadb" : `a\\u{${code}}b`);
      assert.ok(!isPrintable(character));
    }
    assert.equal(printableJson("\u{e0041}"), String.raw`"\udb40\udc41"`);
  });

  it("shows what a CI runner would carry out, instead of having it done", () => {
    assert.equal(printable("got ##vso[task.prependpath]/tmp"), "got \\x23#vso[task.prependpath]/tmp");
    assert.equal(printable("##[add-path]x ##teamcity[y"), "\\x23#[add-path]x \\x23#teamcity[y");
    assert.equal(printable(" ::add-path::/tmp"), " \\x3a:add-path::/tmp");
    assert.equal(printable("::set-output name=a::b"), "\\x3a:set-output name=a::b");
    assert.equal(printableJson("##vso[x]"), String.raw`"\u0023#vso[x]"`);
    for (const plain of ["::1", "fe80::1%eth0", "::ffff:192.0.2.1", "# a ## [b] #[c]", "a ::b::"])
      assert.equal(printable(plain), plain);
  });

  it("cuts no character in half", () => {
    for (let before = 195; before <= 202; before += 1) {
      const shown = printable("a".repeat(before) + "\u{1f600}".repeat(5));
      assert.ok(shown.length <= 200 && isPrintable(shown), `${before}: ${shown}`);
    }
    assert.equal(printable("a".repeat(198) + "\u{1f600}"), "a".repeat(198) + "\u{1f600}");
  });

  it("of a megabyte reads no more than it shows", () => {
    let asked = 0;
    const long = { slice: (from: number, to: number) => ((asked += to - from), "\u200b".repeat(to - from)) };
    assert.equal(printable(long as unknown as string).length, 200);
    assert.ok(asked <= 201);
  });

  it("leaves names of every script as they are", () => {
    assert.equal(printable("Gerät-図.bin"), "Gerät-図.bin");
  });

  it("is never longer than 200 characters and never holds a control character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const shown = printable(text);
        assert.ok(shown.length <= 200);
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });

  it("writes JSON that steers no terminal and means the same (S17)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const line = printableJson({ file: text });
        assert.ok(isPrintable(line));
        assert.deepEqual(JSON.parse(line), { file: text });
      }),
    );
    assert.equal(printableJson(["\u009b2J\u202e"]), String.raw`["\u009b2J\u202e"]`);
  });

  it("writes sizes and times with their units", () => {
    assert.deepEqual([0, 1023, 1536, 2 ** 30, 4 * 2 ** 40].map(formatSize), [
      "0 B",
      "1023 B",
      "1.5 KiB",
      "1.0 GiB",
      "4.0 TiB",
    ]);
    assert.deepEqual([77, 1023, 1024, 1536].map(exactSize), [
      "77 B",
      "1023 B",
      "1.0 KiB (1024 bytes)",
      "1.5 KiB (1536 bytes)",
    ]);
    assert.deepEqual([0.4, 999, 1000, 59_940, 125_000].map(formatDuration), [
      "0 ms",
      "999 ms",
      "1.0 s",
      "59.9 s",
      "2 min 5 s",
    ]);
  });
});
