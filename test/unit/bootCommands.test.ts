import assert from "node:assert/strict";
import { bootCommands } from "../../src/extension/plan/bootCommands";

const file = { server: "192.168.7.1", tftpPort: 69, ftpPort: 21, file: "u-boot.bin", crc32: "0a1b2c3d" };
const lines = (loader: string, more: Partial<typeof file> = {}): readonly string[] | undefined =>
  bootCommands({ ...file, ...more }).find((each) => each.loader === loader)?.lines;

describe("what is typed at a boot loader (DESIGN §5)", () => {
  it("loads the file and says which CRC it is to have", () => {
    assert.deepEqual(lines("U-Boot"), [
      "setenv serverip 192.168.7.1",
      "tftpboot ${loadaddr} u-boot.bin",
      "crc32 ${loadaddr} ${filesize} # expect 0a1b2c3d",
    ]);
    assert.deepEqual(lines("iPXE"), ["dhcp", "chain tftp://192.168.7.1/u-boot.bin"]);
    assert.deepEqual(lines("Cisco IOS"), ["copy tftp://192.168.7.1/u-boot.bin flash:"]);
    assert.deepEqual(lines("VxWorks"), ["<device>(0,0)host:/u-boot.bin h=192.168.7.1 u=anonymous pw=boot"]);
  });

  it("names another port where the loader can be told", () => {
    assert.deepEqual(lines("U-Boot", { tftpPort: 6969 })?.[1], "setenv tftpdstp 6969");
    assert.deepEqual(lines("curl", { tftpPort: 6969, ftpPort: 2121 }), [
      "curl -O 'tftp://192.168.7.1:6969/u-boot.bin'",
      "curl -O 'ftp://192.168.7.1:2121/u-boot.bin'",
    ]);
  });

  it("says which loader cannot be told, and asks in vain", () => {
    const lacks = (more: Partial<typeof file>): unknown[] =>
      bootCommands({ ...file, ...more }).flatMap(({ loader, lack }) => (lack ? [[loader, lack]] : []));
    assert.deepEqual(lacks({}), []);
    assert.deepEqual(lacks({ tftpPort: 6969, ftpPort: 2121 }), [
      ["Cisco IOS", "asks TFTP on port 69 only, and it listens on 6969"],
      ["VxWorks", "asks FTP on port 21 only, and it listens on 2121"],
    ]);
  });

  it("a name with a quote in it does not become a command", () => {
    assert.equal(lines("U-Boot", { file: "a';reset" })?.[1], "tftpboot ${loadaddr} 'a'\\'';reset'");
    assert.equal(
      lines("curl", { file: "a';reboot;'" })?.[0],
      "curl -O 'tftp://192.168.7.1/a%27%3Breboot%3B%27'",
    );
  });

  it("a name with a blank stays one word", () => {
    assert.equal(lines("U-Boot", { file: "a b/c.bin" })?.[1], "tftpboot ${loadaddr} 'a b/c.bin'");
    assert.equal(lines("curl", { file: "a b/c.bin" })?.[0], "curl -O 'tftp://192.168.7.1/a%20b/c.bin'");
  });
});
