import assert from "node:assert/strict";
import fc from "fast-check";
import { CommandReader, parseCommand, tooLong } from "../../src/engine/ftpServer/commandReader";

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));

const read = (...chunks: Uint8Array[]): string[] => {
  const reader = new CommandReader(4096);
  return chunks.flatMap((chunk) => {
    const lines = reader.push(chunk);
    assert.notEqual(lines, tooLong);
    return lines as string[];
  });
};

const iac = 255;

describe("The reader of FTP command lines", () => {
  it("joins a command that comes in two segments (F9)", () => {
    assert.deepEqual(read(bytes("SI"), bytes("ZE fw.bin\r"), bytes("\nNO"), bytes("OP\r\n")), [
      "SIZE fw.bin",
      "NOOP",
    ]);
  });

  it("gives the same lines however the bytes are cut (F9, X19)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ -~äß名]{0,40}$/), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 20 }),
        (lines, cuts) => {
          const whole = Buffer.from(lines.map((line) => `${line}\r\n`).join(""));
          const at = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
            (a, b) => a - b,
          );
          const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end));
          assert.deepEqual(read(...chunks), lines);
        },
      ),
    );
  });

  it("never throws on any bytes, and keeps no more than a line of them (X19)", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        const reader = new CommandReader(100);
        for (const chunk of chunks) {
          const lines = reader.push(chunk);
          if (lines === tooLong) return;
          for (const line of lines) assert.ok(Buffer.byteLength(line, "latin1") <= 101);
        }
      }),
    );
  });

  it("takes a bare LF as the end of a line (P4, RFC 1123 §4.1.2.10)", () => {
    assert.deepEqual(read(bytes("NOOP\nQUIT\r\n")), ["NOOP", "QUIT"]);
  });

  it("strips Telnet commands: two bytes, options and subnegotiations (P4, RFC 1123 §4.1.2.10)", () => {
    assert.deepEqual(
      read(
        bytes(
          "NO",
          iac,
          251,
          1,
          "OP",
          iac,
          250,
          24,
          1,
          iac,
          iac,
          9,
          iac,
          240,
          "\r\n",
          iac,
          244,
          iac,
          242,
          "ABOR\r\n",
        ),
      ),
      ["NOOP", "ABOR"],
    );
  });

  it("takes a doubled IAC for the byte itself, and a Data Mark whose IAC went as urgent data for nothing (P4)", () => {
    assert.deepEqual(read(bytes("RETR a", iac, iac, "b\r\n", iac, 244, 242, "ABOR\r\n")), [
      "RETR a\u00ffb",
      "ABOR",
    ]);
  });

  it("takes an ABOR whose LF went as urgent data, and ends no second line where it came (P18)", () => {
    assert.deepEqual(read(bytes("ABOR\r"), bytes("\nNOOP\r\n")), ["ABOR", "NOOP"]);
    assert.deepEqual(read(bytes("abor\r"), bytes("NOOP\r\n")), ["abor", "NOOP"]);
  });

  it("says when a line is too long, before it ends (F24)", () => {
    const reader = new CommandReader(4096);
    assert.deepEqual(reader.push(Buffer.alloc(4096, "a")), []);
    assert.equal(reader.push(Buffer.alloc(2, "a")), tooLong);
  });

  it("reads UTF-8, and Latin-1 where it is none (P16)", () => {
    assert.deepEqual(read(bytes("SIZE Gerät\r\n"), bytes("SIZE Ger", 0xe4, "t\r\n")), [
      "SIZE Gerät",
      "SIZE Gerät",
    ]);
  });
});

describe("A command line", () => {
  it("keeps its argument as it came: quotes, dashes, blanks (F30, P16)", () => {
    assert.deepEqual(parseCommand('size -a "b  c" '), { verb: "SIZE", argument: '-a "b  c" ' });
    assert.deepEqual(parseCommand("RETR  x"), { verb: "RETR", argument: " x" });
    assert.deepEqual(parseCommand("noop"), { verb: "NOOP", argument: "" });
  });
});
