import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, encodeText } from "../../src/protocol/bytes";
import { MalformedPacket } from "../../src/protocol/errors";
import { formatIpv4 } from "../../src/protocol/ipv4";
import { describePacket } from "../../src/protocol/bootp/describe";
import { getOption, option, optionParts } from "../../src/protocol/bootp/options";
import { decodePacket, encodePacket, formatMac, parseMac } from "../../src/protocol/bootp/packet";
import type { BootpPacket } from "../../src/protocol/bootp/packet";
import { aRequest, options } from "../support/bootp";
import { randomBytes, seededRandom, seeds } from "../support/random";

const cookie = Uint8Array.of(99, 130, 83, 99);
const header = (): Uint8Array => encodePacket(aRequest({ options: undefined })).slice(0, 236);
const withVendorArea = (...bytes: readonly number[]): Uint8Array =>
  concat(header(), cookie, Uint8Array.from(bytes));

const anAddress = fc.nat({ max: 0xffffffff }).map(formatIpv4);
const aByte = fc.nat({ max: 255 });
const someText = (longest: number): fc.Arbitrary<string> =>
  fc.string({ unit: "binary", maxLength: longest }).filter((text) => {
    const bytes = encodeText(text);
    return bytes.length <= longest && !bytes.includes(0) && !text.includes("\ufffd");
  });
const someOptions = fc
  .uniqueArray(
    fc.tuple(
      fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52),
      fc.uint8Array({ maxLength: 600 }),
    ),
    { selector: ([code]) => code, maxLength: 12 },
  )
  .map((entries) => new Map(entries))
  // All of them have to find room in a frame.
  .filter((entries) => [...entries.values()].reduce((sum, { length }) => sum + length + 8, 0) < 1_200);

const aPacket: fc.Arbitrary<BootpPacket> = fc
  .record({
    op: aByte,
    htype: aByte,
    hops: aByte,
    xid: fc.nat({ max: 0xffffffff }),
    secs: fc.nat({ max: 0xffff }),
    flags: fc.nat({ max: 0xffff }),
    ciaddr: anAddress,
    yiaddr: anAddress,
    siaddr: anAddress,
    giaddr: anAddress,
    chaddr: fc.uint8Array({ maxLength: 16 }),
    sname: someText(64),
    file: someText(128),
    options: fc.option(someOptions, { nil: undefined }),
  })
  .map((packet) => ({ ...packet, hlen: packet.chaddr.length }));

const plain = ({ options: entries, chaddr, ...rest }: BootpPacket): object => ({
  ...rest,
  chaddr: [...chaddr],
  options: entries && [...entries].map(([code, bytes]) => [code, [...bytes]]),
});

/** Only MalformedPacket may come out of the codec. */
function decodes(bytes: Uint8Array): boolean {
  try {
    decodePacket(bytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof MalformedPacket, String(error));
    return false;
  }
}

