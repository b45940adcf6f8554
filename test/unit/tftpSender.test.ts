import assert from "node:assert/strict";
import type { Step } from "../../src/protocol/machine";
import { decodePacket, encodeOack } from "../../src/protocol/tftp/packet";
import type { TransferEnd } from "../../src/protocol/tftp/patience";
import { Retransmission } from "../../src/protocol/tftp/patience";
import { Sender, type SenderOptions } from "../../src/protocol/tftp/sender";

const patience = { giveUpMs: 60_000, firstPackets: 5 };
const block = (fill: number, length = 512): Uint8Array => new Uint8Array(length).fill(fill);

/** A sender of blocks of 512 that each hold their number, driven by hand. */
class Scripted {
  now = 0;
  readonly sender: Sender;
  private supplied = 0;
  last: Step<TransferEnd>;

  constructor(
    options: Partial<SenderOptions> = {},
    private readonly blocks = 1000,
  ) {
    this.sender = new Sender({ blksize: 512, windowsize: 1, patience, ...options }, 0);
    this.last = this.sender.start(0);
  }

  /** The numbers of the DATA packets, or the names of others. */
  private told(step: Step<TransferEnd>): (number | string)[] {
    this.last = step;
    return step.send.map((bytes) => {
      const packet = decodePacket(bytes);
      return packet.op === "DATA" ? packet.block : packet.op;
    });
  }

  /** Gives it as many blocks as it has room for. */
  fill(): (number | string)[] {
    const blocks = Array.from({ length: this.sender.room }, () => {
      this.supplied += 1;
      return block(this.supplied & 0xff, this.supplied === this.blocks ? 3 : 512);
    });
    return this.told(this.sender.supply(blocks, this.now));
  }

  ack(number: number): (number | string)[] {
    return [
      ...this.told(this.sender.receive({ op: "ACK", block: number }, this.now)),
      ...(this.last.done ? [] : this.fill()),
    ];
  }

  error(code: number): void {
    this.told(this.sender.receive({ op: "ERROR", code, message: "why" }, this.now));
  }

  /** Sleeps until the wake-up it asked for. */
  wake(): (number | string)[] {
    assert.ok(this.last.wakeAt !== undefined, "it wants no wake-up");
    this.now = this.last.wakeAt;
    return this.told(this.sender.timeout(this.now));
  }
}

