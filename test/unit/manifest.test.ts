import assert from "node:assert/strict";
import fc from "fast-check";
import { manifestLimits, parseManifest, type ManifestEntry } from "../../src/model/manifest";

const hash = "0123456789abcdef".repeat(4);

/** The entries of a text that must have no problem. */
function entriesOf(text: string): ManifestEntry[] {
  const { entries, problems } = parseManifest(text, "m.rc");
  assert.deepEqual(problems, []);
  return entries;
}

const filesOf = (text: string): string[] => parseManifest(text, "m.rc").entries.map(({ file }) => file);

/** "line:column severity message" of each problem. */
const told = (text: string, published?: readonly string[]): string[] =>
  parseManifest(text, "m.rc", published).problems.map(
    ({ file, severity, line, column, message }) => `${file}:${line}:${column} ${severity} ${message}`,
  );

describe("the manifest (DESIGN §2.2, §2.3)", () => {
  it("each line names one file; blank lines and # comments are skipped", () => {
    assert.deepEqual(
      entriesOf("# list\nfirmware: etsw.b3\n\n  \t\n  # more: no\n  cfg  :  sub/switch.cfg  \n"),
      [
        { label: "firmware", file: "etsw.b3", line: 2, column: 11 },
        { label: "cfg", file: "sub/switch.cfg", line: 6, column: 11 },
      ],
    );
  });

  it("CRLF, CR and a byte order mark are read (X30)", () => {
    assert.deepEqual(entriesOf("\ufeffa: b\r\n\r\nc: d\re: f"), [
      { label: "a", file: "b", line: 1, column: 4 },
      { label: "c", file: "d", line: 3, column: 4 },
      { label: "e", file: "f", line: 4, column: 4 },
    ]);
  });

  it("expected hash and size may follow, in any order and case (§2.3)", () => {
    assert.deepEqual(entriesOf(`a: b : sha256=${hash.toUpperCase()} : size=0\nc: d:SIZE = 12:\n`), [
      { label: "a", file: "b", line: 1, column: 4, sha256: hash, size: 0 },
      { label: "c", file: "d", line: 2, column: 4, size: 12 },
    ]);
  });

  it("a plain reader, which takes what stands between the first two colons, reads the same files", () => {
    const text = `a: b c.bin : sha256=${hash}\nd:e/f:size=3\ng : h\n`;
    const plain = text
      .trim()
      .split("\n")
      .map((line) => line.split(":")[1]!.trim());
    assert.deepEqual(
      entriesOf(text).map(({ file }) => file),
      plain,
    );
  });

  it("the order of the lines is kept, and a label says nothing about the file", () => {
    assert.deepEqual(filesOf("x: b\nx: a\n: c\n"), ["b", "a", "c"]);
  });
});

