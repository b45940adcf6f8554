import assert from "node:assert/strict";
import { measuredOf, rateOf, Waits } from "../../src/engine/measuring";
import { describeMeasured, describeTotals, formatShort } from "../../src/model/measured";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { Sender } from "../../src/protocol/tftp/sender";

const options = { blksize: 512, windowsize: 1, patience: { giveUpMs: 60_000, firstPackets: 5 } };

describe("what is measured of a transfer", () => {
  it("of a sender: first DATA, first ACK, round trip", () => {
    const sender = new Sender(options, 100);
    assert.deepEqual(measuredOf(sender, 90), {});
    sender.supply([new Uint8Array(512)], 100);
    assert.deepEqual(measuredOf(sender, 90), { firstByteMs: 10 });
    sender.receive({ op: "ACK", block: 1 }, 103);
    sender.supply([new Uint8Array(3)], 103);
    assert.deepEqual(measuredOf(sender, 90), { firstByteMs: 10, firstAckMs: 13, roundTripMs: 3 });
  });

  it("of a receiver: when the first DATA came; its ACK is the other side's", () => {
    const receiver = new Receiver(options, 100);
    receiver.receive({ op: "DATA", block: 1, data: new Uint8Array(512) }, 104);
    assert.deepEqual(measuredOf(receiver, 90), { firstByteMs: 14 });
  });

  it("short silences are no waits, and of many waits the longest are kept, in their order", () => {
    const waits = new Waits();
    waits.add({ fromMs: 0, ms: 299, sentAgain: 0 });
    assert.deepEqual(waits.told(), {});
    for (let each = 0; each < 40; each += 1)
      waits.add({ fromMs: each * 1000, ms: 300 + each * 10, sentAgain: 0 });
    const told = waits.told().waits ?? [];
    assert.deepEqual([told.length, told[0]?.ms, told.at(-1)?.ms], [32, 380, 690]);
  });

  it("no time, no rate", () => {
    assert.deepEqual(rateOf(1000, 0), {});
    assert.deepEqual(rateOf(1000, 500), { bytesPerSecond: 2000 });
  });

  it("is said as people say it, and only what is known", () => {
    assert.deepEqual([0.0512, 1.25, 9.99, 34.4, 1500].map(formatShort), [
      "0.051 ms",
      "1.3 ms",
      "10 ms",
      "34 ms",
      "1.5 s",
    ]);
    assert.deepEqual(describeMeasured({}), []);
    const waits = [
      { fromMs: 0, ms: 400, sentAgain: 0 },
      { fromMs: 900, ms: 1600, sentAgain: 2 },
    ];
    assert.deepEqual(describeMeasured({ firstByteMs: 3, firstAckMs: 4.04, roundTripMs: 0.2, waits }), [
      "first byte after 3 ms",
      "acknowledged after 4 ms",
      "round trip 0.2 ms",
      "waited 2.0 s in 2 stretches",
    ]);
  });

  it("says what was acknowledged first, in the order of the packets", () => {
    assert.deepEqual(describeMeasured({ firstByteMs: 3, firstAckMs: 2 }), [
      "OACK acknowledged after 2 ms",
      "first byte after 3 ms",
    ]);
    assert.deepEqual(describeMeasured({ firstAckMs: 2 }), ["OACK acknowledged after 2 ms"]);
  });

  it("is summed up for a board", () => {
    const row = { bytes: 1024, startedAt: 0, endedAt: 500, retransmissions: 0 };
    assert.equal(describeTotals([row]), "1 file, 1.0 KiB in 500 ms (2.0 KiB/s)");
    const wait = { fromMs: 0, ms: 400, sentAgain: 1 };
    assert.equal(
      describeTotals([row, { ...row, retransmissions: 1, roundTripMs: 0.2, waits: [wait] }]),
      "2 files, 2.0 KiB in 1.0 s (2.0 KiB/s), 1 packet sent again, round trip up to 0.2 ms, waited 400 ms for it",
    );
  });
});