describe("the BOOTP packet", () => {
  it("is told with a client identifier as text where it is one, and else as hex", () => {
    const told = [encodeText("bench-1 run 7"), Uint8Array.of(0, 0x62)].map(
      (identifier) => describePacket(aRequest({ options: options({ clientIdentifier: identifier }) })).about,
    );
    assert.deepEqual(told, ["clientIdentifier bench-1 run 7", "clientIdentifier 0x0062"]);
  });

  it("comes back as it was sent, whatever its fields hold (RFC 951 §3, RFC 2131 §2, S13)", () => {
    fc.assert(
      fc.property(aPacket, (packet) => {
        assert.deepEqual(plain(decodePacket(encodePacket(packet))), plain(packet));
      }),
    );
  });

  it("throws nothing but MalformedPacket, on any bytes (X18)", () => {
    for (const whole of [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => withVendorArea(...bytes)]) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
          decodes(whole(bytes));
        }),
      );
    }
  });

  it("throws nothing but MalformedPacket on 20,000 mutations and every prefix of a real packet (X18, S5)", () => {
    const fixture = encodePacket(
      aRequest({
        options: options({
          messageType: 1,
          parameterRequestList: Uint8Array.of(1, 3, 67),
          hostName: "board",
        }),
      }),
    );
    for (let length = 0; length <= fixture.length; length += 1) decodes(fixture.slice(0, length));
    const [seed = 1] = seeds(1);
    const random = seededRandom(seed);
    let accepted = 0;
    for (let count = 0; count < 20_000; count += 1) {
      const bytes = fixture.slice(0, random() < 0.2 ? Math.floor(random() * fixture.length) : undefined);
      for (let change = 0; change < 4; change += 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      if (decodes(bytes)) accepted += 1;
    }
    assert.ok(accepted > 1_000, `seed ${seed}: only ${accepted} were read at all`);
  });

  it("has at least 300 bytes when it is sent (B2, RFC 1542 §2.1)", () => {
    assert.equal(encodePacket(aRequest()).length, 300);
    assert.equal(encodePacket(aRequest({ options: undefined })).length, 300);
  });

  it("is read from 236 bytes without a vendor area (B2), and from no less", () => {
    assert.equal(decodePacket(header()).options, undefined);
    assert.throws(() => decodePacket(header().slice(0, 235)), MalformedPacket);
    assert.throws(() => decodePacket(new Uint8Array()), MalformedPacket);
  });

  it("is none when it is longer than a frame: it would cost more than it can be worth (S7)", () => {
    const long = encodePacket(aRequest({ options: new Map([[60, new Uint8Array(1_300)]]) }));
    assert.throws(() => decodePacket(long), MalformedPacket);
  });

  it("has no options without the cookie, nor with a vendor area of zeros (B3, RFC 1497)", () => {
    assert.equal(decodePacket(concat(header(), new Uint8Array(64))).options, undefined);
    const nearly = concat(header(), Uint8Array.of(99, 130, 83, 98, 53, 1, 1, 255));
    assert.equal(decodePacket(nearly).options, undefined);
  });

  it("skips PAD, stops at END and reads nothing behind it (B4, RFC 2132 §3)", () => {
    const packet = decodePacket(withVendorArea(0, 0, 53, 1, 1, 0, 12, 1, 0x41, 255, 12, 200, 1));
    assert.deepEqual(
      [...packet.options!],
      [
        [53, Uint8Array.of(1)],
        [12, Uint8Array.of(0x41)],
      ],
    );
  });

  it("is no packet when an option runs past the end (B5, S8)", () => {
    assert.throws(() => decodePacket(withVendorArea(53, 1, 1, 12, 250, 1)), MalformedPacket);
    assert.throws(() => decodePacket(withVendorArea(53)), MalformedPacket);
  });

  it("does without END (B6)", () => {
    assert.equal(getOption(decodePacket(withVendorArea(53, 1, 1)).options!, "messageType"), 1);
  });

  it("has a chaddr of 16 bytes at most (B13)", () => {
    const bytes = header();
    bytes[2] = 17;
    assert.throws(() => decodePacket(bytes), MalformedPacket);
  });

  it("reads sname and file without a NUL to their 64 and 128 bytes (B16)", () => {
    const bytes = header().fill(0x41, 44, 236);
    const { sname, file } = decodePacket(bytes);
    assert.deepEqual([sname, file], ["A".repeat(64), "A".repeat(128)]);
  });

  for (const [overload, expected] of [
    [1, { file: "", sname: "host", hostName: "in-file", message: undefined }],
    [2, { file: "boot.bin", sname: "", hostName: undefined, message: "in-sname" }],
    [3, { file: "", sname: "", hostName: "in-file", message: "in-sname" }],
  ] as const) {
    it(`reads options from the fields that option 52 = ${overload} names (B17, RFC 2132 §9.3)`, () => {
      const bytes = withVendorArea(52, 1, overload, 255);
      const fill = (offset: number, content: Uint8Array): void => {
        bytes.set(content, offset);
      };
      fill(
        44,
        overload & 2
          ? concat(optionParts(...option("message", "in-sname"))[0]!, Uint8Array.of(255))
          : encodeText("host"),
      );
      fill(
        108,
        overload & 1
          ? concat(optionParts(...option("hostName", "in-file"))[0]!, Uint8Array.of(255))
          : encodeText("boot.bin"),
      );
      const packet = decodePacket(bytes);
      assert.deepEqual(
        {
          file: packet.file,
          sname: packet.sname,
          hostName: getOption(packet.options!, "hostName"),
          message: getOption(packet.options!, "message"),
        },
        expected,
      );
    });
  }

  it("does not follow an option 52 that stands in file or sname (B17)", () => {
    const bytes = withVendorArea(52, 1, 1, 255);
    bytes.set([52, 1, 3, 255], 108);
    bytes.set(encodeText("host"), 44);
    assert.equal(decodePacket(bytes).sname, "host");
  });

  it("puts options of one code together, in the order options, file, sname (D14, RFC 3396 §5)", () => {
    const bytes = withVendorArea(52, 1, 3, 12, 1, 0x61, 12, 1, 0x62, 255);
    bytes.set([12, 1, 0x63, 255], 108);
    bytes.set([12, 1, 0x64, 255], 44);
    assert.equal(getOption(decodePacket(bytes).options!, "hostName"), "abcd");
  });

  it("spills options into sname and file when they do not fit, and they come back whole (RFC 3396, RFC 2132 §9.3)", () => {
    const long = randomBytes(300, 7);
    const packet = aRequest({
      options: new Map([
        [53, Uint8Array.of(2)],
        [43, long],
      ]),
    });
    const bytes = encodePacket(packet, 548, true);
    assert.ok(bytes.length <= 548, `${bytes.length} bytes`);
    assert.deepEqual(plain(decodePacket(bytes)), plain(packet));
    const tight = encodePacket(
      {
        ...packet,
        options: new Map([
          [53, Uint8Array.of(2)],
          [43, long.slice(0, 100)],
        ]),
      },
      300,
      true,
    );
    assert.equal(tight.length, 300);
    assert.deepEqual(decodePacket(tight).options!.get(43), long.slice(0, 100));
  });

  it("leaves out whole what finds no room, and keeps what comes behind it", () => {
    const entries = new Map([
      [1, Uint8Array.of(255, 255, 255, 0)],
      [43, randomBytes(100, 3)],
      [28, Uint8Array.of(10, 0, 0, 255)],
    ]);
    const bytes = encodePacket(aRequest({ options: entries }), 300);
    assert.equal(bytes.length, 300);
    assert.deepEqual([...decodePacket(bytes).options!.keys()], [1, 28]);
  });

  it("has no value for an option of a wrong length (D15, S8)", () => {
    const entries = new Map([
      [53, Uint8Array.of(1, 2)],
      [54, Uint8Array.of(1)],
      [57, Uint8Array.of(1)],
      [51, Uint8Array.of(1)],
    ]);
    for (const name of ["messageType", "serverIdentifier", "maximumMessageSize", "leaseTime"] as const) {
      assert.equal(getOption(entries, name), undefined, name);
    }
  });

  it("reads text with and without a NUL at its end (RFC 2132 §2)", () => {
    assert.equal(getOption(new Map([[67, encodeText("u-boot.bin\0")]]), "bootFileName"), "u-boot.bin");
  });

  it("writes a MAC in lower case with colons", () => {
    assert.equal(formatMac(parseMac("52-54-00-AB-CD-EF")!), "52:54:00:ab:cd:ef");
    assert.equal(parseMac("52:54:00:ab:cd"), undefined);
    assert.equal(parseMac("52:54:00:ab:cd:zz"), undefined);
  });
});
