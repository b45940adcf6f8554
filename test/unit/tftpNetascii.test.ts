import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../src/protocol/bytes";
import { encodeNetascii, NetasciiDecoder } from "../../src/protocol/tftp/netascii";

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(Array.from(text, (character) => character.charCodeAt(0)));

function decode(pieces: readonly Uint8Array[]): Uint8Array {
  const decoder = new NetasciiDecoder();
  return concat(...pieces.map((piece) => decoder.decode(piece)), decoder.end());
}

describe("netascii", () => {
  it("LF becomes CR LF and CR becomes CR NUL (T15, RFC 1350 §5, RFC 764)", () => {
    assert.deepEqual(encodeNetascii(bytes("a\nb\rc\n")), bytes("a\r\nb\r\0c\r\n"));
  });

  it("a CR at the end of a piece waits for the next (T15)", () => {
    assert.deepEqual(
      decode([bytes("a\r"), bytes("\nb\r"), bytes("\0c\r"), bytes("\r\n")]),
      bytes("a\nb\rc\r\n"),
    );
  });

  it("a bare CR, which dnsmasq sends, stays one (T15)", () => {
    assert.deepEqual(decode([bytes("a\rb\r")]), bytes("a\rb\r"));
  });

  it("any bytes come back, however they are cut (T15)", () => {
    const lines = fc
      .array(fc.constantFrom(10, 13, 0, 97), { maxLength: 60 })
      .map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(fc.oneof(lines, fc.uint8Array()), fc.array(fc.nat({ max: 70 })), (file, cuts) => {
        const edges = [
          0,
          ...cuts.map((cut) => Math.min(cut, file.length)).sort((a, b) => a - b),
          file.length,
        ];
        const wire = concat(
          ...edges.slice(1).map((end, index) => encodeNetascii(file.subarray(edges[index], end))),
        );
        assert.deepEqual(wire, encodeNetascii(file), "pieces are independent");
        const wireEdges = [
          0,
          ...cuts.map((cut) => Math.min(cut, wire.length)).sort((a, b) => a - b),
          wire.length,
        ];
        const pieces = wireEdges.slice(1).map((end, index) => wire.subarray(wireEdges[index], end));
        assert.deepEqual(decode(pieces), file);
      }),
    );
  });
});
