import assert from "node:assert/strict";
import fc from "fast-check";
import {
  concat,
  decodeText,
  encodeText,
  equalBytes,
  readUint16,
  readUint32,
  textField,
  toHex,
  writeUint16,
  writeUint32,
} from "../../src/protocol/bytes";
import { MalformedPacket } from "../../src/protocol/errors";
import {
  broadcastAddress,
  formatIpv4,
  hostsOf,
  inNetwork,
  isLoopback,
  parseIpv4,
} from "../../src/protocol/ipv4";

describe("bytes", () => {
  it("carry 16 and 32 bit numbers in network order, there and back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (small, large) => {
          const bytes = new Uint8Array(6);
          writeUint16(bytes, 0, small);
          writeUint32(bytes, 2, large);
          assert.deepEqual([readUint16(bytes, 0), readUint32(bytes, 2)], [small, large]);
        },
      ),
    );
  });

  it("end a packet where they end: reading on is a malformed packet", () => {
    assert.throws(() => readUint16(Uint8Array.of(1), 0), MalformedPacket);
    assert.throws(() => readUint32(Uint8Array.of(1, 2, 3), 0), MalformedPacket);
  });

  it("hold any text as UTF-8, and read it back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        assert.equal(decodeText(encodeText(text)), text);
        assert.deepEqual([...encodeText(text)], [...Buffer.from(text, "utf8")]);
      }),
    );
  });

  it("that are not UTF-8 are read as Latin-1, and a lone surrogate is written as U+FFFD", () => {
    assert.equal(decodeText(Uint8Array.of(0x66, 0xe9, 0x2e)), "f\u00e9.");
    assert.deepEqual([...encodeText("a\ud800b\udc00")], [...Buffer.from("a\ufffdb\ufffd")]);
  });

  it("of any kind decode to text without an error", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof decodeText(bytes) === "string"));
  });

  it("of a fixed field are text up to the first NUL, or all of it (B16)", () => {
    assert.equal(textField(Uint8Array.of(0x61, 0, 0x62)), "a");
    assert.equal(textField(Uint8Array.of(0x61, 0x62)), "ab");
    assert.equal(textField(Uint8Array.of(0)), "");
  });

  it("are joined, compared and shown", () => {
    assert.deepEqual([...concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))], [1, 2, 3]);
    assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
    assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
    assert.equal(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 3)), false);
    assert.equal(toHex(Uint8Array.of(0, 0x5f, 0xff), ":"), "00:5f:ff");
  });
});

describe("an IPv4 address", () => {
  it("is four numbers up to 255, and nothing else", () => {
    assert.deepEqual(["0.0.0.0", "255.255.255.255", "10.0.4.7"].map(parseIpv4), [0, 0xffffffff, 0x0a000407]);
    for (const wrong of ["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "a.b.c.d", " 1.2.3.4", "1.2.3.-4", "::1"]) {
      assert.equal(parseIpv4(wrong), undefined, wrong);
    }
  });

  it("is written as it was read", () => {
    fc.assert(fc.property(fc.ipV4(), (address) => formatIpv4(parseIpv4(address) ?? NaN) === address));
  });

  const network = { address: "192.168.7.1", netmask: "255.255.255.0", interfaceName: "eth1" };

  it("lies in its network or not, whatever its highest bit", () => {
    assert.deepEqual(
      ["192.168.7.200", "192.168.6.200", "64.168.7.200", "nonsense"].map((address) =>
        inNetwork(network, address),
      ),
      [true, false, false, false],
    );
    assert.equal(broadcastAddress(network), "192.168.7.255");
    assert.equal(broadcastAddress({ ...network, netmask: "255.255.255.252" }), "192.168.7.3");
  });

  it("has hosts alone where it has 31 bits: the higher one is no broadcast address (RFC 3021 §2.1)", () => {
    const [point, one] = ["255.255.255.254", "255.255.255.255"].map((netmask) => ({ ...network, netmask }));
    assert.deepEqual([point!, one!].map(broadcastAddress), ["255.255.255.255", "255.255.255.255"]);
    assert.deepEqual(
      [network, point!, one!].map((each) => {
        const { first, last } = hostsOf(each);
        return [first, last].map(formatIpv4);
      }),
      [
        ["192.168.7.1", "192.168.7.254"],
        ["192.168.7.0", "192.168.7.1"],
        ["192.168.7.1", "192.168.7.1"],
      ],
    );
  });

  it("is loopback in all of 127/8 (RFC 1122 §3.2.1.3)", () => {
    assert.deepEqual(["127.0.0.1", "127.9.9.9", "128.0.0.1", "127.x"].map(isLoopback), [
      true,
      true,
      false,
      false,
    ]);
  });
});
