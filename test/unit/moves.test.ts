import assert from "node:assert/strict";
import { resolve } from "node:path";
import { nameBelow, renamedBelow } from "../../src/extension/manifest/moves";

const folder = resolve("work");
const bench = resolve(folder, "boards/bench-1");
const move = (from: string, to: string): { from: string; to: string } => ({
  from: resolve(folder, from),
  to: resolve(folder, to),
});

describe("the name of a path below a root", () => {
  for (const [path, name] of [
    ["u-boot.bin", "u-boot.bin"],
    ["boards/bench-1/u-boot.bin", "boards/bench-1/u-boot.bin"],
    ["..u-boot.bin", "..u-boot.bin"],
    ["", ""],
    ["..", undefined],
    ["../work2/u-boot.bin", undefined],
  ] as const) {
    it(`${JSON.stringify(path)} is ${JSON.stringify(name)}`, () => {
      assert.equal(nameBelow(folder, resolve(folder, path)), name);
    });
  }
});

describe("names below a root after files have moved", () => {
  it("a file of one root is not the file of the same name in another", () => {
    const moves = [move("u-boot.bin", "u-boot2.bin")];
    assert.equal(renamedBelow(moves, folder, "u-boot.bin"), "u-boot2.bin");
    assert.equal(renamedBelow(moves, bench, "u-boot.bin"), undefined);
  });

  it("a file has its new name below each root that it lies in", () => {
    const moves = [move("boards/bench-1/u-boot.bin", "boards/bench-1/new/u-boot.bin")];
    assert.equal(renamedBelow(moves, bench, "u-boot.bin"), "new/u-boot.bin");
    assert.equal(renamedBelow(moves, folder, "boards/bench-1/u-boot.bin"), "boards/bench-1/new/u-boot.bin");
    assert.equal(renamedBelow(moves, folder, "u-boot.bin"), undefined);
  });

  it("below a root that moves the names stay, and the root has another", () => {
    const moves = [move("boards", "racks")];
    assert.equal(renamedBelow(moves, bench, "u-boot.bin"), undefined);
    assert.equal(renamedBelow(moves, folder, "boards/bench-1"), "racks/bench-1");
    assert.equal(renamedBelow(moves, folder, ""), undefined);
  });

  it("a file that leaves the root keeps its name there, and so does one beside what moves", () => {
    const moves = [move("boards/bench-1/a", "a"), move("boards/bench-1/b", "boards/bench-1/c")];
    assert.equal(renamedBelow(moves, bench, "a"), undefined);
    assert.equal(renamedBelow(moves, bench, "b2"), undefined);
    assert.equal(renamedBelow(moves, bench, "b/x"), "c/x");
  });
});
