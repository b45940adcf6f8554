import assert from "node:assert/strict";
import fc from "fast-check";
import { addressBytes, checksumOf, sumOf } from "../../src/protocol/capture/frames";
import type { SeenPacket } from "../../src/protocol/capture/seen";
import { CaptureWriter } from "../../src/protocol/capture/writer";
import { readFrame, readPcapng, type ReadFrame } from "../support/pcapng";
import { seenPacket } from "../support/seenPacket";

const board = { address: "192.168.7.10", port: 49152 };
const server = { address: "192.168.7.2", port: 69 };

const datagram = (payload: Uint8Array, more: Partial<SeenPacket> = {}): SeenPacket =>
  seenPacket(payload, { at: 1_795_245_895_692.013, local: server, remote: board, ...more });

const written = (...packets: readonly SeenPacket[]): Uint8Array => {
  const writer = new CaptureWriter();
  return Buffer.concat([writer.head, ...packets.flatMap((packet) => writer.blocksOf(packet))]);
};

const framesOf = (...packets: readonly SeenPacket[]): ReadFrame[] =>
  readPcapng(written(...packets)).packets.map(readFrame);

describe("a capture", () => {
  it("holds a datagram with the headers that the socket did not show", () => {
    const bytes = Buffer.from("\0\x01u-boot.bin\0octet\0", "latin1");
    const [packet] = readPcapng(written(datagram(bytes))).packets;
    assert.ok(packet);
    assert.deepEqual([packet.at, packet.sent, packet.broadcast], [1_795_245_895_692_013, false, false]);
    const frame = readFrame(packet);
    assert.deepEqual([frame.from, frame.to, frame.ports], [board.address, server.address, [49152, 69]]);
    assert.deepEqual(frame.payload, bytes);
    // Locally administered, with the address: nobody knows the board's own.
    assert.deepEqual(frame.macs, ["02:00:c0:a8:07:0a", "02:00:c0:a8:07:02"]);
  });

  it("knows the MAC of a board once BOOTP has told it", () => {
    const reply = new Uint8Array(300);
    reply.set([2, 1, 6]);
    reply.set([192, 168, 7, 10], 16);
    reply.set([0x52, 0x54, 0, 0x12, 0x34, 0x56], 28);
    const bootp = { protocol: "bootp", local: { ...server, port: 67 } } as const;
    const [asked, given, fetched] = framesOf(
      datagram(Uint8Array.of(1, 1, 6, ...reply.subarray(3)), {
        ...bootp,
        local: { address: "255.255.255.255", port: 67 },
        remote: { address: "0.0.0.0", port: 68 },
      }),
      datagram(reply, { ...bootp, sent: true, remote: { address: "192.168.7.10", port: 68 } }),
      datagram(Uint8Array.of(0, 4, 0, 0)),
    );
    assert.deepEqual(asked?.macs, ["52:54:00:12:34:56", "ff:ff:ff:ff:ff:ff"]);
    assert.deepEqual(given?.macs, ["02:00:c0:a8:07:02", "52:54:00:12:34:56"]);
    assert.deepEqual(fetched?.macs[0], "52:54:00:12:34:56");
  });

  it("holds any datagram, of IPv4 or IPv6, whole or in part, with right lengths and checksums", () => {
    const place = (ipv6: boolean): fc.Arbitrary<SeenPacket["local"]> =>
      fc.record({ address: ipv6 ? fc.ipV6() : fc.ipV4(), port: fc.integer({ min: 0, max: 65535 }) });
    const packets = fc.boolean().chain((ipv6) =>
      fc.record({
        at: fc.integer({ min: 0, max: 4e12 }),
        sent: fc.boolean(),
        local: place(ipv6),
        remote: place(ipv6),
        payload: fc.uint8Array({ maxLength: 1600 }),
        kept: fc.nat(1600),
        comment: fc.option(fc.string({ unit: "grapheme", minLength: 1 }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(packets, { maxLength: 8 }), (all) => {
        const writer = new CaptureWriter();
        const blocks = all.flatMap(({ payload, kept, comment, ...packet }) => {
          const bytes = payload.subarray(0, kept);
          return writer.blocksOf(
            { ...datagram(bytes), ...packet, length: payload.length, sum: sumOf(payload) },
            comment,
          );
        });
        const { packets: read } = readPcapng(Buffer.concat([writer.head, ...blocks]));
        assert.equal(read.length, all.length);
        all.forEach(({ payload, kept, sent, local, remote, at, comment }, index) => {
          const packet = read[index]!;
          assert.deepEqual([packet.at, packet.sent, packet.comment], [at * 1000, sent, comment]);
          const frame = readFrame(packet);
          // What is not kept is right as well: its checksum was made of all of it.
          const rest = Buffer.concat([packet.frame, payload.subarray(kept)]);
          readFrame({ frame: rest, length: packet.length });
          assert.deepEqual(frame.ports, sent ? [local.port, remote.port] : [remote.port, local.port]);
          assert.deepEqual(frame.payload, Buffer.from(payload.subarray(0, kept)));
          assert.equal(frame.length, payload.length);
        });
      }),
      { numRuns: 60 },
    );
  });

  it("is valid after each of its blocks: what is written can be read at any moment", () => {
    const writer = new CaptureWriter();
    let file = Buffer.from(writer.head);
    assert.deepEqual(readPcapng(file).packets, []);
    for (let count = 1; count <= 3; count += 1) {
      file = Buffer.concat([file, ...writer.blocksOf(datagram(Uint8Array.of(0, 4, 0, count)))]);
      assert.equal(readPcapng(file).packets.length, count);
    }
    assert.equal(readPcapng(Buffer.concat([file, writer.lacks(1000, 7)])).dropped, 7);
  });

  it("keeps the longest TFTP block one packet, and cuts off what no IP packet can carry", () => {
    const [longest, tooLong] = framesOf(datagram(new Uint8Array(65_468)), datagram(new Uint8Array(65_535)));
    assert.equal(longest?.length, 65_468);
    assert.ok(tooLong && tooLong.length < 65_535 && tooLong.length > 65_468);
  });

  it("counts a TCP connection's bytes from its handshake to its end (RFC 9293 §3.5, §3.6)", () => {
    const tcp = { protocol: "ftp", local: { ...server, port: 21 } } as const;
    const none = new Uint8Array(0);
    const frames = framesOf(
      datagram(none, { ...tcp, kind: "open" }),
      datagram(Buffer.from("220 ready\r\n"), { ...tcp, kind: "bytes", sent: true }),
      datagram(Buffer.from("QUIT\r\n"), { ...tcp, kind: "bytes" }),
      datagram(none, { ...tcp, kind: "end", sent: true }),
      datagram(none, { ...tcp, kind: "end" }),
    );
    const [fin, syn, ack, psh] = [1, 2, 16, 8];
    assert.deepEqual(
      frames.map(({ flags, seq, ack: acknowledged, length }) => [flags, seq, acknowledged, length]),
      [
        [syn, 1, 0, 0],
        [syn | ack, 1, 2, 0],
        [ack, 2, 2, 0],
        [psh | ack, 2, 2, 11],
        [psh | ack, 2, 13, 6],
        [fin | ack, 13, 8, 0],
        [ack, 8, 14, 0],
        [fin | ack, 8, 14, 0],
        [ack, 14, 9, 0],
      ],
    );
  });

  it("cuts a long write into segments and has the other side acknowledge them", () => {
    const tcp = { protocol: "ftp", local: { ...server, port: 20 } } as const;
    const data = Buffer.alloc(200_000, "x");
    const frames = framesOf(datagram(data, { ...tcp, kind: "bytes", sent: true }));
    const sent = frames.filter(({ ports }) => ports[0] === 20);
    assert.deepEqual(Buffer.concat(sent.map(({ payload }) => payload)), data);
    const acknowledged = frames.filter(({ ports }) => ports[1] === 20).map(({ ack }) => ack - 1);
    assert.deepEqual(acknowledged, [65_536, 131_072, 196_608]);
  });
});

describe("the checksum (RFC 1071)", () => {
  it("is that of the example of §3", () => {
    const sum = sumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7));
    assert.equal(checksumOf(sum), ~0xddf2 & 0xffff);
    assert.equal(checksumOf(sumOf(Uint8Array.of(0xab))), ~0xab00 & 0xffff);
  });
});

describe("an address in a capture", () => {
  it("is its 4 or 16 bytes, an IPv4 address in IPv6 form too", () => {
    const hex = (text: string): string => Buffer.from(addressBytes(text)).toString("hex");
    assert.equal(hex("192.168.7.2"), "c0a80702");
    assert.equal(hex("::ffff:192.168.7.2"), "c0a80702");
    assert.equal(hex("::1"), "00000000000000000000000000000001");
    assert.equal(hex("fe80::5054:ff:fe12:3456%eth0"), "fe80000000000000505400fffe123456");
    assert.equal(hex("::"), "0".repeat(32));
  });
});