describe("a line that cannot be used is told, and the others are used (X30)", () => {
  const cases: Record<string, readonly [line: string, column: number, message: RegExp]> = {
    "no colon": ["  just words", 3, /no colon/],
    "no name": ["label:  ", 7, /name is missing/],
    "no name before a hash": [`label: : sha256=${hash}`, 7, /name is missing/],
    "a name above the root (S24)": ["label: ../../.bashrc", 8, /leaves a folder by \.\./],
    "a name above the root by \\": ["label: ..\\x", 8, /leaves a folder/],
    "an absolute name (S24)": ["label: /etc/x", 8, /relative to the served root/],
    "a UNC name": ["label: \\\\srv\\share\\x", 8, /relative to the served root/],
    "a drive": ["label: C:\\x", 8, /C: is a drive/],
    "a device of Windows (S24)": ["label: CON", 8, /device/],
    "a file under .vscode (S24)": ["label: .vscode/settings.json", 8, /nothing under \.git and \.vscode/],
    "a file under .git (S24)": ["label: .git/hooks/post-checkout", 8, /nothing under \.git and \.vscode/],
    "a dot file that the plan does not name": ["label: .env", 8, /dot files/],
    "a key that the plan does not name": ["label: keys/server.pem", 8, /keys are not served/],
    "a folder": ["label: images/", 8, /is a folder/],
    "the root itself": ["label: .", 8, /is a folder/],
    "NUL in the name (S23)": ["label: a\0b", 8, /control character/],
    "an escape in the name": ["label: a\u001b[2Jb", 8, /control character/],
    "bytes that are not UTF-8": ["label: a\ufffdb", 9, /not UTF-8/],
    "a name that is too long": [`label: ${"a".repeat(256)}`, 8, /longer than/],
  };
  for (const [name, [line, column, message]] of Object.entries(cases)) {
    it(name, () => {
      const text = `one: 1.bin\n${line}\ntwo: 2.bin\n`;
      assert.deepEqual(filesOf(text), ["1.bin", "2.bin"]);
      const [problem, ...others] = told(text);
      assert.deepEqual(others, []);
      assert.ok(problem!.startsWith(`m.rc:2:${column} error `), problem);
      assert.match(problem!, message);
      assert.doesNotMatch(problem!, /[\u0000-\u001f]/);
    });
  }

  it("dot files and keys that the plan names may stand in it, .git and .vscode never (DESIGN §6)", () => {
    const published = [".config", "a.pem", ".git/x"];
    assert.deepEqual(told("a: .config\nb: a.pem\n", published), []);
    assert.match(told("c: .git/x", published)[0]!, /nothing under/);
  });

  const extras: Record<string, readonly [extra: string, severity: string, message: RegExp]> = {
    "a hash that is too short": ["sha256=abc", "error", /64 hexadecimal digits/],
    "a hash with other letters": [`sha256=${"g".repeat(64)}`, "error", /64 hexadecimal digits/],
    "a hash without a value": ["sha256", "error", /64 hexadecimal digits/],
    "a size that is no number": ["size=1k", "error", /size=<bytes>/],
    "a size below zero": ["size=-1", "error", /size=<bytes>/],
    "a size that no number holds": ["size=9007199254740993", "error", /size=<bytes>/],
    "a misspelt hash, which must not look checked": [`sha265=${hash}`, "error", /did you mean sha256=\?/],
    "a hash of another kind": ["md5=abc", "warning", /known are sha256=/],
    "anything else": ["optional", "warning", /is not read/],
    "a member of every object": ["constructor=1", "warning", /is not read/],
    "a size twice": ["size=1 : size=1", "error", /twice/],
  };
  for (const [name, [extra, severity, message]] of Object.entries(extras)) {
    it(`${name}: the file is fetched all the same`, () => {
      const text = `a: b : ${extra}\n`;
      assert.deepEqual(filesOf(text), ["b"]);
      const problems = told(text);
      assert.equal(problems.length, 1);
      assert.ok(problems[0]!.includes(` ${severity} `), problems[0]);
      assert.match(problems[0]!, message);
    });
  }

  it("a file twice is a warning, with the line of the first (X30)", () => {
    const text = "a: x\nb: y\nc: ./x\n";
    assert.deepEqual(filesOf(text), ["x", "y", "x"]);
    assert.deepEqual(told(text), ['m.rc:3:4 warning "x" stands in line 1 already']);
  });

  it("a file twice with two hashes or sizes is an error", () => {
    assert.match(told(`a: x : size=1\nb: x : size=2\n`)[0]!, /m\.rc:2:4 error line 1 says another/);
    const other = "f".repeat(64);
    assert.match(told(`a: x : sha256=${hash}\nb: x : sha256=${other}\n`)[0]!, /error line 1 says another/);
    assert.match(told(`a: x : sha256=${hash}\nb: x : size=3\n`)[0]!, /warning/);
  });

  it("\\ between folders is a warning: other servers do not read it as /", () => {
    assert.deepEqual(filesOf("a: sub\\x\n"), ["sub/x"]);
    assert.match(told("a: sub\\x\n")[0]!, /m\.rc:1:4 warning write "sub\/x"/);
  });

  it("a manifest that names no file is told (X30: 0 lines)", () => {
    for (const text of ["", "\n\n", "# only a comment\n"]) {
      assert.deepEqual(told(text), ["m.rc:1:1 warning the manifest names no file"]);
    }
  });

  it("UTF-16 is told once", () => {
    const wide = "\ufffd\ufffd" + "a: b\nc: d\n".replace(/./gs, "$&\0");
    assert.deepEqual(told(wide), ["m.rc:1:1 error the manifest is UTF-16; save it as UTF-8"]);
  });
});

