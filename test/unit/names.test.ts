import assert from "node:assert/strict";
import fc from "fast-check";
import { checkName, normalizeName, protectedRule } from "../../src/model/names";
import { printable } from "../../src/model/text";
import { nameCorpus } from "../support/nameCorpus";

/** The rule that a name breaks, of its form or because the file is protected; `undefined`: it is an ordinary name. */
function ruleOf(name: string): string | undefined {
  const checked = checkName(name);
  return "refused" in checked ? checked.refused.code : protectedRule(checked.path)?.code;
}

describe("the name policy", () => {
  it("is tested with at least 150 hostile names", () => {
    assert.ok(new Set(nameCorpus.map(([name]) => name)).size >= 150);
  });

  for (const [name, rule] of nameCorpus) {
    it(`judges "${printable(name).slice(0, 60)}" by ${rule} (T38, S21, S22, S29)`, () => {
      assert.equal(ruleOf(name), rule === "missing" ? undefined : rule);
    });
  }

  it("reads a backslash as a slash, several as one, and a leading one as the served root (DESIGN §2.1)", () => {
    const spellings = {
      "u-boot.bin": "u-boot.bin",
      "/u-boot.bin": "u-boot.bin",
      "//u-boot.bin": "u-boot.bin",
      "./u-boot.bin": "u-boot.bin",
      ".\\u-boot.bin": "u-boot.bin",
      "\\u-boot.bin": "u-boot.bin",
      "Boot\\x64\\wdsnbp.com": "Boot/x64/wdsnbp.com",
      "\\Boot\\\\x64//wdsnbp.com": "Boot/x64/wdsnbp.com",
      "sub/./fw.bin": "sub/fw.bin",
      "sub/": "sub",
      "sub/.": "sub",
      "/": "",
      ".": "",
      "./": "",
      "\\": "",
    };
    const read = Object.keys(spellings).map((name) => [name, checkName(name)]);
    assert.deepEqual(
      Object.fromEntries(read),
      Object.fromEntries(Object.entries(spellings).map(([name, path]) => [name, { path }])),
    );
  });

  it("leaves ordinary names alone, % and spaces and every script among them", () => {
    const names = [
      "Image",
      "board-rev2_a.dtb",
      "copy files 4.rc",
      "100%.bin",
      "%2e%2e",
      "a..b",
      "a.b.c",
      "~backup",
      "fw (1).bin",
      "fw,1;2=3+4@5#6!.bin",
      "прошивка.bin",
      "固件.bin",
      "ü".repeat(127),
      "a".repeat(255),
      "console.bin",
      "aux1.bin",
      "com10.bin",
      " leading",
      "نرم\u200cافزار.bin",
    ];
    assert.deepEqual(
      names.map((name) => checkName(name)),
      names.map((path) => ({ path })),
    );
  });

  it("lets a path have 32 parts and 1024 bytes, and no more (security §2.3)", () => {
    assert.equal(ruleOf("a/".repeat(31) + "a"), undefined);
    assert.equal(ruleOf("a/".repeat(32) + "a"), "name.tooDeep");
    const path = (bytes: number): string => `${"x".repeat(249)}/`.repeat(4) + "y".repeat(bytes - 1000);
    assert.equal(ruleOf(path(1024)), undefined);
    assert.equal(ruleOf(path(1025)), "name.tooLong");
  });

  it("serves a dot file or a key that the plan names, but nothing under .git or .vscode (DESIGN §6)", () => {
    const rules = (published: boolean): (string | undefined)[] =>
      [".env", ".cache/fw.bin", "board.pem", "id_rsa", ".git/config", "sub/.vscode/x"].map(
        (name) => protectedRule(name, published)?.code,
      );
    const repository = "name.repository";
    assert.deepEqual(rules(false), [
      "name.dotFile",
      "name.dotFile",
      "name.key",
      "name.key",
      repository,
      repository,
    ]);
    assert.deepEqual(rules(true), [undefined, undefined, undefined, undefined, repository, repository]);
  });

  it("knows a key and a folder of VS Code by letters that a disk may take for theirs: the sign of Kelvin, the long s", () => {
    const rules = ["board.\u212aey", ".V\u017fcode/settings.json"].map((name) => protectedRule(name)?.code);
    assert.deepEqual(rules, ["name.key", "name.repository"]);
  });

  it("says with every refusal what to do about it", () => {
    for (const [name, rule] of nameCorpus) {
      if (rule === "missing") continue;
      const checked = checkName(name);
      const trouble = "refused" in checked ? checked.refused : protectedRule(checked.path);
      assert.ok(trouble?.message !== "" && trouble?.remedy?.endsWith(".") === true, rule);
    }
  });

  it("never throws, and what it accepts is below the served root, whatever comes", () => {
    const pieces = fc.constantFrom(
      "..",
      ".",
      "/",
      "\\",
      "a",
      "C:",
      " ",
      "%2e",
      "\u0000",
      "NUL",
      ".git",
      "\ud800",
    );
    const names = fc.oneof(
      fc.string({ unit: "binary", maxLength: 600 }),
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(names, (name) => {
        const checked = checkName(name);
        if ("refused" in checked) return;
        assert.deepEqual(checked.path, normalizeName(checked.path), "a second look changes nothing");
        const components = checked.path === "" ? [] : checked.path.split("/");
        assert.ok(components.every((part) => part !== "" && part !== "." && part !== ".."));
        assert.doesNotMatch(checked.path, /[\u0000-\u001f\u007f-\u009f\\:]/);
      }),
      { numRuns: 5000 },
    );
  });
});
