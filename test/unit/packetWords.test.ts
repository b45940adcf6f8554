import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeHint, ordinal, packetComment, withoutSecrets } from "../../src/model/packetWords";
import { encodeError, encodeOack, encodeRequest } from "../../src/protocol/tftp/packet";
import { TftpWatch } from "../../src/protocol/capture/tftpWatch";
import { seenPacket } from "../support/seenPacket";

describe("the comment of a packet", () => {
  it("says what it is about in our words, and what is known of it beside its bytes", () => {
    const request = encodeRequest({ op: "RRQ", file: "u-boot\x1b.bin", mode: "octet", options: new Map() });
    assert.equal(packetComment(seenPacket(request)), 'asks for "u-boot\\x1b.bin"');
    const again = seenPacket(request, { note: "came again, 2nd time" });
    assert.equal(packetComment(again, "hint"), 'asks for "u-boot\\x1b.bin"; came again, 2nd time; hint');
    const oack = encodeOack(
      new Map([
        ["blksize", "1468"],
        ["windowsize", "16"],
      ]),
    );
    assert.equal(packetComment(seenPacket(oack, { sent: true })), "agreed: blksize 1468, windowsize 16");
    assert.equal(packetComment(seenPacket(encodeError(1, "no such file"))), "ends it: no such file");
    assert.equal(packetComment(seenPacket(encodeError(8, ""))), "ends it: error 8");
    assert.equal(packetComment(seenPacket(Uint8Array.of(0, 4, 0, 1))), undefined);
  });

  it("never throws at what is no packet", () => {
    assert.match(packetComment(seenPacket(Uint8Array.of(0, 9))) ?? "", /^no TFTP packet: /);
    assert.match(
      packetComment(seenPacket(Uint8Array.of(1), { protocol: "bootp" })) ?? "",
      /^no BOOTP packet: /,
    );
  });

  it("never throws, whatever came", () => {
    const protocol = fc.constantFrom("bootp", "tftp");
    const near = fc.uint8Array({ maxLength: 600 }).chain((bytes) =>
      fc.record({ protocol, sent: fc.boolean(), opcode: fc.nat(7) }).map(({ opcode, ...more }) => {
        if (bytes.length > 1) bytes.set([0, opcode]);
        return seenPacket(bytes, more);
      }),
    );
    fc.assert(
      fc.property(near, (packet) => {
        packetComment(packet);
      }),
    );
  });

  it("tells how Wireshark learns of a port that it does not know", () => {
    assert.equal(decodeHint("tftp", 69), undefined);
    assert.equal(decodeHint("bootp", 4011), undefined);
    assert.match(decodeHint("tftp", 6969) ?? "", /-d udp\.port==6969,tftp/);
    assert.match(decodeHint("ftp", 2121) ?? "", /-d tcp\.port==2121,ftp/);
  });

  it("counts as people do", () => {
    assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 112].map(ordinal), [
      ...["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "112th"],
    ]);
  });
});

describe("a line of FTP's control connection", () => {
  it("loses its password, however the verb is written", () => {
    for (const line of [
      ...["PASS s3cret", "pass s3cret", "Pass\ts3cret", " PASS s3cret", "PASSs3cret", "\xff\xf4PASS s3cret"],
      ...["ACCT s3cret", "PASS  s3cret with blanks", "PA\u00ffSS s3cret", "PASS\0s3cret"],
    ]) {
      const { line: kept, note } = withoutSecrets(line, []);
      assert.ok(!kept.includes("s3cret"), line);
      assert.equal(note, "password removed", line);
    }
  });

  it("loses the name of a user that is not known: people type the password there", () => {
    assert.deepEqual(withoutSecrets("USER s3cret", ["boot"]), {
      line: "USER ********",
      note: "name of an unknown user removed",
    });
    assert.deepEqual(withoutSecrets("user boot", ["boot"]), { line: "user boot" });
  });

  it("stays as it is else", () => {
    for (const line of ["PASV", "RETR password.txt", "230 Logged in", "", "SITE PASS"])
      assert.deepEqual(withoutSecrets(line, []), { line });
  });
});

describe("what of a TFTP transfer says something by itself", () => {
  const data = (block: number, length = 512): Uint8Array => {
    const packet = new Uint8Array(4 + length);
    packet.set([0, 3, block >> 8, block & 0xff]);
    return packet;
  };
  const ack = (block: number): Uint8Array => Uint8Array.of(0, 4, block >> 8, block & 0xff);

  it("is its begin, its end and what was sent again; the rest only counts on", () => {
    const watch = new TftpWatch();
    const kept: number[] = [];
    for (let block = 1; block <= 1000; block += 1) {
      if (watch.looksAt(data(block, block === 1000 ? 12 : 512), true)) kept.push(block);
      watch.looksAt(ack(block), false);
    }
    assert.deepEqual(kept, [1, 2, 1000]);
    assert.equal(watch.looksAt(ack(1000), false), true);
  });

  it("goes on where block numbers roll over, to 0 and to 1", () => {
    for (const first of [0, 1]) {
      const watch = new TftpWatch();
      for (let block = 1; block <= 65_535; block += 1) watch.looksAt(data(block, 1), true);
      assert.equal(watch.looksAt(data(first, 1), true), false);
      assert.equal(watch.looksAt(data(first + 1, 1), true), false);
    }
  });

  it("counts how often a packet was sent", () => {
    const watch = new TftpWatch();
    const request = encodeRequest({ op: "RRQ", file: "a", mode: "octet", options: new Map() });
    const times = [request, request, data(1), data(1), data(1), data(2)].map((packet) => {
      watch.looksAt(packet, true);
      return watch.times;
    });
    assert.deepEqual(times, [1, 2, 1, 2, 3, 1]);
  });
});
