/** Reads a pcapng file as another program would (draft-ietf-opsawg-pcapng): block by block, nothing taken on trust. */

import assert from "node:assert/strict";

export interface ReadPacket {
  /** Unix µs. */
  readonly at: number;
  /** What is kept of the frame. */
  readonly frame: Buffer;
  readonly length: number;
  readonly sent: boolean;
  readonly broadcast: boolean;
  readonly comment?: string;
}

export interface ReadCapture {
  readonly packets: readonly ReadPacket[];
  /** `isb_ifdrop` of the statistics, where the file has them. */
  readonly dropped?: number;
}

/** @throws AssertionError for what no reader has to take. */
export function readPcapng(bytes: Uint8Array): ReadCapture {
  const file = Buffer.from(bytes);
  const packets: ReadPacket[] = [];
  let dropped: number | undefined;
  let at = 0;
  for (let number = 0; at < file.length; number += 1) {
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    assert.equal(length % 4, 0);
    assert.equal(file.readUInt32LE(at + length - 4), length, "both lengths of a block");
    const body = file.subarray(at + 8, at + length - 4);
    if (number === 0) {
      assert.equal(type, 0x0a0d0d0a);
      assert.equal(body.readUInt32LE(0), 0x1a2b3c4d);
      assert.deepEqual([body.readUInt16LE(4), body.readUInt16LE(6)], [1, 0]);
    } else if (number === 1) {
      assert.equal(type, 1);
      assert.equal(body.readUInt16LE(0), 1, "Ethernet");
    } else if (type === 5) dropped = Number(optionsOf(body.subarray(12)).get(5)?.readBigUInt64LE(0));
    else {
      assert.equal(type, 6);
      packets.push(packetOf(body));
    }
    at += length;
  }
  assert.equal(at, file.length);
  return { packets, ...(dropped !== undefined && { dropped }) };
}

function packetOf(body: Buffer): ReadPacket {
  const kept = body.readUInt32LE(12);
  const options = optionsOf(body.subarray(20 + Math.ceil(kept / 4) * 4));
  const flags = options.get(2)?.readUInt32LE(0) ?? 0;
  const comment = options.get(1)?.toString("utf8");
  return {
    at: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
    frame: body.subarray(20, 20 + kept),
    length: body.readUInt32LE(16),
    sent: (flags & 3) === 2,
    broadcast: flags >> 2 === 3,
    ...(comment !== undefined && { comment }),
  };
}

function optionsOf(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; ;) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (code === 0) {
      assert.equal(at + 4, bytes.length);
      return options;
    }
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
}

/** A frame's headers. */
export interface ReadFrame {
  readonly macs: readonly [from: string, to: string];
  readonly from: string;
  readonly to: string;
  readonly protocol: "udp" | "tcp";
  readonly ports: readonly [from: number, to: number];
  /** Of TCP. */
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** Bytes of the payload that the headers tell of, and what is kept of them. */
  readonly length: number;
  readonly payload: Buffer;
}

const sum = (bytes: Uint8Array): number => {
  let total = 0;
  bytes.forEach((byte, index) => (total += index % 2 === 0 ? byte * 256 : byte));
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
};

/** Takes the headers off; every length and, where all of the frame is kept, every checksum is looked at. */
export function readFrame({ frame, length }: Pick<ReadPacket, "frame" | "length">): ReadFrame {
  const macOf = (start: number): string =>
    frame
      .subarray(start, start + 6)
      .toString("hex")
      .replace(/..(?!$)/g, "$&:");
  const isIpv4 = frame.readUInt16BE(12) === 0x0800;
  if (!isIpv4) assert.equal(frame.readUInt16BE(12), 0x86dd);
  const ip = frame.subarray(14);
  const headerLength = isIpv4 ? 20 : 40;
  const addressLength = isIpv4 ? 4 : 16;
  const first = isIpv4 ? 12 : 8;
  const [from, to] = [
    ip.subarray(first, first + addressLength),
    ip.subarray(first + addressLength, headerLength),
  ];
  const number = isIpv4 ? ip.readUInt8(9) : ip.readUInt8(6);
  assert.equal(
    isIpv4 ? ip.readUInt16BE(2) : ip.readUInt16BE(4) + headerLength,
    length - 14,
    "the length of IP",
  );
  if (isIpv4) assert.equal(sum(ip.subarray(0, headerLength)), 0xffff, "the checksum of IP");
  const transport = ip.subarray(headerLength);
  const total = length - 14 - headerLength;
  const isUdp = number === 17;
  assert.ok(isUdp || number === 6);
  const own = isUdp ? 8 : transport.readUInt8(12) >> 2;
  if (isUdp) assert.equal(transport.readUInt16BE(4), total, "the length of UDP");
  if (frame.length === length) {
    const pseudo = Buffer.concat([from, to, Buffer.from([0, number, total >> 8, total & 0xff])]);
    assert.equal(sum(Buffer.concat([pseudo, transport])), 0xffff, "the checksum of UDP or TCP");
  }
  const text = (address: Buffer): string =>
    isIpv4 ? address.join(".") : address.toString("hex").replace(/....(?!$)/g, "$&:");
  return {
    macs: [macOf(6), macOf(0)],
    from: text(from),
    to: text(to),
    protocol: isUdp ? "udp" : "tcp",
    ports: [transport.readUInt16BE(0), transport.readUInt16BE(2)],
    seq: isUdp ? 0 : transport.readUInt32BE(4),
    ack: isUdp ? 0 : transport.readUInt32BE(8),
    flags: isUdp ? 0 : transport.readUInt8(13),
    length: total - own,
    payload: transport.subarray(own),
  };
}
