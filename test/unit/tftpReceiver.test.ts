import assert from "node:assert/strict";
import { decodePacket, encodeAck, encodeOack, type Packet } from "../../src/protocol/tftp/packet";
import { Receiver, type ReceiverOptions, type ReceiverStep } from "../../src/protocol/tftp/receiver";

const patience = { giveUpMs: 60_000, firstPackets: 5 };

/** A receiver of blocks of 8 bytes, driven by hand; it stores at once unless told otherwise. */
class Scripted {
  now = 0;
  readonly receiver: Receiver;
  last: ReceiverStep;
  stored = 0;

  constructor(options: Partial<ReceiverOptions> = {}) {
    this.receiver = new Receiver(
      { blksize: 8, windowsize: 1, patience, opening: encodeAck(0), ...options },
      0,
    );
    this.last = this.receiver.start(0);
  }

  told(step: ReceiverStep): string[] {
    this.last = step;
    return step.send.map((bytes) => {
      const packet = decodePacket(bytes);
      return packet.op === "ACK"
        ? `ACK ${packet.block}`
        : packet.op === "ERROR"
          ? `ERROR ${packet.code}`
          : packet.op;
    });
  }

  give(packet: Packet): string[] {
    const sent = this.told(this.receiver.receive(packet, this.now));
    if (this.last.data === undefined) return sent;
    this.stored += this.last.data.length;
    return [...sent, ...this.told(this.receiver.taken(this.now))];
  }

  data(number: number, length = 8): string[] {
    return this.give({ op: "DATA", block: number, data: new Uint8Array(length) });
  }

  wake(): string[] {
    assert.ok(this.last.wakeAt !== undefined, "it wants no wake-up");
    this.now = this.last.wakeAt;
    return this.told(this.receiver.timeout(this.now));
  }
}