describe("a manifest without end (S23)", () => {
  it("10 MB are not read at all", () => {
    const { entries, problems } = parseManifest("a: b\n".repeat(2_000_000), "m.rc");
    assert.deepEqual(entries, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, /larger than 1 MiB/);
  });

  it("of a million lines the first 10,000 are used, and one problem is told", () => {
    const lines = "a:b\n".repeat(3) + "\n".repeat(1_000_000) + "c:d\n";
    const { entries, problems } = parseManifest(lines, "m.rc");
    assert.equal(entries.length, 3);
    // The two warnings are the repeated file.
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ["warning", "warning", "error"],
    );
  });

  it("of half a million problems a thousand of each kind are told, and that there are more", () => {
    const line = `a: b${": x".repeat(300_000)}`;
    const text = [line, ...Array<string>(2_000).fill("no colon"), "c: d"].join("\n");
    const { entries, problems } = parseManifest(text, "m.rc");
    assert.deepEqual(
      entries.map(({ file }) => file),
      ["b", "d"],
    );
    const [warnings, errors] = (["warning", "error"] as const).map((wanted) =>
      problems.filter(({ severity }) => severity === wanted),
    );
    assert.deepEqual([warnings?.length, errors?.length], [1_001, 1_001]);
    assert.match(warnings?.at(-1)?.message ?? "", /^there are more than 1000 warnings/);
    assert.deepEqual([errors?.at(-1)?.line, errors?.at(-1)?.column], [1_002, 1]);
  });

  it("exactly as many lines as allowed are no problem, one more is", () => {
    const line = (index: number): string => `l: f${index}\n`;
    const full = Array.from({ length: manifestLimits.lines }, (_, index) => line(index)).join("");
    assert.equal(entriesOf(full).length, manifestLimits.lines);
    const { entries, problems } = parseManifest(full + line(manifestLimits.lines), "m.rc");
    assert.equal(entries.length, manifestLimits.lines);
    assert.deepEqual(
      problems.map(({ line: at, severity }) => `${at} ${severity}`),
      [`${manifestLimits.lines + 1} error`],
    );
  });
});

describe("any manifest", () => {
  const word = fc.stringMatching(/^[a-z][A-Za-z0-9 _-]{0,8}[a-z0-9]$/);
  const path = fc.stringMatching(/^[a-z0-9]{1,6}(\/[A-Za-z0-9_-]{2,6}){0,3}x$/);
  const expected = fc.record(
    { sha256: fc.stringMatching(/^[0-9a-f]{64}$/), size: fc.maxSafeNat() },
    { requiredKeys: [] },
  );
  const line = fc.tuple(word, path, expected);

  it("is read back as it was written", () => {
    const lines = fc.uniqueArray(line, { minLength: 1, maxLength: 20, selector: ([, file]) => file });
    fc.assert(
      fc.property(lines, fc.constantFrom("\n", "\r\n", "\r"), (written, end) => {
        const text = written
          .map(([label, file, { sha256, size }]) => {
            const hashed = sha256 === undefined ? "" : ` : sha256=${sha256}`;
            return `${label}: ${file}${hashed}${size === undefined ? "" : ` : size=${size}`}${end}`;
          })
          .join("");
        const wanted = written.map(([label, file, extra], index) => ({
          label,
          file,
          line: index + 1,
          column: label.length + 3,
          ...extra,
        }));
        assert.deepEqual(entriesOf(text), wanted);
      }),
    );
  });

  it("of any text never makes the parser throw, and names no file that leaves the root", () => {
    const lines = fc
      .array(fc.string({ unit: fc.constantFrom(..."a.:/\\ #=\r\n\0\ufeff~C".split("")), maxLength: 12 }))
      .map((parts) => parts.join("\n"));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), lines), (text) => {
        const count = text.split(/\r\n|\r|\n/).length;
        const { entries, problems } = parseManifest(text, "m.rc");
        for (const { file } of entries) assert.doesNotMatch(file, /^\/|\\|(^|\/)\.\.?(\/|$)|^\.|\/\./);
        for (const problem of problems) {
          assert.ok(problem.line >= 1 && problem.line <= count);
          assert.ok(problem.column >= 1);
        }
      }),
      { numRuns: 200 },
    );
  });
});
