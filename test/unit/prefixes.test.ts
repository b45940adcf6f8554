import assert from "node:assert/strict";
import { withoutPrefixes } from "../../src/model/prefixes";

/** `folder + rest` for each prefix that a name begins with. */
const parts = (name: string, ...prefixes: readonly string[]): string[] =>
  withoutPrefixes(name, prefixes).map(({ folder, rest }) => `${folder} + ${rest}`);

describe("a leading folder that is left out of a name", () => {
  it("is a folder as it stands, however the board writes it", () => {
    for (const name of ["tftpboot/u-boot.bin", "/tftpboot/u-boot.bin", "\\tftpboot\\u-boot.bin"])
      assert.deepEqual(parts(name, "tftpboot"), ["tftpboot + u-boot.bin"], name);
    assert.deepEqual(parts("/srv/tftp/sub/x", "/srv/tftp/"), ["srv/tftp + sub/x"]);
    assert.deepEqual(parts("TFTPBOOT/x", "tftpboot"), ["TFTPBOOT + x"]);
    assert.deepEqual(parts("tftpboot", "tftpboot"), ["tftpboot + "]);
  });

  it("is a whole folder: not the beginning of another one, and nothing within the name", () => {
    assert.deepEqual(parts("tftpboot2/x", "tftpboot"), []);
    assert.deepEqual(parts("a/tftpboot/x", "tftpboot"), []);
    assert.deepEqual(parts("axb/x", "a.b"), [], "a dot is a dot");
  });

  it("may be the serial number of a Raspberry Pi, or a MAC", () => {
    assert.deepEqual(parts("9ffefdef/start4.elf", "<serial>"), ["9ffefdef + start4.elf"]);
    assert.deepEqual(parts("dc-a6-32-01-36-c2/start4.elf", "<mac>"), ["dc-a6-32-01-36-c2 + start4.elf"]);
    assert.deepEqual(parts("pi/DCA6320136C2/x", "pi/<mac>"), ["pi/DCA6320136C2 + x"]);
    for (const name of ["9ffefde/x", "9ffefdef0/x", "overlays/x", "ffefdefg/x"])
      assert.deepEqual(parts(name, "<serial>", "<mac>"), [], name);
  });

  it("is each of several that the name begins with, in their order", () => {
    assert.deepEqual(parts("a/b/x", "a/b", "a", "c"), ["a/b + x", "a + b/x"]);
  });
});
