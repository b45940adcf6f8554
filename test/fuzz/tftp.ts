/** TFTP packets through the codec, the options of both sides, and a sender and a receiver that run. */

import assert from "node:assert/strict";
import { MalformedPacket } from "../../src/protocol/errors";
import { checkOack, negotiate } from "../../src/protocol/tftp/options";
import {
  decodePacket,
  encodeAck,
  encodeData,
  encodeError,
  encodeOack,
  encodeRequest,
  type Options,
  type Packet,
} from "../../src/protocol/tftp/packet";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { Sender } from "../../src/protocol/tftp/sender";
import { corpus } from "./corpus";
import type { Target } from "./fuzz";
import { oneOf, upTo, type Random } from "./mutations";

const windowsize = 4;
const blksize = 512;
const options = { blksize, windowsize, patience: { giveUpMs: 60_000, firstPackets: 5 } };
const offer = { maxBlksize: 65464, maxWindowsize: 64, size: 2 ** 33 };
const asked: Options = new Map([
  ["blksize", "1428"],
  ["windowsize", "16"],
  ["timeout", "3"],
  ["tsize", "0"],
]);

const optionNames = ["blksize", "tsize", "timeout", "windowsize", "WindowSize", "multicast"];
const optionValues = [
  "",
  "0",
  "1",
  "7",
  "8",
  "255",
  "512",
  "1428",
  "65464",
  "65536",
  "4294967297",
  "-1",
  "1e3",
];
const blocks = [0, 1, 2, 3, 4, 5, 65534, 65535];
const lengths = [0, 1, 511, 512, 513, 1428];

/** A packet that is one: what is changed here and there hardly ever is. */
function invented(random: Random): Uint8Array {
  const block = random() < 0.9 ? oneOf(random, blocks) : upTo(random, 65536);
  const some: Options = new Map(
    Array.from({ length: upTo(random, 5) }, () => [oneOf(random, optionNames), oneOf(random, optionValues)]),
  );
  const request = {
    op: oneOf(random, ["RRQ", "WRQ"] as const),
    file: oneOf(random, ["u-boot.bin", "up.bin", "no/such.bin", "..\\x", ".git/config", ""]),
    mode: oneOf(random, ["octet", "netascii", "OCTET", "mail"]),
    options: some,
  };
  return oneOf(random, [
    () => encodeRequest(request),
    () => encodeData(block, new Uint8Array(oneOf(random, lengths))),
    () => encodeAck(block),
    () => encodeOack(some),
    () => encodeError(upTo(random, 10), "no"),
  ])();
}

const newSender = (now: number): Sender => {
  const sender = new Sender({ ...options, oack: encodeOack(new Map([["windowsize", "4"]])) }, now);
  sender.start(now);
  return sender;
};
const newReceiver = (now: number): Receiver => {
  const receiver = new Receiver({ ...options, opening: encodeAck(0) }, now);
  receiver.start(now);
  return receiver;
};

/** What is read is what would be read of it again; a text that was no UTF-8 may have grown too long. */
function assertStable(packet: Packet): void {
  if (packet.op !== "RRQ" && packet.op !== "WRQ") return;
  try {
    assert.deepEqual(decodePacket(encodeRequest(packet)), packet);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

function readOptions(packet: Packet): string {
  if (packet.op === "OACK") {
    checkOack(asked, packet.options);
    return "granted";
  }
  if (packet.op !== "RRQ" && packet.op !== "WRQ") return "";
  const agreement = negotiate(packet, offer);
  const { size } = agreement.options;
  // Every value is at most what was asked, so the answer is no longer than the request (S2).
  if (size > 0) assert.ok(encodeOack(agreement.options).length <= 512);
  assert.ok(agreement.blksize >= 8 && agreement.blksize <= 65464);
  assert.ok(agreement.blksize * agreement.windowsize <= 2 ** 20 || agreement.windowsize === 1);
  return [...agreement.options.keys()].join();
}

export function tftpTarget(): Target {
  let now = 0;
  let sender = newSender(now);
  let receiver = newReceiver(now);
  const block = new Uint8Array(blksize);
  const send = (packet: Packet): string => {
    const room = sender.room;
    const supplied = sender.supply(Array<Uint8Array>(Math.max(0, room)).fill(block), now);
    const { send: packets, done } = sender.receive(packet, now);
    assert.ok(supplied.send.length <= windowsize && packets.length <= windowsize);
    if (done !== undefined || sender.timeout(now).done !== undefined) sender = newSender(now);
    return done?.kind ?? String(packets.length);
  };
  const receive = (packet: Packet): string => {
    const { send: packets, done, data } = receiver.receive(packet, now);
    // What overtook a missing block is given with it.
    assert.ok(packets.length <= 1 && (data?.length ?? 0) <= windowsize * blksize);
    if (data !== undefined) receiver.taken(now);
    if (done !== undefined || receiver.timeout(now).done !== undefined) receiver = newReceiver(now);
    return done?.kind ?? `${packets.length}${data === undefined ? "" : " data"}`;
  };
  return {
    name: "tftp",
    inputs: corpus("tftp"),
    words: [
      "\0",
      "octet\0",
      "blksize\0",
      "tsize\0",
      "timeout\0",
      "windowsize\0",
      "../",
      "netascii\0",
      "1428\0",
    ],
    invent: (_, random) => invented(random),
    run(input, random) {
      now += random() * 300;
      try {
        const packet = decodePacket(input);
        assertStable(packet);
        return `${packet.op} ${readOptions(packet)} ${send(packet)} ${receive(packet)}`;
      } catch (error) {
        if (error instanceof MalformedPacket) return error.message;
        throw error;
      }
    },
  };
}
