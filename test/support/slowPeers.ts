/** Boards that take their time: each packet of theirs goes out when the test says so. */

import assert from "node:assert/strict";
import { encodeAck, encodeData, type Packet } from "../../src/protocol/tftp/packet";
import type { Endpoint } from "../../src/engine/udp";
import { openRawClient, requestFor } from "./tftp";

/** Bytes of a block without options (RFC 1350 §2). */
export const blockSize = 512;

export interface SlowBoard {
  /** Sends what is due and waits for the answer; false: that was the last one. */
  step(): Promise<boolean>;
  /** All of the steps that are left. */
  finish(): Promise<void>;
  /** What the other side said last; an ERROR when it broke off. */
  readonly last: Packet;
  /** What it has read. */
  readonly bytes: Uint8Array;
  close(): Promise<void>;
}

interface Conversation {
  exchange(packet: Uint8Array, answers: (packet: Packet) => boolean): Promise<Packet>;
  close(): Promise<void>;
}

/** One socket that talks to the listening port first, and then to whoever answered. */
async function talkTo(port: number): Promise<Conversation> {
  const client = await openRawClient();
  let peer: Endpoint = { address: "127.0.0.1", port };
  return {
    async exchange(packet, answers) {
      client.send(packet, peer);
      for (;;) {
        const received = await client.next();
        peer = received.from;
        // The server repeats what was not answered for a while.
        if (received.packet.op === "ERROR" || answers(received.packet)) return received.packet;
      }
    },
    close: () => client.close(),
  };
}

function board(
  talk: Conversation,
  first: Packet,
  step: (last: Packet) => Promise<Packet | undefined>,
  bytes: () => Uint8Array,
): SlowBoard {
  const self = {
    last: first,
    async step() {
      const next = self.last.op === "ERROR" ? undefined : await step(self.last);
      if (next !== undefined) self.last = next;
      return next !== undefined && next.op !== "ERROR";
    },
    async finish() {
      while (await self.step());
      assert.notEqual(self.last.op, "ERROR", JSON.stringify(self.last));
    },
    get bytes() {
      return bytes();
    },
    close: () => talk.close(),
  };
  return self;
}

/** Has asked for a file and holds its first block, which is not acknowledged yet. */
export async function slowReader(port: number, file: string): Promise<SlowBoard> {
  const talk = await talkTo(port);
  const blocks: Uint8Array[] = [];
  const dataOf = (block: number) => (packet: Packet) => packet.op === "DATA" && packet.block === block;
  const keep = (packet: Packet): Packet => {
    if (packet.op === "DATA") blocks.push(packet.data);
    return packet;
  };
  const first = keep(await talk.exchange(requestFor("RRQ", file), dataOf(1)));
  return board(
    talk,
    first,
    async (last) => {
      if (last.op !== "DATA") return undefined;
      const acknowledgement = encodeAck(last.block);
      if (last.data.length === blockSize) {
        return keep(await talk.exchange(acknowledgement, dataOf(last.block + 1)));
      }
      // Nobody answers the last ACK; an ACK that is known brings nothing back either.
      void talk.exchange(acknowledgement, () => false);
      return undefined;
    },
    () => Buffer.concat(blocks),
  );
}

/**
 * Has been told that it may send its file, and has sent nothing of it yet.
 * @param options what it asks for with its request.
 */
export async function slowWriter(
  port: number,
  file: string,
  content: Uint8Array,
  options: Readonly<Record<string, number>> = {},
): Promise<SlowBoard> {
  const talk = await talkTo(port);
  const ackOf = (block: number) => (packet: Packet) => packet.op === "ACK" && packet.block === block;
  const opens = (packet: Packet): boolean => packet.op === "OACK" || ackOf(0)(packet);
  const first = await talk.exchange(requestFor("WRQ", file, options), opens);
  return board(
    talk,
    first,
    async (last) => {
      const arrived = last.op === "OACK" ? 0 : last.op === "ACK" ? last.block : Infinity;
      if (arrived * blockSize > content.length) return undefined;
      const data = content.subarray(arrived * blockSize, (arrived + 1) * blockSize);
      return talk.exchange(encodeData(arrived + 1, data), ackOf(arrived + 1));
    },
    () => new Uint8Array(),
  );
}