describe("TFTP receiver", () => {
  it("each block is acknowledged, and a duplicate is acknowledged again but not stored twice (RFC 1350 §2)", () => {
    const script = new Scripted();
    assert.deepEqual(script.data(1), ["ACK 1"]);
    script.now += 20;
    assert.deepEqual(script.data(1), ["ACK 1"]);
    assert.deepEqual(script.data(2), ["ACK 2"]);
    assert.deepEqual(script.data(1), []);
    assert.equal(script.stored, 16);
  });

  it("what asked for DATA 1 is retransmitted with back-off, 5 times at most (T11, T12, S6)", () => {
    const oack = encodeOack(new Map([["blksize", "8"]]));
    const script = new Scripted({ opening: oack });
    assert.deepEqual(script.last.send, [oack]);
    const times: number[] = [];
    while (script.last.done === undefined) if (script.wake().length > 0) times.push(script.now);
    assert.deepEqual(times, [1000, 3000, 7000, 15000]);
    assert.deepEqual(script.last.done, { kind: "timeout", answered: false });
  });

  it("a repeated OACK means that ACK 0 was lost (T12)", () => {
    const script = new Scripted();
    assert.deepEqual(script.give({ op: "OACK", options: new Map() }), ["ACK 0"]);
    script.data(1);
    assert.deepEqual(script.give({ op: "OACK", options: new Map() }), []);
  });

  it("the last ACK is sent again to a peer that repeats the last block, and then no more (T13, T42, RFC 1350 §6)", () => {
    const script = new Scripted({ dallyMs: 5000 });
    assert.deepEqual(script.data(1, 3), ["ACK 1"]);
    assert.equal(script.last.done, undefined);
    assert.equal(script.last.wakeAt, 5000);
    script.now = 4000;
    assert.deepEqual(script.data(1, 3), ["ACK 1"]);
    assert.equal(script.last.wakeAt, 9000);
    script.wake();
    assert.deepEqual(script.last.done, { kind: "complete" });
    assert.deepEqual(script.data(1, 3), []);
    assert.equal(script.stored, 3);
  });

  it("a late ERROR does not undo a file that is whole", () => {
    const script = new Scripted();
    script.data(1, 3);
    script.give({ op: "ERROR", code: 0, message: "late" });
    assert.deepEqual(script.last.done, { kind: "complete" });
  });

  for (const after of [0, 1]) {
    it(`block ${after} may follow 65535 (T14)`, () => {
      const script = new Scripted();
      for (let number = 1; number <= 65535; number += 1) script.data(number);
      assert.deepEqual(script.data(after), [`ACK ${after}`]);
      assert.deepEqual(script.data(after + 1), [`ACK ${after + 1}`]);
      assert.equal(script.stored, 65537 * 8);
    });
  }

  it("in a window 1 after 65535 means that 0 was lost (T14, T26)", () => {
    const script = new Scripted({ windowsize: 3 });
    for (let number = 1; number <= 65535; number += 1) script.data(number);
    assert.deepEqual(script.data(1), []);
    assert.deepEqual(script.wake(), ["ACK 65535"]);
    assert.deepEqual(script.data(0), []);
    assert.deepEqual(script.data(1), []);
    assert.deepEqual(script.data(2), ["ACK 2"]);
  });

  it("a copy that the network made is not acknowledged: some senders answer each ACK, to the end (X2, RFC 1123 §4.2.3.1)", () => {
    const script = new Scripted();
    assert.deepEqual(script.data(1), ["ACK 1"]);
    script.now += 19;
    assert.deepEqual(script.data(1), []);
    // The last one is: after its ACK nothing can be sent twice.
    assert.deepEqual([script.data(2, 3), script.data(2, 3)], [["ACK 2"], ["ACK 2"]]);
  });

  it("a window gets one ACK (RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 3 });
    assert.deepEqual([script.data(1), script.data(2), script.data(3)], [[], [], ["ACK 3"]]);
    assert.deepEqual([script.data(4), script.data(5, 0)], [[], ["ACK 5"]]);
  });

  it("a gap is answered by the last block in order, once for each time that the sender comes by (T25, RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.data(1);
    assert.deepEqual([script.data(3), script.data(4)], [[], []]);
    assert.deepEqual([script.wake(), script.now], [["ACK 1"], 20]);
    // The sender starts over, and 2 is lost once more.
    assert.deepEqual([script.data(3), script.data(4), script.data(5)], [[], [], []]);
    assert.deepEqual([script.wake(), script.now], [["ACK 1"], 40]);
    // It starts over again; what came behind 2 is there already.
    assert.deepEqual(script.data(2), ["ACK 5"]);
    assert.equal(script.stored, 40);
  });

  it("blocks in another order are put in order, and nothing is asked for again (X2)", () => {
    const script = new Scripted({ windowsize: 4 });
    for (const block of [2, 4, 3]) assert.deepEqual(script.data(block), []);
    assert.deepEqual(script.data(1), ["ACK 4"]);
    assert.deepEqual([script.stored, script.receiver.retransmissions], [32, 0]);
    // Two of them are late: the second one is asked for, a while after the first one came.
    for (const block of [6, 8]) assert.deepEqual(script.data(block), []);
    script.now = 15;
    assert.deepEqual(script.data(5), []);
    assert.deepEqual([script.wake(), script.now], [["ACK 6"], 35]);
    assert.deepEqual(script.data(7), []);
    assert.equal(script.stored, 64);
  });

  it("a block that was kept is none of those that have its number 65,536 blocks later (X2, T14)", () => {
    const script = new Scripted({ windowsize: 2 });
    script.data(2, 8);
    assert.deepEqual(script.data(1), ["ACK 2"]);
    for (let number = 3; number < 65538; number += 1) script.data(number & 0xffff);
    assert.deepEqual(script.data(2, 3), ["ACK 2"]);
    assert.equal(script.stored, 65537 * 8 + 3);
  });

  it("a block outside of the window is none of this transfer", () => {
    const script = new Scripted({ windowsize: 4 });
    assert.deepEqual([script.data(5), script.data(6), script.data(60000)], [[], [], []]);
    assert.equal(script.stored, 0);
  });

  it("silence within a window is answered by an ACK of what came (RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.data(1);
    script.data(2);
    assert.deepEqual(script.wake(), ["ACK 2"]);
    assert.deepEqual([script.data(3), script.data(4), script.data(5)], [[], [], []]);
    assert.deepEqual(script.data(6), ["ACK 6"]);
  });

  it("nothing is acknowledged, and no time runs, before it is stored", () => {
    const script = new Scripted({ windowsize: 2 });
    const packet = (block: number): Packet => ({ op: "DATA", block, data: new Uint8Array(8) });
    assert.deepEqual(script.told(script.receiver.receive(packet(1), 0)), []);
    assert.deepEqual(script.told(script.receiver.receive(packet(2), 0)), []);
    assert.equal(script.last.wakeAt, undefined);
    // The window is full: whoever does not wait for its ACK has to send again.
    assert.equal(script.receiver.receive(packet(3), 0).data, undefined);
    assert.deepEqual(script.told(script.receiver.receive(packet(2), 0)), []);
    script.now = 1_000_000;
    assert.deepEqual(script.told(script.receiver.taken(script.now)), ["ACK 2"]);
    assert.ok(script.last.wakeAt! > script.now);
  });

  it("a file of another size than the one told is an error, and not acknowledged (T43)", () => {
    const short = new Scripted({ expectedSize: 20 });
    short.data(1);
    assert.deepEqual(short.data(2, 0), ["ERROR 0"]);
    assert.ok(short.last.done?.kind === "violation" && short.last.done.code === "size");
    const long = new Scripted({ expectedSize: 12 });
    long.data(1);
    assert.deepEqual(long.data(2, 8), ["ERROR 0"]);
    assert.equal(long.stored, 8);
    const exact = new Scripted({ expectedSize: 12 });
    exact.data(1);
    assert.deepEqual(exact.data(2, 4), ["ACK 2"]);
  });

  it("a block longer than agreed is refused (S3, RFC 2348)", () => {
    const script = new Scripted();
    assert.deepEqual(script.data(1, 9), ["ERROR 4"]);
    assert.equal(script.last.done?.kind, "violation");
    assert.equal(script.stored, 0);
  });

  it("a sender that falls silent is given up after the give-up time (T40, X7)", () => {
    const script = new Scripted();
    script.data(1);
    while (script.last.done === undefined) script.wake();
    assert.deepEqual(script.last.done, { kind: "timeout", answered: true });
    assert.equal(script.now, 60_000);
  });

  /** Says the same every 5 s until it is over, at most for ten minutes; returns how long that was. */
  const untilGivenUp = (script: Scripted, packet: Packet): number => {
    const over = (): boolean => script.last.done !== undefined;
    const from = script.now;
    while (!over() && script.now - from < 600_000) {
      const next = script.now + 5_000;
      while (!over() && script.last.wakeAt! <= next) script.wake();
      if (over()) break;
      script.now = next;
      script.give(packet);
    }
    return script.now - from;
  };
  const one: Packet = { op: "DATA", block: 1, data: new Uint8Array(8) };

  it("a client counts from the last new block: the same block or OACK for ever is silence", () => {
    const only = { patience: { giveUpMs: 60_000, firstPackets: Infinity, progressOnly: true } };
    const repeatsOack = new Scripted(only);
    assert.equal(untilGivenUp(repeatsOack, { op: "OACK", options: new Map() }), 60_000);
    assert.deepEqual(repeatsOack.last.done, { kind: "timeout", answered: false });
    const repeatsData = new Scripted(only);
    repeatsData.give(one);
    assert.equal(untilGivenUp(repeatsData, one), 60_000);
    assert.deepEqual(repeatsData.last.done, { kind: "timeout", answered: true });
    const slow = new Scripted(only);
    for (let block = 1; block <= 20; block += 1) {
      slow.data(block);
      const until = slow.now + 50_000;
      while (slow.last.wakeAt! < until) slow.wake();
      slow.now = until;
    }
    assert.deepEqual([slow.last.done, slow.stored], [undefined, 160]);
  });

  it("a server waits for a board that repeats its last block, and not for one that talks nonsense (DESIGN §2.1)", () => {
    const alive = new Scripted();
    alive.give(one);
    assert.equal(untilGivenUp(alive, one), 600_000);
    for (const nonsense of [
      { op: "DATA", block: 40_000, data: new Uint8Array(8) },
      { op: "ACK", block: 1 },
      { op: "OACK", options: new Map() },
    ] as Packet[]) {
      const script = new Scripted();
      script.give(one);
      assert.equal(untilGivenUp(script, nonsense), 60_000, nonsense.op);
    }
  });

  it("an uploader that never sent a block is not held longer for the timeout that it asked for (DESIGN §2.1)", () => {
    const script = new Scripted({ patience: { ...patience, timeoutMs: 255_000 } });
    while (script.last.done === undefined) script.wake();
    assert.deepEqual([script.now, script.last.done], [60_000, { kind: "timeout", answered: false }]);
  });

  it("a first block that never comes does not spin, where nothing was sent either", () => {
    const script = new Scripted({ opening: undefined } as never);
    let wakes = 0;
    script.give({ op: "DATA", block: 7, data: new Uint8Array(8) });
    while (script.last.done === undefined && wakes < 100) {
      script.wake();
      wakes += 1;
    }
    assert.ok(wakes < 20, `${wakes}`);
  });
});
