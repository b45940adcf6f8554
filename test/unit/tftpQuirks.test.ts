import assert from "node:assert/strict";
import { Twice } from "../../src/engine/tftpServer/twice";
import { Driver } from "../../src/engine/driver";
import { blockNumber, blocksAhead } from "../../src/protocol/tftp/blockNumbers";
import { decodePacket, encodeData, encodeError, type Request } from "../../src/protocol/tftp/packet";
import type { TransferEnd } from "../../src/protocol/tftp/patience";
import { negotiateWith } from "../../src/protocol/tftp/quirks";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { Sender } from "../../src/protocol/tftp/sender";
import type { Quirks } from "../../src/protocol/quirks";
import { randomBytes, seededRandom, seeds } from "../support/random";
import { runPair } from "../support/tftpPair";
import { VirtualClock } from "../support/virtualClock";
import { VirtualLink, type LinkEnd } from "../support/virtualLink";

const everything = { tsize: "0", blksize: "1468", windowsize: "16", timeout: "5" };
const offer = { maxBlksize: 65464, maxWindowsize: 64, size: 100_000 };

/** The OACK to a request for everything, and the quirks that it is due to. */
function agreed(quirks: Quirks, asked: Readonly<Record<string, string>> = everything): unknown {
  const request: Request = { op: "RRQ", file: "a", mode: "octet", options: new Map(Object.entries(asked)) };
  const { agreement, inForce } = negotiateWith(request, offer, quirks);
  return [Object.fromEntries(agreement.options), agreement.blksize, agreement.windowsize, inForce];
}

describe("a board's quirks in TFTP's negotiation", () => {
  it("are nothing where it has none", () => {
    assert.deepEqual(agreed({}), [{ ...everything, tsize: "100000" }, 1468, 16, {}]);
  });

  it("cap blksize and windowsize below what the machine's limits grant, and never raise them", () => {
    const capped = { maxBlksize: 1024, maxWindowsize: 4 };
    assert.deepEqual(agreed(capped), [
      { tsize: "100000", blksize: "1024", windowsize: "4", timeout: "5" },
      ...[1024, 4],
      capped,
    ]);
    assert.deepEqual(agreed({ maxBlksize: 8192, maxWindowsize: 65535 }), [
      { ...everything, tsize: "100000" },
      ...[1468, 16],
      {},
    ]);
    const request: Request = {
      op: "RRQ",
      file: "a",
      mode: "octet",
      options: new Map([["blksize", "60000"]]),
    };
    const low = negotiateWith(request, { ...offer, maxBlksize: 1000 }, { maxBlksize: 2000 });
    assert.equal(low.agreement.blksize, 1000);
  });

  it("take tsize out of the OACK, or every option, and then there is none (RFC 2347 §2)", () => {
    assert.deepEqual(agreed({ noTsize: true }), [
      { blksize: "1468", windowsize: "16", timeout: "5" },
      ...[1468, 16],
      { noTsize: true },
    ]);
    assert.deepEqual(agreed({ noTsize: true }, { tsize: "0" }), [{}, 512, 1, { noTsize: true }]);
    assert.deepEqual(agreed({ noOptions: true, noTsize: true, maxBlksize: 1024 }), [
      {},
      512,
      1,
      { noOptions: true },
    ]);
    assert.deepEqual(agreed({ noOptions: true }, {}), [{}, 512, 1, {}]);
  });

  it("leave no window where copies or a second block 1 would pass for losses", () => {
    for (const quirks of [{ duplicatePackets: true }, { rollover: 1 }]) {
      assert.deepEqual(agreed(quirks), [
        { tsize: "100000", blksize: "1468", windowsize: "1", timeout: "5" },
        ...[1468, 1],
        quirks,
      ]);
    }
  });
});

describe("block numbers", () => {
  it("go on with 0 after 65535, or with 1 where that is the board's habit (T14)", () => {
    const around = [-1, 0, 1, 65534, 65535, 65536, 65537, 131070, 131071, 131072];
    assert.deepEqual(
      around.map((n) => blockNumber(n, 0)),
      [-1, 0, 1, 65534, 65535, 0, 1, 65534, 65535, 0],
    );
    assert.deepEqual(
      around.map((n) => blockNumber(n, 1)),
      [-1, 0, 1, 65534, 65535, 1, 2, 65535, 1, 2],
    );
  });

  it("tell how far one is ahead, over the edge as well", () => {
    for (const rollover of [0, 1] as const) {
      for (const last of [-1, 0, 1, 65533, 65534, 65535, 65536, 70000, 131070, 131071]) {
        for (const ahead of [0, 1, 2, 64]) {
          const [number, before] = [blockNumber(last + ahead, rollover), blockNumber(last, rollover)];
          assert.equal(
            blocksAhead(number, before, rollover),
            ahead,
            `${last} + ${ahead}, rollover ${rollover}`,
          );
        }
      }
    }
    assert.equal(blocksAhead(0, 65535, 1), Infinity, "an ACK 0 acknowledges nothing there");
  });
});

