import assert from "node:assert/strict";
import fc from "fast-check";
import { nextTurn } from "../../src/engine/clock";
import { newSearch } from "../../src/engine/servedRoot/nearest";
import { nearestNames } from "../../src/model/nearestNames";
import { letterDistance } from "../../src/model/nearestWord";
import { countTurns } from "../support/pace";

describe("the names that are most like a missing one", () => {
  const served = [
    "u-boot.bin",
    "images/Image",
    "images/board.dtb",
    "etsw.b3",
    "copy-files4.rc",
    "old/etsw.b3",
  ];

  for (const [asked, told, why] of [
    ["U-BOOT.BIN", ["u-boot.bin"], "the case differs"],
    ["Image", ["images/Image"], "it stands in another folder"],
    ["tftpboot/u-boot.bin", ["u-boot.bin"], "the peer asks with a folder of its own"],
    ["image", ["images/Image"], "folder and case differ"],
    ["uboot.bin", ["u-boot.bin"], "a letter is missing"],
    ["u-boto.bin", ["u-boot.bin"], "two letters changed places"],
    ["u-boot.img", ["u-boot.bin"], "another format of it is there"],
    ["u-boot", ["u-boot.bin"], "the extension is missing"],
    ["copy-files5.rc", ["copy-files4.rc"], "a letter is another one"],
    ["etsw.b3", ["etsw.b3", "old/etsw.b3"], "the short path comes first"],
    ["C0A8070A.img", [], "nothing is like it"],
    ["b", [], "a short name is like everything"],
    ["", [], "there is no name"],
    ["images/", [], "a folder is no file"],
  ] as const) {
    it(`for "${asked}" are ${told.join(", ") || "none"}: ${why}`, async () => {
      assert.deepEqual(await nearestNames(asked, served, nextTurn), told);
    });
  }

  it("are three at most, the best first", async () => {
    const many = ["a/fw.bin", "fw.img", "FW.BIN", "fw1.bin", "b/FW.bin", "fw.dtb"];
    assert.deepEqual(await nearestNames("fw.bin", many, nextTurn), ["FW.BIN", "a/fw.bin", "b/FW.bin"]);
  });

  it("are found among 5,000 while others have their turn, the best of all batches", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `folder/${index}.rc`);
    many[4999] = "u-boot.bin";
    many[1] = "u-boot.binx";
    const turns = countTurns();
    assert.deepEqual(await nearestNames("u-boot.bim", many, nextTurn), ["u-boot.bin", "u-boot.binx"]);
    const taken = turns.stop();
    assert.ok(taken >= 5000 / 200 - 1, `${taken} turns`);
  });

  it("of more than 100 letters are the same name elsewhere, and none that is like it", async () => {
    const long = `${"a".repeat(240)}.bin`;
    assert.deepEqual(await nearestNames(long, [`sub/${long}`, `${"a".repeat(241)}.bin`], nextTurn), [
      `sub/${long}`,
    ]);
  });

  it("are searched one at a time, once for all who ask for one name, and for 16 names at the most", async () => {
    let looks = 0;
    let running = 0;
    const names = Array.from({ length: 400 }, (_, index) => (index === 399 ? "u-boot.bin" : `x/${index}.rc`));
    const search = newSearch(
      () => {
        looks += 1;
        return Promise.resolve(names);
      },
      async () => {
        running += 1;
        assert.equal(running, 1, "no two searches at a time");
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    );
    const asked = Array.from({ length: 100 }, (_, index) => `u-boot.${index % 50}`);
    const found = await Promise.all(asked.map(search));
    assert.equal(looks, 16);
    assert.deepEqual(
      found,
      asked.map((_, index) => (index % 50 < 16 ? ["u-boot.bin"] : [])),
    );
    assert.deepEqual(await search("u-boot.49"), ["u-boot.bin"], "there is room again");
  });

  it("are searched in a storm that does not end five times a second, among 5,000", async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => (index === 0 ? "u-boot.bin" : `x/${index}.rc`));
    let seconds = 0;
    const search = newSearch(
      () => Promise.resolve(names),
      () => Promise.resolve(),
      { now: () => seconds * 1000 },
    );
    const found: number[] = [];
    for (; seconds < 4; seconds += 1) {
      let told = 0;
      for (let asked = 0; asked < 50; asked += 1) told += (await search(`u-boot.${seconds}-${asked}`)).length;
      found.push(told);
    }
    assert.deepEqual(found, [10, 5, 5, 5]);
  });
});

describe("the distance of two names", () => {
  /** A text that counts how often a letter of it is read. */
  function counted(text: string): { readonly letters: ArrayLike<string>; reads(): number } {
    let reads = 0;
    const letters = new Proxy(text.split(""), {
      get(target, key) {
        if (key !== "length") reads += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    return { letters, reads: () => reads };
  }

  it("is the same with a bound as without, and Infinity beyond it", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 5 }), (a, b, most) => {
        const whole = letterDistance(a, b);
        assert.equal(letterDistance(a, b, most), whole > most ? Infinity : whole);
        assert.equal(whole, letterDistance(b, a));
      }),
    );
    assert.deepEqual(
      [letterDistance("", "abc"), letterDistance("ab", "ba"), letterDistance("kitten", "sitting")],
      [3, 1, 3],
    );
  });

  it("is counted near the diagonal only: a long common beginning costs its length, not its square", () => {
    const [a, b] = [counted(`${"a".repeat(97)}bcd`), counted(`${"a".repeat(97)}xyz`)];
    assert.equal(letterDistance(a.letters, b.letters, 3), 3);
    const reads = a.reads() + b.reads();
    assert.ok(reads <= 100 * 7 * 6, `${reads} letters were read`);
  });

  it("is given up at the first line that is too far, and at once where the lengths are", () => {
    const [a, b] = [counted("a".repeat(100)), counted("b".repeat(100))];
    assert.equal(letterDistance(a.letters, b.letters, 3), Infinity);
    assert.ok(a.reads() + b.reads() <= 4 * 7 * 6);
    const [short, long] = [counted("a"), counted("a".repeat(100))];
    assert.equal(letterDistance(short.letters, long.letters, 3), Infinity);
    assert.equal(short.reads() + long.reads(), 0);
  });
});
