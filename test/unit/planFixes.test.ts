import assert from "node:assert/strict";
import { lacksOf, pathsOf, type Found } from "../../src/model/planFiles";
import { parsePlan } from "../../src/model/planParser";

const file = ".vscode/boot-plan.json";

/** The text after every fix that the problems of a plan offer, and what they are called. */
function mended(text: string): { text: string; titles: string[] } {
  const fixes = parsePlan(text, file).problems.flatMap(({ fix }) => fix ?? []);
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n/g), (end) => end.index + end[0].length)];
  const offset = ({ line, column }: { line: number; column: number }): number =>
    starts[line - 1]! + column - 1;
  const edits = fixes
    .flatMap((fix) => fix.edits)
    .map(({ at, text: put }) => ({ from: offset(at), to: offset(at.end!), put }))
    .sort((a, b) => b.from - a.from);
  const after = edits.reduce((now, { from, to, put }) => now.slice(0, from) + put + now.slice(to), text);
  return { text: after, titles: fixes.map(({ title }) => title) };
}

describe("a problem of the plan whose mend is obvious carries it", () => {
  const mac = '"mac": "5254.0000.0001"';
  const cases: Record<string, readonly [string, string, string]> = {
    "a key with a typing error": ['{ "Boot": "a" }', '{ "boot": "a" }', 'Write "boot"'],
    "a key of a client": [
      `{ "clients": [{ ${mac}, "adress": "10.0.0.1" }] }`,
      `{ "clients": [{ ${mac}, "address": "10.0.0.1" }] }`,
      'Write "address"',
    ],
    "a key that stands twice, the last one": [
      '{\n  "root": "a", // the first\n  "root": "b"\n}',
      '{\n  "root": "a" // the first\n}',
      "Remove it",
    ],
    "a key that stands twice, in the middle": [
      '{ "root": "a", "root": "b" /* c */, "boot": "x" }',
      '{ "root": "a", "boot": "x" }',
      "Remove it",
    ],
    "a file that stands twice": [
      '{ "tftp": [\r\n  "a", // one\r\n  "a",\r\n] }',
      '{ "tftp": [\r\n  "a", // one\r\n] }',
      "Remove it",
    ],
    "a client that stands twice": [
      `{ "clients": [{ ${mac} }, { ${mac} }] }`,
      `{ "clients": [{ ${mac} }] }`,
      "Remove it",
    ],
    "an alias that is the same name": [
      '{ "aliases": { "a/b": "x", "a//b": "y" } }',
      '{ "aliases": { "a/b": "x" } }',
      "Remove it",
    ],
    "an alias to an alias": [
      '{ "aliases": { "a": "b", "b": "c" } }',
      '{ "aliases": { "a": "c", "b": "c" } }',
      'Write "c"',
    ],
    "a root from the disk's own": ['{ "root": "/images/" }', '{ "root": "images" }', 'Write "images"'],
    "a text for a list": ['{ "tftp": "a" }', '{ "tftp": ["a"] }', 'Write ["a"]'],
    "too short a silence": ['{ "silentSeconds": 2.5 }', '{ "silentSeconds": 8 }', "Write 8"],
    "a memory that is shorter than the silence": [
      '{ "silentSeconds": 20, "restartSeconds": 9 }',
      '{ "silentSeconds": 20, "restartSeconds": 20 }',
      "Write 20",
    ],
    "an octal address": ['{ "server": "10.0.0.01" }', '{ "server": "10.0.0.1" }', 'Write "10.0.0.1"'],
    "a pool that is turned around": [
      '{ "pool": "10.0.0.9 - 10.0.0.1" }',
      '{ "pool": "10.0.0.1-10.0.0.9" }',
      'Write "10.0.0.1-10.0.0.9"',
    ],
    "an answer with a typing error": ['{ "answer": "board" }', '{ "answer": "boards" }', 'Write "boards"'],
    "an answer to nobody": ['{ "answer": "listed" }', '{ "answer": "boards" }', 'Write "boards"'],
  };
  for (const [name, [text, after, title]] of Object.entries(cases)) {
    it(name, () => {
      assert.deepEqual(mended(text), { text: after, titles: [title] });
      assert.deepEqual(parsePlan(after, file).problems, []);
    });
  }

  it("what may mean several things carries none", () => {
    for (const text of [
      '{ "root": "../x" }',
      '{ "root": "/../x" }',
      '{ "root": "/" }',
      '{ "zzzzzzzz": 1 }',
      "[",
    ]) {
      assert.deepEqual(mended(text).titles, [], text);
    }
  });

  it("a thousand duplicates cost no more than their number", () => {
    const many = Array.from({ length: 100_000 }, () => '"a"').join(", ");
    const started = process.cpuUsage().user;
    assert.equal(parsePlan(`{ "tftp": [${many}] }`, file).problems.length, 99_999);
    const seconds = (process.cpuUsage().user - started) / 1e6;
    assert.ok(seconds < 3, `${seconds} s of processor time`);
  });
});

describe("what a plan names and is not there", () => {
  const text = '{ "root": "out",\n "boot": "a", "tftp": ["b", "c"] }';

  function lacks(found: Readonly<Record<string, Found>>): string[] {
    const parsed = parsePlan(text, file);
    assert.deepEqual(pathsOf(parsed.plan!, parsed.named), ["out", "out/a", "out/b", "out/c"]);
    return lacksOf(parsed, parsed.plan!, (path) => found[path]).map(
      ({ problem: { severity, line, column, end, message }, absent = "" }) =>
        `${severity} ${line}:${column}-${end!.column} ${message} (${absent})`,
    );
  }

  it("is told from what there is: a file is a warning, a folder in its place an error", () => {
    assert.deepEqual(lacks({ out: "folder", "out/a": "file", "out/b": "folder" }), [
      'error 2:24-27 "b" is a folder; name a file ()',
      'warning 2:29-32 "c" is not there yet; it will be served as soon as it is built (c)',
    ]);
  });

  it("is the root alone where that is missing, or is a file", () => {
    assert.deepEqual(lacks({}), [
      'warning 1:11-16 the folder "out" is not there yet; it will be served as soon as it is (out)',
    ]);
    assert.deepEqual(lacks({ out: "file" }), ['error 1:11-16 "out" is a file; "root" is a folder ()']);
  });
});