describe("TFTP sender", () => {
  it("a duplicate ACK never resends DATA (T8, RFC 1123 §4.2.3.1)", () => {
    const script = new Scripted();
    assert.deepEqual(script.fill(), [1]);
    assert.deepEqual(script.ack(1), [2]);
    assert.deepEqual(script.ack(1), []);
    assert.deepEqual(script.ack(1), []);
    assert.equal(script.sender.retransmissions, 0);
  });

  it("an ACK of a block that was not sent yet is ignored (T9)", () => {
    const script = new Scripted();
    script.fill();
    for (const number of [2, 9, 65535]) assert.deepEqual(script.ack(number), []);
    assert.deepEqual(script.ack(1), [2]);
  });

  it("an ACK of an older block is ignored (T10)", () => {
    const script = new Scripted();
    script.fill();
    script.ack(1);
    script.ack(2);
    assert.deepEqual(script.ack(1), []);
    assert.equal(script.sender.acknowledgedBytes, 1024);
  });

  it("silence is answered by retransmissions that back off and are bounded (T11, RFC 1123 §4.2.3.2)", () => {
    const script = new Scripted({ patience: { ...patience, firstPackets: Infinity } });
    script.fill();
    const times: number[] = [];
    while (script.last.done === undefined) {
      const sent = script.wake();
      if (sent.length > 0) times.push(script.now);
    }
    assert.deepEqual(times, [1000, 3000, 7000, 15000, 23000, 31000, 39000, 47000, 55000]);
    assert.equal(script.now, 60_000);
    assert.deepEqual(script.last.done, { kind: "timeout", answered: false });
  });

  it("the wait adapts to the measured round trip, down to a bound (T11, RFC 6298)", () => {
    const script = new Scripted();
    script.fill();
    for (let number = 1; number <= 50; number += 1) {
      script.now += 400;
      script.ack(number);
    }
    const slow = script.last.wakeAt! - script.now;
    assert.ok(slow > 400 && slow < 500, `${slow}`);
    for (let number = 51; number <= 200; number += 1) script.ack(number);
    assert.equal(script.last.wakeAt! - script.now, 200);
  });

  it("a retransmission measures nothing (Karn, RFC 6298 §3)", () => {
    const script = new Scripted();
    script.fill();
    script.wake();
    script.now += 1;
    script.ack(1);
    assert.equal(script.last.wakeAt! - script.now, 2000);
  });

  it("a negotiated timeout is the wait (T23, RFC 2349)", () => {
    const script = new Scripted({ patience: { ...patience, timeoutMs: 5000 } });
    script.fill();
    script.ack(1);
    assert.equal(script.last.wakeAt, 5000);
  });

  it("with a negotiated timeout of 255 s there is one retransmission before it is given up (T23)", () => {
    const script = new Scripted({ patience: { ...patience, timeoutMs: 255_000 } });
    script.fill();
    script.ack(1);
    assert.deepEqual(script.wake(), [2]);
    assert.equal(script.now, 255_000);
    while (script.last.done === undefined) script.wake();
    assert.equal(script.now, 510_000);
  });

  it("who never answered is not held longer for the timeout that it asked for (DESIGN §2.1)", () => {
    const script = new Scripted({ patience: { ...patience, timeoutMs: 255_000 } });
    script.fill();
    // Neither the request again, nor an ACK of nothing, nor any other packet is a first answer.
    for (script.now = 10_000; script.now < 60_000; script.now += 10_000) {
      script.ack(0);
      script.ack(7);
      script.sender.repeat(script.now);
      script.sender.timeout(script.now);
    }
    script.now = 60_000;
    assert.deepEqual(script.sender.timeout(script.now).done, { kind: "timeout", answered: false });
  });

  /** Says this every 5 s until it is over, at most for ten minutes; returns how long that was. */
  const untilGivenUp = (script: Scripted, say: () => void): number => {
    const over = (): boolean => script.last.done !== undefined;
    const from = script.now;
    while (!over() && script.now - from < 600_000) {
      const next = script.now + 5_000;
      while (!over() && script.last.wakeAt! <= next) script.wake();
      if (over()) break;
      script.now = next;
      say();
    }
    return script.now - from;
  };

  it("a repeated ACK is a sign of life, packets that say nothing are none (DESIGN §2.1)", () => {
    const begun = (): Scripted => {
      const script = new Scripted();
      script.fill();
      script.ack(1);
      return script;
    };
    const alive = begun();
    assert.equal(
      untilGivenUp(alive, () => alive.ack(1)),
      600_000,
    );
    const silent = begun();
    const data = { op: "DATA", block: 1, data: new Uint8Array(3) } as const;
    const nonsense = (): void => {
      silent.ack(40_000);
      silent.sender.receive(data, silent.now);
      silent.sender.receive({ op: "OACK", options: new Map() }, silent.now);
    };
    assert.equal(untilGivenUp(silent, nonsense), 60_000);
    assert.deepEqual(silent.last.done, { kind: "timeout", answered: true });
  });

  it("where progress alone counts, the same ACK again and again is silence", () => {
    const script = new Scripted({ patience: { ...patience, progressOnly: true } });
    script.fill();
    script.ack(1);
    assert.equal(
      untilGivenUp(script, () => script.ack(1)),
      60_000,
    );
    assert.deepEqual(script.last.done, { kind: "timeout", answered: true });
  });

  it("a retransmission is the same to the byte, and an OACK is retransmitted too (T12)", () => {
    const oack = encodeOack(new Map([["blksize", "512"]]));
    const script = new Scripted({ oack });
    assert.deepEqual(script.last.send, [oack]);
    assert.equal(script.sender.room, 0, "no DATA before ACK 0 (RFC 2347 §3)");
    assert.deepEqual(script.wake(), ["OACK"]);
    assert.deepEqual(script.last.send, [oack]);
    assert.deepEqual(script.ack(0), [1]);
    const first = script.last.send[0];
    script.wake();
    assert.deepEqual(script.last.send, [first]);
  });

  it("the memory of what was sent again is not used again: on a slow link the system may hold it when its ACK comes", () => {
    const script = new Scripted({ windowsize: 2 });
    const memory = (): Set<ArrayBufferLike> => new Set(script.last.send.map(({ buffer }) => buffer));
    script.fill();
    assert.deepEqual(script.wake(), [1, 2]);
    const held = memory();
    assert.deepEqual(script.ack(2), [3, 4]);
    assert.ok([...memory()].every((buffer) => !held.has(buffer)));
    const next = memory();
    assert.deepEqual(script.ack(4), [5, 6]);
    assert.deepEqual(memory(), next, "what was sent once has left when its ACK comes");
  });

  it("an ACK in the middle of the window starts it again after that block (T25, RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 4 });
    assert.deepEqual(script.fill(), [1, 2, 3, 4]);
    assert.deepEqual(script.ack(2), [3, 4, 5, 6]);
    assert.equal(script.sender.retransmissions, 2);
  });

  it("knows how many packets went out again together the last time: what a loss or two of them are", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    script.ack(2);
    assert.equal(script.sender.flight, 2);
    for (const sentAgain of [6, 10]) {
      script.wake();
      assert.deepEqual([script.sender.flight, script.sender.retransmissions], [4, sentAgain]);
    }
    script.ack(6);
    assert.equal(script.sender.flight, 4);
  });

  it("an ACK of the block before the window restarts it, once for each time it was sent (RFC 7440 §4, DESIGN §2.1)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.ack(4), [5, 6, 7, 8]);
    assert.deepEqual(script.ack(4), [5, 6, 7, 8]);
    assert.deepEqual(script.ack(4), []);
    assert.deepEqual(script.ack(4), []);
    assert.deepEqual(script.wake(), [5, 6, 7, 8], "its own timeout sends it again");
    assert.deepEqual(script.ack(4), [5, 6, 7, 8]);
    assert.deepEqual(script.ack(4), []);
  });

  it("the second ACK of a window that went out twice does not double the next one (RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.wake(), [1, 2, 3, 4]);
    assert.deepEqual(script.ack(4), [5, 6, 7, 8]);
    assert.deepEqual(script.ack(4), []);
    assert.deepEqual(script.ack(8), [9, 10, 11, 12]);
    assert.deepEqual(script.ack(8), [9, 10, 11, 12]);
  });

  it("an ACK of a block that went out twice may answer the copy: while the window moves on, it is not sent again (X2, RFC 1123 §4.2.3.1)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.ack(2), [3, 4, 5, 6]);
    // A receiver that answers each copy, as atftp does: those of 3 and 4 have come a second time.
    assert.deepEqual(script.ack(4), [7, 8]);
    assert.deepEqual(script.ack(4), []);
    assert.deepEqual(script.ack(8), [9, 10, 11, 12]);
    assert.equal(script.sender.retransmissions, 2);
  });

  /** Sends 3 and 4 again for a copy of 2, and has learned from the answers to their copies that this was needless. */
  const toldOfCopies = (): Scripted => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    for (const number of [2, 4, 8]) script.ack(number);
    return script;
  };

  it("once a restart was needless, the next gap is waited for: this link doubles, or changes the order (X2, RFC 3708, RFC 4653)", () => {
    const script = toldOfCopies();
    assert.deepEqual(script.ack(10), [13, 14], "the window moves on");
    assert.deepEqual(script.ack(10), [], "the copy of an ACK");
    assert.deepEqual(script.ack(14), [15, 16, 17, 18]);
    assert.deepEqual(script.ack(14), []);
    assert.deepEqual(script.ack(18), [19, 20, 21, 22]);
    assert.equal(script.sender.retransmissions, 2);
  });

  it("… until one was there: what is lost is sent again without the wait for silence, and the next gap at once (T25)", () => {
    const script = toldOfCopies();
    assert.deepEqual(script.ack(10), [13, 14]);
    const told = script.now;
    assert.deepEqual(script.wake(), [11, 12, 13, 14]);
    assert.ok(script.now - told < 100);
    assert.deepEqual(script.ack(14), [15, 16, 17, 18]);
    assert.deepEqual(script.ack(18), [19, 20, 21, 22]);
    assert.deepEqual(script.ack(20), [21, 22, 23, 24]);
  });

  it("copies that silence has sent say nothing of the link: the next gap is believed at once (T25)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.wake(), [1, 2, 3, 4]);
    assert.deepEqual(script.ack(2), [5, 6]);
    assert.deepEqual(script.ack(6), [7, 8, 9, 10]);
    assert.deepEqual(script.ack(8), [9, 10, 11, 12]);
  });

  it("an ACK for each block behind a gap starts the window again once, and the next gap is believed at once (RFC 7440 §4)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.ack(1), [2, 3, 4, 5]);
    assert.deepEqual(script.ack(1), []);
    assert.deepEqual(script.ack(1), []);
    assert.deepEqual(script.ack(5), [6, 7, 8, 9]);
    assert.deepEqual(script.ack(7), [8, 9, 10, 11]);
  });

  it("… and where it does not move on, it is sent again without the wait for silence (T25)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    script.ack(2);
    script.ack(3);
    assert.deepEqual(script.wake(), [4, 5, 6, 7]);
    assert.ok(script.now < 100);
    assert.deepEqual(script.ack(3), [], "once");
  });

  it("each ACK that may answer a copy begins that wait anew: on a slow link more of them are ahead of the next window's (X2)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    assert.deepEqual(script.wake(), [1, 2, 3, 4]);
    assert.deepEqual(script.ack(4), [5, 6, 7, 8]);
    for (let copies = 0; copies < 3; copies += 1) {
      script.now += 15;
      assert.deepEqual(script.ack(4), []);
      assert.ok(script.last.wakeAt! - script.now >= 20);
    }
    assert.deepEqual(script.ack(8), [9, 10, 11, 12]);
    assert.equal(script.sender.retransmissions, 4);
  });

  it("an ACK that may answer a copy says nothing of blocks that are still being read", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    script.wake();
    for (let copies = 0; copies < 2; copies += 1) script.sender.receive({ op: "ACK", block: 4 }, script.now);
    assert.deepEqual(script.fill(), [5, 6, 7, 8]);
    assert.ok(script.last.wakeAt! - script.now > 100, "nothing of them is in doubt");
  });

  it("a window that its own timeout has sent again is not in doubt any more", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    script.now += 150;
    script.ack(4);
    script.now += 150;
    // 7 and 8 go out again, and with them 9 and 10: from here on an ACK of 7 may answer a copy.
    script.ack(6);
    script.now += 150;
    assert.deepEqual(script.ack(7), [11]);
    script.now += 290;
    assert.deepEqual(script.ack(7), []);
    assert.deepEqual(script.wake(), [8, 9, 10, 11]);
    assert.ok(script.last.wakeAt! - script.now > 300, "it has time for an answer");
  });

  it("the back-off stays until a round trip was measured again (T11, RFC 6298 §5)", () => {
    const script = new Scripted();
    script.fill();
    script.wake();
    script.ack(1);
    assert.equal(script.last.wakeAt! - script.now, 2000);
    script.now += 1500;
    script.ack(2);
    assert.ok(script.last.wakeAt! - script.now > 1500);
  });

  it("an ACK of an earlier flight measures nothing, and leaves the back-off as it is (RFC 6298 §5)", () => {
    const timing = new Retransmission({ giveUpMs: 60_000, firstPackets: 5 }, 0);
    timing.sent(0, false);
    assert.equal(timing.due(1000), "again");
    timing.sent(1000, true);
    timing.progressed(1500, true);
    timing.sent(1500, false);
    timing.progressed(1600, false);
    assert.deepEqual([timing.intervalMs, timing.roundTripMs], [2000, undefined]);
    timing.progressed(2600, true);
    assert.deepEqual([timing.intervalMs, timing.roundTripMs], [1100 + 4 * 550, 1100]);
  });

  it("a window goes over the end of the block numbers, and only an ACK inside it counts (T14, T26)", () => {
    const script = new Scripted({ windowsize: 16 }, 70_000);
    script.fill();
    for (let number = 16; number <= 65520; number += 16) script.ack(number);
    assert.deepEqual(
      script.ack(65528),
      [65529, 65530, 65531, 65532, 65533, 65534, 65535, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    );
    assert.deepEqual(script.ack(9), []);
    assert.deepEqual(script.ack(65527), []);
    assert.deepEqual(script.ack(1), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
    assert.equal(script.sender.acknowledgedBytes, 65537 * 512);
  });

  it("a file ends with the ACK of its short block, and everything later is ignored (T7)", () => {
    const script = new Scripted({}, 2);
    script.fill();
    assert.deepEqual(script.ack(1), [2]);
    assert.ok(script.sender.allSent);
    assert.equal(script.sender.room, 0);
    script.ack(2);
    assert.deepEqual(script.last, { send: [], wakeAt: undefined, done: { kind: "complete" } });
    assert.equal(script.sender.acknowledgedBytes, 515);
    assert.deepEqual(script.sender.receive({ op: "ACK", block: 2 }, 9), { send: [], wakeAt: undefined });
  });

  it("a stalled board is waited for as long as it says something (DESIGN §2.1)", () => {
    const script = new Scripted();
    script.fill();
    script.ack(1);
    for (let minute = 0; minute < 5; minute += 1) {
      script.now += 50_000;
      script.sender.timeout(script.now);
      script.ack(1);
      assert.equal(script.last.done, undefined);
    }
    assert.deepEqual(script.ack(2), [3]);
  });

  it("silence ends it after the give-up time, not after a count of retransmissions (DESIGN §2.1)", () => {
    const script = new Scripted({ patience: { giveUpMs: 600_000, firstPackets: 5 } });
    script.fill();
    script.ack(1);
    let sent = 0;
    while (script.last.done === undefined) sent += script.wake().length;
    assert.equal(script.now, 600_000);
    assert.ok(sent > 60, `${sent}`);
    assert.deepEqual(script.last.done, { kind: "timeout", answered: true });
  });

  it("who never acknowledged anything gets 5 packets, repeated requests included (S6, X26, T34)", () => {
    const script = new Scripted();
    let packets = script.fill().length;
    packets += script.sender.repeat(500).send.length;
    while (script.last.done === undefined) packets += script.wake().length;
    assert.equal(packets, 5);
    assert.deepEqual(script.sender.repeat(script.now).send, []);
  });

  it("a repeated request gets the packet that is waited for (T34)", () => {
    const script = new Scripted({ windowsize: 4 });
    script.fill();
    script.ack(4);
    const step = script.sender.repeat(10);
    assert.deepEqual(
      step.send.map((bytes) => decodePacket(bytes).op === "DATA" && bytes[3]),
      [5],
    );
  });

  it("an ERROR ends it and is not answered (T4, T31, RFC 1350 §7)", () => {
    const script = new Scripted({ oack: encodeOack(new Map()) });
    script.error(8);
    const error = { op: "ERROR", code: 8, message: "why" } as const;
    assert.deepEqual(script.last, {
      send: [],
      wakeAt: undefined,
      done: { kind: "peerError", error, early: true },
    });
    const later = new Scripted();
    later.fill();
    later.ack(1);
    later.error(8);
    assert.deepEqual(later.last.done, { kind: "peerError", error, early: false });
  });

  it("after a sleep of ten minutes it sends once, and gives the peer its time again (X14)", () => {
    const script = new Scripted();
    script.fill();
    script.ack(1);
    script.now += 600_000;
    const step = script.sender.timeout(script.now);
    assert.equal(step.send.length, 1);
    assert.equal(step.done, undefined);
    assert.ok(step.wakeAt! > script.now);
  });
});
