import assert from "node:assert/strict";
import fc from "fast-check";
import { checkName } from "../../src/model/names";
import { parseSums, sumsLimits } from "../../src/model/sums";

const one = "0123456789abcdef".repeat(4);
const two = "f".repeat(64);

/** File and hash of each line that was used. */
const hashes = (text: string): Record<string, string> =>
  Object.fromEntries([...parseSums(text, "SHA256SUMS").sums].map(([file, { sha256 }]) => [file, sha256]));

const told = (text: string): string[] =>
  parseSums(text, "SHA256SUMS").problems.map(
    ({ line, severity, message }) => `${line} ${severity} ${message}`,
  );

describe("SHA256SUMS (DESIGN §2.3)", () => {
  it("reads what sha256sum writes: text, binary, and with --tag", () => {
    const text = `${one}  a.bin\n${two} *sub/b c.bin\nSHA256 (d (1).bin) = ${one}\n`;
    assert.deepEqual(hashes(text), { "a.bin": one, "sub/b c.bin": two, "d (1).bin": one });
    assert.deepEqual(told(text), []);
  });

  it("reads CRLF, a byte order mark, comments, blank lines and upper case", () => {
    const text = `\ufeff# sums\r\n\r\n${two.toUpperCase()}  a\r\n${one}  ./sub//b\r\n`;
    assert.deepEqual(hashes(text), { a: two, "sub/b": one });
    assert.deepEqual(told(text), []);
  });

  it("tells in which line a hash stands", () => {
    assert.equal(parseSums(`# x\n${one}  a\n`, "SHA256SUMS").sums.get("a")?.line, 2);
  });

  it("undoes the escapes of coreutils: a leading \\ says that the name holds some", () => {
    // A name with a line break is no name here, and one with \ reads as / as everywhere (DESIGN §2.1).
    const text = `\\${one}  a\\\\b\n\\${two}  c\\nd\n`;
    assert.deepEqual(hashes(text), { "a/b": one });
    assert.deepEqual(told(text), ['2 warning "c\\x0ad" is left out: the name holds a control character']);
  });

  it("a \\ without the leading one stands for itself", () => {
    assert.deepEqual(hashes(`${one}  a\\nb\n`), { "a/nb": one });
  });

  it("a line that cannot be used is a warning, and the others are used", () => {
    const text = `${one}  a\nnonsense\n${one.slice(1)}  b\n${two}  ../c\n${two}  d\n`;
    assert.deepEqual(hashes(text), { a: one, d: two });
    assert.deepEqual(
      told(text).map((problem) => problem.slice(0, 9)),
      ["2 warning", "3 warning", "4 warning"],
    );
  });

  it("two hashes for one file are an error; the same one twice is not", () => {
    assert.deepEqual(told(`${one}  a\n${one} *a\n`), []);
    assert.match(told(`${one}  a\n${two}  ./a\n`)[0]!, /^2 error "a" has another hash in line 1/);
  });

  it("a list without end is cut, and that is told", () => {
    const text = "\n".repeat(sumsLimits.lines) + `${one}  late\n`;
    assert.deepEqual(hashes(text), {});
    assert.match(told(text)[0]!, /more than 100000 lines/);
    assert.match(told("x".repeat(sumsLimits.bytes + 1))[0]!, /larger than 16 MiB/);
  });

  it("UTF-16, as PowerShell writes it, is told", () => {
    assert.deepEqual(told(`\ufffd\ufffd${one.replace(/./g, "$&\0")}`), [
      "1 error the file is UTF-16; save it as UTF-8",
    ]);
  });

  it("any list is read back as it was written", () => {
    // A part may happen to be a device of Windows, AUX say.
    const name = fc
      .stringMatching(/^[a-z0-9]{1,6}(\/[A-Za-z0-9_ -]{2,6}x){0,3}$/)
      .filter((text) => "path" in checkName(text));
    const list = fc.dictionary(name, fc.stringMatching(/^[0-9a-f]{64}$/), { maxKeys: 20 });
    fc.assert(
      fc.property(list, fc.constantFrom("  ", " *"), (sums, gap) => {
        const text = Object.entries(sums).map(([file, sha256]) => `${sha256}${gap}${file}\n`);
        assert.deepEqual(parseSums(text.join(""), "S").problems, []);
        assert.deepEqual(Object.entries(hashes(text.join(""))), Object.entries(sums));
      }),
    );
  });

  it("any text never makes the parser throw", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), fc.boolean(), (names, escaped) => {
        const text = names.map((name) => `${escaped ? "\\" : ""}${one}  ${name}`).join("\n");
        for (const file of parseSums(text, "S").sums.keys())
          assert.doesNotMatch(file, /^\/|(^|\/)\.\.(\/|$)/);
      }),
      { numRuns: 300 },
    );
  });
});
