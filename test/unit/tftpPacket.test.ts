import assert from "node:assert/strict";
import fc from "fast-check";
import { MalformedPacket } from "../../src/protocol/errors";
import {
  decodePacket,
  encodeAck,
  encodeData,
  encodeError,
  encodeOack,
  encodeRequest,
  type Packet,
  type Request,
} from "../../src/protocol/tftp/packet";
import { seededRandom } from "../support/random";

/** Bytes of Latin-1 text, in which `|` stands for NUL. */
const wire = (opcode: number, text: string): Uint8Array =>
  Uint8Array.from([
    0,
    opcode,
    ...Array.from(text, (character) => (character === "|" ? 0 : character.charCodeAt(0))),
  ]);

function request(text: string): Request {
  const packet = decodePacket(wire(1, text));
  assert.ok(packet.op === "RRQ");
  return packet;
}

function encode(packet: Packet): Uint8Array {
  switch (packet.op) {
    case "RRQ":
    case "WRQ":
      return encodeRequest(packet);
    case "DATA":
      return encodeData(packet.block, packet.data);
    case "ACK":
      return encodeAck(packet.block);
    case "ERROR":
      return encodeError(packet.code, packet.message);
    case "OACK":
      return encodeOack(packet.options);
  }
}

const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => !value.includes("\0"));
const name = text.map((value) => value.toLowerCase()).filter((value) => value !== "");
const options = fc.dictionary(name, text, { maxKeys: 4 }).map((record) => new Map(Object.entries(record)));
const uint16 = fc.integer({ min: 0, max: 0xffff });
const packets: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ op: fc.constantFrom("RRQ" as const, "WRQ" as const), file: name, mode: name, options }),
  fc.record({ op: fc.constant("DATA" as const), block: uint16, data: fc.uint8Array({ maxLength: 600 }) }),
  fc.record({ op: fc.constant("ACK" as const), block: uint16 }),
  fc.record({ op: fc.constant("ERROR" as const), code: uint16, message: text }),
  fc.record({ op: fc.constant("OACK" as const), options }),
);
const fits = (packet: Packet): boolean => {
  try {
    return (
      encode(packet).length > 0 &&
      (packet.op !== "ERROR" || new TextEncoder().encode(packet.message).length <= 200)
    );
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return false;
  }
};

describe("TFTP packets", () => {
  it("every packet is read as it was written (RFC 1350 §5)", () => {
    fc.assert(
      fc.property(packets, (packet) => {
        fc.pre(fits(packet));
        assert.deepEqual(decodePacket(encode(packet)), { ...packet });
      }),
    );
  });

  it("any bytes are a packet or malformed, and nothing else is thrown (S5, X18)", () => {
    const random = seededRandom(1);
    const seen = { read: 0, malformed: 0 };
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256));
      // Most of them with a known opcode and some NULs, or none would pass the first check.
      if (bytes.length > 2 && random() < 0.9) bytes.set([0, Math.floor(random() * 8)]);
      for (let nul = 0; nul < 6; nul += 1) bytes[2 + Math.floor(random() * 58)] = 0;
      try {
        decodePacket(bytes);
        seen.read += 1;
      } catch (error) {
        assert.ok(error instanceof MalformedPacket, String(error));
        seen.malformed += 1;
      }
    }
    assert.ok(seen.read > 2000 && seen.malformed > 2000, JSON.stringify(seen));
  });

  it("every prefix of a request is a packet or malformed (S4, S5)", () => {
    const whole = wire(1, "fw.bin|octet|blksize|1428|tsize|0|");
    for (let length = 0; length < whole.length; length += 1) {
      const prefix = whole.subarray(0, length);
      if (prefix.at(-1) === 0 && length > 10) assert.doesNotThrow(() => decodePacket(prefix));
      else assert.throws(() => decodePacket(prefix), MalformedPacket, `${length}`);
    }
  });

  it("packets shorter than their fixed part are malformed (T6)", () => {
    for (const bytes of [[], [0], [0, 3], [0, 3, 0], [0, 4, 0], [0, 5, 0], [0, 5]]) {
      assert.throws(() => decodePacket(Uint8Array.from(bytes)), MalformedPacket, bytes.join());
    }
  });

  it("opcodes that RFC 1350 and 2347 do not know are malformed (T5)", () => {
    for (const opcode of [0, 7, 8, 255])
      assert.throws(() => decodePacket(wire(opcode, "a|b|")), MalformedPacket);
    assert.throws(() => decodePacket(Uint8Array.of(1, 1, 97, 0, 98, 0)), MalformedPacket);
  });

  it("a request needs its NULs, a name and a mode, and at most 512 bytes (T18, RFC 2347 §2)", () => {
    for (const bad of ["fw.bin|octet", "fw.bin", "", "|octet|", "fw.bin|", "fw.bin|octet|blksize|14"]) {
      assert.throws(() => request(bad), MalformedPacket, bad);
    }
    const longest = `${"n".repeat(512 - 2 - 7)}|octet|`;
    assert.equal(request(longest).file.length, 503);
    assert.throws(() => request(`n${longest}`), MalformedPacket);
  });

  it("mode and option names are read in any case (T17, T27, RFC 1350 §5, RFC 2347 §2)", () => {
    const { mode, options: read } = request("fw.bin|OcTeT|BLKSIZE|1428|tSize|0|");
    assert.equal(mode, "octet");
    assert.deepEqual(
      [...read],
      [
        ["blksize", "1428"],
        ["tsize", "0"],
      ],
    );
  });

  it("of an option that comes twice the first counts (T29)", () => {
    assert.deepEqual([...request("f|octet|blksize|512|BLKSIZE|1428|").options], [["blksize", "512"]]);
  });

  it("an option without a value, and padding, are ignored (T30)", () => {
    assert.deepEqual([...request("f|octet|tsize|0|blksize|").options], [["tsize", "0"]]);
    assert.deepEqual([...request("f|octet||||||").options], []);
  });

  it("a name that only contains another option's name is not that option (S4)", () => {
    const packet = decodePacket(wire(6, "foo_blksize_bar|9|"));
    assert.ok(packet.op === "OACK" && !packet.options.has("blksize"));
  });

  it("an OACK that ends within a text is malformed (S4)", () => {
    assert.throws(() => decodePacket(wire(6, "blksize|14")), MalformedPacket);
  });

  it("200 options in one request are read, and nothing grows (S2)", () => {
    assert.equal(
      request(`f|octet|${Array.from({ length: 100 }, (_, index) => `${index % 50}|1|`).join("")}`).options
        .size,
      50,
    );
  });

  it("an ERROR without text or NUL still has its code", () => {
    assert.deepEqual(decodePacket(Uint8Array.of(0, 5, 0, 1)), { op: "ERROR", code: 1, message: "" });
    assert.deepEqual(decodePacket(wire(5, "|1no")), { op: "ERROR", code: 0x31, message: "no" });
  });

  it("an ERROR can always be sent: its text is cut at a character, and NUL is no end (T36)", () => {
    const packet = decodePacket(encodeError(0, `a\0b${"é".repeat(300)}`));
    assert.ok(packet.op === "ERROR");
    assert.equal(packet.message, `a?b${"é".repeat(98)}`);
  });

  it("names in Latin-1 and in UTF-8 can both be read", () => {
    assert.equal(request("\u00fc.bin|octet|").file, "ü.bin");
    assert.equal(request("\u00c3\u00bc.bin|octet|").file, "ü.bin");
  });
});
