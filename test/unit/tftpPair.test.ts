import assert from "node:assert/strict";
import { decodePacket } from "../../src/protocol/tftp/packet";
import { each, goBackN } from "../support/goBackN";
import { randomBytes, seeds } from "../support/random";
import { runPair, type PairOptions, type PairResult } from "../support/tftpPair";
import type { Faults, LinkEnd } from "../support/virtualLink";

const complete = { kind: "complete" };

/** Runs a pair; the bytes must arrive, and both sides must know it. */
function transfer(content: Uint8Array, options: PairOptions): PairResult {
  const result = runPair(content, options);
  const what = JSON.stringify(options);
  assert.deepEqual(result.senderEnd, complete, what);
  assert.deepEqual(result.receiverEnd, complete, what);
  assert.ok(Buffer.compare(result.received, content) === 0, `other bytes with ${what}`);
  return result;
}

describe("TFTP sender and receiver over a bad link", () => {
  const content = randomBytes(40 * 512 + 17, 99);

  for (const windowsize of [1, 4, 16]) {
    for (const upload of [false, true]) {
      const way = upload ? "write" : "read";
      it(`a ${way} with windowsize ${windowsize} survives loss, duplication, reordering and delay, 200 seeds (X1, X2, T11, T12, T13, T25)`, () => {
        for (const seed of seeds(200)) {
          const faults = { loss: 0.2, duplication: 0.1, reordering: 0.1, delayMs: [0, 30] } as const;
          transfer(content, { blksize: 512, windowsize, seed, faults, upload, dallyMs: 60_000 });
        }
      });
    }
  }

  it("duplication and reordering make windowsize 1 send little more than it must (X2, RFC 1123 §4.2.3.1)", () => {
    const blocks = Math.floor(content.length / 512) + 1;
    for (const seed of seeds(50)) {
      const faults = { duplication: 0.1, reordering: 0.1, reorderMs: 300, delayMs: [0, 300] } as const;
      const { sent } = transfer(content, { blksize: 512, windowsize: 1, seed, faults });
      assert.ok(sent.data <= 1.5 * (blocks + 1), `${sent.data} packets for ${blocks} blocks, seed ${seed}`);
    }
  });

  for (const windowsize of [1, 4, 16]) {
    it(`duplication and reordering cost less than half as much again with windowsize ${windowsize} (X2, RFC 7440 §4)`, () => {
      const long = randomBytes(200 * 512 + 17, 98);
      const least = 201 + Math.ceil(201 / windowsize) + 2;
      for (const seed of seeds(20)) {
        for (const upload of [false, true]) {
          const faults = { duplication: 0.1, reordering: 0.1 };
          const { sent } = transfer(long, { blksize: 512, windowsize, seed, faults, upload });
          assert.ok(
            sent.data + sent.acks <= 1.5 * least,
            `${sent.data} + ${sent.acks} packets, at least ${least}; SEED=${seed}`,
          );
        }
      }
    });
  }

  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const all = (): number => 1;

  for (const [what, faults, inTurn] of [
    ["10 % doubled", { duplication: 0.1 }, all],
    ["10 % doubled, 50 ms away", { duplication: 0.1, delayMs: [50, 50] }, all],
    ["10 % doubled, 10 % overtaken", { duplication: 0.1, reordering: 0.1, reorderMs: 5 }, each(0.1)],
    ["each up to 30 ms late", { duplication: 0.1, delayMs: [0, 30] }, (n) => 1 / factorial(n)],
    ["5 % lost", { loss: 0.05 }, each(0.05)],
    ["20 % lost", { loss: 0.2 }, each(0.2)],
  ] as const satisfies readonly (readonly [string, Faults, (n: number) => number])[]) {
    it(`${what}: a reader that answers copies, and keeps nothing out of turn, costs at most half as much again as the best go-back-N, with windowsize 4 and 16 (X1, X2, RFC 7440 §4)`, () => {
      const blocks = 1001;
      const options = { blksize: 8, faults, inOrder: true };
      for (const windowsize of [4, 16]) {
        const least = blocks * goBackN(windowsize, inTurn);
        for (const seed of seeds(20)) {
          const { sent } = transfer(new Uint8Array(8 * blocks - 1), { ...options, windowsize, seed });
          const told = `${sent.data} packets, at least ${least}; SEED=${seed}, windowsize ${windowsize}`;
          // And the OACK.
          assert.ok(sent.data - 1 <= 1.5 * least, told);
        }
      }
    });
  }

  it("a windowed transfer without faults sends every block once and one ACK a window (RFC 7440 §4)", () => {
    const { sent } = transfer(new Uint8Array(64 * 512), { blksize: 512, windowsize: 16 });
    // OACK and 65 blocks; ACK 0, four full windows, and the last block's.
    assert.deepEqual(sent, { data: 66, acks: 6 });
  });

  for (const size of [0, 1, 511, 512, 513, 1024, 16 * 512]) {
    for (const windowsize of [1, 4]) {
      it(`${size} bytes end with the first block shorter than blksize, windowsize ${windowsize} (T7, X17, RFC 1350 §2)`, () => {
        const { sent } = transfer(randomBytes(size, 3), { blksize: 512, windowsize });
        assert.equal(sent.data - 1, Math.floor(size / 512) + 1);
      });
    }
  }

  for (const size of [65463, 65464, 65465]) {
    it(`${size} bytes at the largest blksize (X17, RFC 2348)`, () => {
      transfer(randomBytes(size, 4), { blksize: 65464, windowsize: 1 });
    });
  }

  it("block numbers go on with 0 after 65535, with losses as well (T14)", () => {
    transfer(randomBytes(65540 * 8 + 3, 5), { blksize: 8, windowsize: 1, faults: { loss: 0.01 } });
  });

  it("a loss right at the edge of the block numbers costs a retransmission and no bytes (T26)", () => {
    const lost = new Set([65535, 0, 1]);
    const prepare = (sending: LinkEnd): void => {
      let blocks = 0;
      sending.drop = (bytes) => {
        const packet = decodePacket(bytes);
        if (packet.op !== "DATA") return false;
        blocks += 1;
        return blocks > 60000 && lost.delete(packet.block);
      };
    };
    transfer(randomBytes(65540 * 8, 6), { blksize: 8, windowsize: 16, prepare });
    assert.equal(lost.size, 0);
  });

  it("32 MiB at blksize 512 cross the edge well within a second (T14, X16)", () => {
    const large = new Uint8Array(33 * 2 ** 20 + 1).fill(0x5a);
    const startedAt = process.cpuUsage().user;
    transfer(large, { blksize: 512, windowsize: 16, upload: true });
    const spentMs = (process.cpuUsage().user - startedAt) / 1000;
    assert.ok(spentMs < 3000, `${spentMs} ms`);
  });

  it("the lost ACK of the last block is sent again by a receiver that dallies (T13, T42, RFC 1350 §6)", () => {
    let lost = 0;
    const prepare = (_: LinkEnd, receiving: LinkEnd): void => {
      receiving.drop = (bytes) => {
        const packet = decodePacket(bytes);
        if (packet.op !== "ACK" || packet.block !== 2 || lost > 0) return false;
        lost += 1;
        return true;
      };
    };
    for (const upload of [false, true]) {
      lost = 0;
      const { sent } = transfer(randomBytes(700, 7), { blksize: 512, windowsize: 1, upload, prepare });
      assert.equal(lost, 1);
      assert.equal(sent.data, upload ? 3 : 4, "DATA 2 once more, and nothing else");
    }
  });

  it("another size than the one told is an error on both sides, not a success (T43)", () => {
    for (const size of [500, 1500]) {
      const result = runPair(randomBytes(size, 8), { blksize: 512, windowsize: 1, expectedSize: 1000 });
      assert.equal(result.receiverEnd?.kind, "violation");
      assert.equal(result.senderEnd?.kind, "peerError");
    }
  });
});
