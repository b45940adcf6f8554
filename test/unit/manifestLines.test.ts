import assert from "node:assert/strict";
import { parseManifest } from "../../src/model/manifest";
import { manifestFindings, type FoundName } from "../../src/model/manifestFindings";
import { checksumEdits, manifestLines, renameEdits, type ManifestLine } from "../../src/model/manifestLines";
import type { QuickFix } from "../../src/model/plan";

const file = "copy.rc";
const [one, two] = ["1".repeat(64), "2".repeat(64)];

const linesOf = (text: string): ManifestLine[] =>
  manifestLines(text, file, parseManifest(text, file).entries);

/** The text after edits, from the last one to the first. */
function after(text: string, edits: QuickFix["edits"]): string {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n/g), (end) => end.index + end[0].length)];
  const offset = ({ line, column }: { line: number; column: number }): number =>
    (starts[line - 1] ?? text.length) + column - 1;
  return [...edits]
    .sort((a, b) => offset(b.at) - offset(a.at))
    .reduce((now, { at, text: put }) => now.slice(0, offset(at)) + put + now.slice(offset(at.end!)), text);
}

describe("checksums in a manifest", () => {
  const sums = new Map([
    ["etsw.b3", { sha256: one, size: 3 }],
    ["a/b", { sha256: two, size: 0 }],
  ]);
  const write = (text: string): string =>
    after(
      text,
      checksumEdits(linesOf(text), (name) => sums.get(name)),
    );
  const remove = (text: string): string =>
    after(
      text,
      checksumEdits(linesOf(text), () => undefined),
    );

  it("are written behind the name, and comments, blanks and line ends stay", () => {
    assert.equal(
      write("# two\r\n  firmware :  etsw.b3  \r\n\r\ncfg:a/b # no comment\r\nx: a/b\r\n"),
      `# two\r\n  firmware :  etsw.b3 : sha256=${one} : size=3  \r\n\r\ncfg:a/b # no comment\r\nx: a/b : sha256=${two} : size=0\r\n`,
    );
  });

  it("take the place of those that stand there; what says the same already stays as it is written", () => {
    assert.equal(
      write(`f: etsw.b3 : size=9 : note : SHA256 = ${two}\n`),
      `f: etsw.b3 : note : sha256=${one} : size=3\n`,
    );
    const same = `f: etsw.b3 : size=3 :SHA256=${one}\n`;
    assert.equal(write(same), same);
    assert.equal(write(write("f: etsw.b3")), write("f: etsw.b3"));
  });

  it("are taken out again: the plain lines are left, and what else stands there", () => {
    const plain = "f: etsw.b3\n# c\ng: a/b\n";
    assert.equal(remove(write(plain)), plain);
    assert.equal(remove(`f: etsw.b3 : size=3 : note\n`), "f: etsw.b3 : note\n");
    assert.equal(remove(plain), plain);
  });

  it("leave a manifest that is read as before, hash and size besides", () => {
    const text = "f: etsw.b3\ng: a/b\n";
    const names = (each: string): string[] => parseManifest(each, file).entries.map((entry) => entry.file);
    assert.deepEqual(names(write(text)), names(text));
    assert.deepEqual(parseManifest(write(text), file).problems, []);
  });
});

describe("a file with another name", () => {
  it("is followed in every line that names it, and nothing else is touched", () => {
    const text = "a: old/x : size=3\nb: /old//x\nc: old/xy\n";
    const renamed = after(
      text,
      renameEdits(linesOf(text), (name) => (name === "old/x" ? "new/x" : undefined)),
    );
    assert.equal(renamed, "a: new/x : size=3\nb: /old//x\nc: old/xy\n");
  });
});

describe("what a manifest says that is not so", () => {
  const names = ["etsw.b3", "sub/Image"];
  const found: Readonly<Record<string, FoundName>> = {
    "etsw.b3": { size: 3, sha256: one },
    "sub/Image": { size: 5 },
    sub: "folder",
    fifo: "special",
    link: "outside",
  };

  /** `line:column-column severity message`, and the line once it is mended. */
  function told(text: string): string[] {
    return manifestFindings(linesOf(text), (name) => found[name], names).map((finding) => {
      const { severity, line, column, end, message, fix, absent = "" } = finding;
      const mended = fix === undefined ? absent : after(text, fix.edits);
      return `${line}:${column}-${end!.column} ${severity} ${message} → ${mended}`;
    });
  }

  it("is told at its part, with what is so", () => {
    assert.deepEqual(told("f: ETSW.b3"), [
      '1:4-11 error "ETSW.b3" is "etsw.b3" in the served root; write it in the same case → f: etsw.b3',
    ]);
    assert.deepEqual(told("f: etsw.b4"), [
      '1:4-11 warning "etsw.b4" is not there yet; it will be served as soon as it is built → etsw.b4',
    ]);
    assert.deepEqual(told("f: sub"), ['1:4-7 error "sub" is a folder; name a file → ']);
    assert.deepEqual(told("f: fifo"), ['1:4-8 error "fifo" is no regular file; name one → ']);
    assert.deepEqual(told("f: link"), [
      '1:4-8 warning "link" leads out of the served root by a link; it is served only where bootServers.alsoServe has that folder → ',
    ]);
    assert.deepEqual(told("f: etsw.b3 : size=4"), [
      '1:14-20 error "etsw.b3" has 3 bytes, not 4 → f: etsw.b3 : size=3',
    ]);
    assert.deepEqual(told(`f: etsw.b3 : sha256=${two}`), [
      `1:14-85 error the SHA-256 of "etsw.b3" is ${one} → f: etsw.b3 : sha256=${one}`,
    ]);
  });

  it("is nothing where it is so, and nothing of a hash that is not known yet", () => {
    assert.deepEqual(told(`f: etsw.b3 : sha256=${one} : size=3`), []);
    assert.deepEqual(told(`f: sub/Image : sha256=${one} : size=5`), []);
  });
});

describe("a problem of a manifest whose mend is obvious carries it", () => {
  const cases: Record<string, readonly [string, string]> = {
    "a file without a label": ["etsw.b3\n", "etsw: etsw.b3\n"],
    "a file in a folder without a label": ["  a/b.tar.gz\n", "  b.tar: a/b.tar.gz\n"],
    "a name from the disk's root": ["f: /etsw.b3\n", "f: etsw.b3\n"],
    "\\ between folders": ["f: a\\b\n", "f: a/b\n"],
    "a file twice": ["f: a\nf: a\ng: b\n", "f: a\ng: b\n"],
    "a misspelt hash": [`f: a : sha265=${one}\n`, `f: a : sha256=${one}\n`],
  };
  for (const [name, [text, mended]] of Object.entries(cases)) {
    it(name, () => {
      const fixes = parseManifest(text, file).problems.flatMap(({ fix }) => fix ?? []);
      assert.equal(fixes.length, 1);
      assert.equal(after(text, fixes[0]!.edits), mended);
      assert.deepEqual(parseManifest(mended, file).problems, []);
    });
  }

  it("what may mean several things carries none", () => {
    for (const text of ["two words\n", "f: ../x\n", "f: a : size=x\n", ".git/config\n"]) {
      assert.deepEqual(
        parseManifest(text, file).problems.flatMap(({ fix }) => fix ?? []),
        [],
        text,
      );
    }
  });
});
