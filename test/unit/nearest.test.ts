import assert from "node:assert/strict";
import { nearestNames } from "../../src/engine/servedRoot/nearest";

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
    it(`for "${asked}" are ${told.join(", ") || "none"}: ${why}`, () => {
      assert.deepEqual(nearestNames(asked, served), told);
    });
  }

  it("are three at most, the best first", () => {
    const many = ["a/fw.bin", "fw.img", "FW.BIN", "fw1.bin", "b/FW.bin", "fw.dtb"];
    assert.deepEqual(nearestNames("fw.bin", many), ["FW.BIN", "a/fw.bin", "b/FW.bin"]);
  });

  it("are found among 5,000 long names without blocking the loop", () => {
    const long = Array.from({ length: 5000 }, (_, index) => `${"long-name-".repeat(20)}${index}.bin`);
    const before = process.cpuUsage();
    assert.deepEqual(nearestNames(`${"name-long-".repeat(20)}7.bin`, long), []);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 200_000, `${user / 1000} ms of CPU`);
  });
});