describe("a transfer that goes on with block 1 after 65535", () => {
  const numbersSeen =
    (watch: (block: number) => void) =>
    (sending: LinkEnd): void => {
      sending.drop = (bytes) => {
        const packet = decodePacket(bytes);
        if (packet.op === "DATA") watch(packet.block);
        return false;
      };
    };

  for (const upload of [false, true]) {
    it(`arrives, with losses at and around the edge, as ${upload ? "an upload" : "a download"}`, () => {
      const content = randomBytes(65540 * 8 + 3, 5);
      const faults = { loss: 0.01 };
      const result = runPair(content, { blksize: 8, windowsize: 1, rollover: 1, faults, upload });
      assert.deepEqual([result.senderEnd, result.receiverEnd], [{ kind: "complete" }, { kind: "complete" }]);
      assert.ok(Buffer.compare(result.received, content) === 0);
    });
  }

  it("has no block 0, and the losses of 65535 and of the 1 behind it cost one packet each", () => {
    const content = randomBytes(65540 * 8, 6);
    const lost = new Set([65535, 1]);
    const last: number[] = [];
    let count = 0;
    const result = runPair(content, {
      ...{ blksize: 8, windowsize: 1, rollover: 1 },
      prepare: (sending) => {
        numbersSeen((block) => {
          count += 1;
          if (count > 65530) last.push(block);
        })(sending);
        const watch = sending.drop;
        sending.drop = (bytes) => {
          watch(bytes);
          const packet = decodePacket(bytes);
          return count > 60000 && packet.op === "DATA" && lost.delete(packet.block);
        };
      },
    });
    assert.ok(Buffer.compare(result.received, content) === 0);
    assert.deepEqual(last, [65531, 65532, 65533, 65534, 65535, 65535, 1, 1, 2, 3, 4, 5, 6]);
  });
});

describe("DATA packets that are sent twice", () => {
  const gap = 1;

  it("go out in order, the copy a millisecond later and before the next one; others go at once", () => {
    const clock = new VirtualClock();
    const out: string[] = [];
    const start = clock.now();
    const twice = new Twice(clock, (packet) => {
      const decoded = decodePacket(packet);
      out.push(`${clock.now() - start} ${decoded.op === "DATA" ? decoded.block : decoded.op}`);
    });
    twice.send(encodeData(1, new Uint8Array(4)));
    twice.send(encodeData(2, new Uint8Array(4)));
    twice.send(encodeData(3, new Uint8Array(4)));
    twice.send(encodeError(0, "stop"));
    clock.advance(10);
    assert.deepEqual(out, ["0 1", "0 ERROR", "1 1", "1 2", "2 2", "2 3", "3 3"]);
    twice.send(encodeData(4, new Uint8Array(4)));
    twice.send(encodeData(5, new Uint8Array(4)));
    twice.close();
    clock.advance(10);
    assert.deepEqual(out.slice(7), ["10 4"], "nothing comes after the end of the transfer");
  });

  /** A whole transfer; returns how often each block was sent. */
  function download(content: Uint8Array, loss: number, seed: number): ReadonlyMap<number, number> {
    const clock = new VirtualClock();
    const { left, right } = new VirtualLink(clock, seededRandom(seed), { loss, delayMs: [0, 3] });
    const shared = { blksize: 512, windowsize: 1, patience: { giveUpMs: 120_000, firstPackets: Infinity } };
    const sender = new Sender(shared, clock.now());
    const receiver = new Receiver({ ...shared, dallyMs: 60_000 }, clock.now());
    const times = new Map<number, number>();
    const twice = new Twice(clock, (packet) => {
      const decoded = decodePacket(packet);
      if (decoded.op === "DATA") times.set(decoded.block, (times.get(decoded.block) ?? 0) + 1);
      left.send(packet);
    });
    const ends: TransferEnd[] = [];
    const end = (one: TransferEnd): number => ends.push(one);
    const sends = new Driver(clock, twice.send, (now) => sender.timeout(now), end);
    const receives = new Driver(
      clock,
      (packet) => {
        right.send(packet);
      },
      (now) => receiver.timeout(now),
      end,
    );
    let offset = 0;
    const received: Uint8Array[] = [];
    const supply = (): void => {
      if (sender.room === 0) return;
      const block = content.subarray(offset, (offset += 512));
      sends.apply(sender.supply([block], clock.now()));
    };
    left.onPacket = (packet) => {
      sends.apply(sender.receive(decodePacket(packet), clock.now()));
      supply();
    };
    right.onPacket = (packet) => {
      const step = receiver.receive(decodePacket(packet), clock.now());
      receives.apply(step);
      if (step.data === undefined) return;
      received.push(step.data);
      receives.apply(receiver.taken(clock.now()));
    };
    supply();
    while (ends.length < 2) clock.advance(clock.next()! - clock.now());
    assert.deepEqual(ends, [{ kind: "complete" }, { kind: "complete" }]);
    assert.ok(Buffer.compare(Buffer.concat(received), content) === 0);
    return times;
  }

  it("are not sent more than twice without a loss: the second ACK of each sends nothing (RFC 1123 §4.2.3.1)", () => {
    const times = download(randomBytes(40 * 512 + 17, 1), 0, 1);
    assert.equal(times.size, 41);
    for (const [block, count] of times) assert.ok(count <= 2, `DATA ${block} ${count} times`);
  });

  it("arrive over a link that loses a fifth of them", () => {
    for (const seed of seeds(50)) download(randomBytes(20 * 512, seed), 0.2, seed);
  });

  it(`make a loss cost ${gap} ms instead of a timeout`, () => {
    // Every first copy is lost: without the second, each block would wait for a timeout of a second and more.
    const clock = new VirtualClock();
    const seen = new Set<number>();
    const arrived: number[] = [];
    const twice = new Twice(clock, (packet) => {
      const decoded = decodePacket(packet);
      if (decoded.op !== "DATA") return;
      if (seen.has(decoded.block)) arrived.push(decoded.block);
      seen.add(decoded.block);
    });
    for (const block of [1, 2, 3]) twice.send(encodeData(block, new Uint8Array(512)));
    clock.advance(3 * gap);
    assert.deepEqual(arrived, [1, 2, 3]);
  });
});
