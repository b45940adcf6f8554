import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Disturber } from "../../src/model/faults/disturber";
import { BoardFaults, Injection } from "../../src/model/faults/injection";
import { describeMistake, formatProfile, parseProfile } from "../../src/model/faults/parser";
import {
  faultNames,
  faultsOf,
  faultTable,
  formOf,
  packetTable,
  rateNames,
  rateTable,
  type FaultProfile,
  type PacketFault,
  type Place,
  type Rates,
} from "../../src/model/faults/profile";
import { describeFaults, replayTexts } from "../../src/model/faults/words";
import { encodeAck, encodeData } from "../../src/protocol/tftp/packet";
import { randomBytes, seededRandom } from "../support/random";

const profile = (text: string): FaultProfile => {
  const parsed = parseProfile(text);
  assert.ok("profile" in parsed, JSON.stringify(parsed));
  return parsed.profile;
};

/** The mistake of a text, as a sentence. */
const mistake = (text: string): string => {
  const parsed = parseProfile(text);
  assert.ok("mistake" in parsed, `${text} was taken`);
  return describeMistake(parsed.mistake);
};

const disturber = (text: string, seed = 7): Disturber => {
  const { rates, places } = profile(text);
  return new Disturber(rates, places as readonly PacketFault[], {
    out: seededRandom(seed),
    in: seededRandom(seed + 1),
  });
};

const data = (block: number, length = 512): Uint8Array => encodeData(block, randomBytes(length, block));

describe("a fault profile as text", () => {
  it("has rates, places and a board, in any order of the parts", () => {
    assert.deepEqual(
      profile("for 52-54-00-12-34-56: loss=5,delay=20-50,seed=7; drop data 17 x2; stall data 100 20s"),
      {
        board: "52:54:00:12:34:56",
        rates: { loss: 5, delay: [20, 50], seed: 7 },
        places: [
          { fault: "drop", packet: "data", block: 17, times: 2 },
          { fault: "stall", packet: "data", block: 100, ms: 20_000, times: 1 },
        ],
      },
    );
    assert.deepEqual(
      profile(
        "drop last-ack; wrong-tid; truncate x2; ftp 425; cut-data 1MB; stall-data 64KiB 500ms; loss = 2.5",
      ).places.map(({ fault }) => fault),
      ["drop", "wrong-tid", "truncate", "ftp", "cut-data", "stall-data"],
    );
    assert.equal(profile("for fe80::1: loss=1").board, "fe80::1");
    assert.equal(profile("for my board: loss=1").board, "my board");
  });

  it("takes every example of the table", () => {
    for (const name of faultNames) assert.equal(profile(faultTable[name].example).places[0]?.fault, name);
    for (const name of rateNames)
      assert.notEqual(
        profile(`loss=1${name === "loss" ? "" : `,${rateTable[name].example}`}`).rates[name],
        undefined,
      );
  });

  const wrong: readonly (readonly [string, string])[] = [
    [
      "lss=5",
      'at character 1: there is no rate "lss". Did you mean loss? Allowed: loss, duplicate, reorder, delay, seed',
    ],
    ["loss=5,delay=x", 'at character 14: "x" is to be a number from 0 to 60000'],
    ["loss=5; dorp data 1", 'at character 9: there is no fault "dorp". Did you mean drop?'],
    ["drop", "at character 5: a packet is missing; it is written drop PACKET [xN]"],
    ["drop date 3", 'at character 6: there is no packet for drop "date". Did you mean data?'],
    ["corrupt ack 3", 'at character 9: there is no packet for corrupt "ack". Allowed: data, last-data'],
    ["drop data", "at character 10: the number of the block is missing"],
    ["drop data 70000", 'at character 11: "70000" is to be a number from 0 to 65535'],
    ["drop data 3 twice", 'at character 13: "twice" is too much; how often is written x2'],
    ["drop data 3 x0", 'at character 14: "0" is to be a number from 1 to 1000'],
    ["stall data 3 20", 'at character 14: "20" is to be a number with one of ms, s, min, such as 20s'],
    ["ftp 200", 'at character 5: "200" is to be a number from 400 to 599'],
    ["loss=5,loss=6", "at character 8: loss stands there twice"],
    ["loss=5;", "at character 8: a fault is missing"],
    ["", "at character 1: a fault is missing; allowed: drop, double,"],
    ["seed=7", "at character 1: a seed alone does nothing"],
    ["for bench-1 loss=5", "at character 5: after for comes a MAC, an address or a client's name"],
    ["delay=50-20", 'at character 7: "50-20": the smaller number comes first'],
    ["loss=101", 'at character 6: "101" is to be a number from 0 to 100'],
  ];
  for (const [text, sentence] of wrong) {
    it(`says what is wrong with "${text}", where, and what is allowed`, () => {
      assert.equal(mistake(text).slice(0, sentence.length), sentence);
    });
  }

  it("is the same when it is written down and read again, whatever it is", () => {
    const times = fc.integer({ min: 1, max: 1000 });
    const ms = fc.integer({ min: 1, max: 600_000 });
    const bytes = fc.integer({ min: 1, max: 2 ** 40 });
    const block = fc.integer({ min: 0, max: 65535 });
    const packet = fc.oneof(
      fc.record({ packet: fc.constantFrom("data" as const, "ack" as const), block }),
      fc.record({
        packet: fc.constantFrom(
          "oack" as const,
          "last-data" as const,
          "last-ack" as const,
          "answer" as const,
        ),
      }),
    );
    const place: fc.Arbitrary<Place> = fc.oneof(
      fc
        .tuple(fc.constantFrom("drop" as const, "double" as const), packet, times)
        .map(([fault, named, count]) => ({ fault, ...named, times: count })),
      fc
        .tuple(packet, ms, times)
        .map(([named, wait, count]) => ({ fault: "stall" as const, ...named, ms: wait, times: count })),
      fc.record({ fault: fc.constant("ftp" as const), code: fc.integer({ min: 400, max: 599 }), times }),
      fc.record({ fault: fc.constant("cut-data" as const), bytes, times }),
      fc.record({ fault: fc.constant("stall-data" as const), bytes, ms, times }),
    );
    const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000);
    const rates: fc.Arbitrary<Rates> = fc.record(
      {
        loss: percent,
        duplicate: percent,
        reorder: percent,
        seed: fc.integer({ min: 0, max: 0xffff_ffff }),
        delay: fc
          .tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 30_000 }))
          .map(([min, more]) => [min, min + more] as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.option(fc.constantFrom("bench-1", "192.168.7.10", "52:54:00:12:34:56", "fe80::1"), {
          nil: undefined,
        }),
        rates,
        fc.array(place, { minLength: 1, maxLength: 5 }),
        (board, some, places) => {
          const written = { ...(board !== undefined && { board }), rates: some, places };
          // Without the prototypes that the generator makes.
          assert.deepEqual(profile(formatProfile(written)), JSON.parse(JSON.stringify(written)));
        },
      ),
    );
  });

  it("is either a profile or a mistake within the text, whatever somebody types", () => {
    const words = fc.constantFrom(
      "drop",
      "data",
      "17",
      "x2",
      ";",
      "loss=",
      "5",
      ",",
      "for a:",
      "20s",
      "ftp",
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(" ")),
        ),
        (text) => {
          const parsed = parseProfile(text);
          if ("profile" in parsed) return;
          assert.ok(parsed.mistake.at >= 0 && parsed.mistake.at <= text.length + 1, JSON.stringify(parsed));
        },
      ),
    );
  });

  it("is told with its seed, and can be had again", () => {
    const faults = faultsOf([profile("loss=5,delay=20-50"), profile("for bench-1: drop data 17 x2")], 3914);
    assert.equal(
      describeFaults(faults),
      "loss 5 %, delay 20–50 ms both ways; drop data 17 x2 for bench-1, seed 3914",
    );
    assert.deepEqual(replayTexts(faults), [
      "loss=5,delay=20-50,seed=3914",
      "for bench-1: seed=3914; drop data 17 x2",
    ]);
    assert.equal(faultsOf(replayTexts(faults).map(profile), 1).seed, 3914);
  });

  it("is written as the table says", () => {
    assert.equal(formOf("stall"), "stall PACKET TIME [xN]");
    assert.equal(formOf("wrong-tid"), "wrong-tid [PACKET] [xN]");
  });
});

describe("docs/faults.md", () => {
  const page = readFileSync(join(__dirname, "../../docs/faults.md"), "utf8").replace(/ +/g, " ");

  it("has every rate, fault and packet with the words of the table", () => {
    for (const name of rateNames)
      assert.ok(page.includes(`| \`${rateTable[name].example}\` | ${rateTable[name].meaning} |`), name);
    for (const name of faultNames)
      assert.ok(page.includes(`| \`${formOf(name)}\` | ${faultTable[name].meaning} |`), name);
    for (const [name, meaning] of Object.entries(packetTable)) {
      const written = name === "data" || name === "ack" ? `${name} N` : name;
      assert.ok(page.includes(`| \`${written}\` | ${meaning} |`), name);
    }
  });

  it("shows profiles that are ones", () => {
    const shown = [...page.matchAll(/--fault '([^']*)'/g)].map(([, text = ""]) => text);
    assert.equal(shown.length, 2);
    for (const text of shown) profile(text);
  });
});

describe("the packets of a TFTP transfer under a fault profile", () => {
  /** When each copy is due from now; undefined: at once. */
  const due = (
    from: Disturber,
    packet: Uint8Array,
    now = 1000,
    way: "in" | "out" = "out",
  ): (number | undefined)[] =>
    from.disturb(way, packet, now).map(({ at }) => (at === undefined ? undefined : at - now));

  it("loses a block as often as it says, and then no more", () => {
    const faults = disturber("drop data 17 x2");
    assert.deepEqual(
      [data(16), data(17), data(17), data(17), data(18)].map((packet) => due(faults, packet).length),
      [1, 0, 0, 1, 1],
    );
    assert.deepEqual(faults.lines, ["DATA 17 dropped ×2"]);
  });

  it("knows the last ACK by the short block before it, whichever side sends it", () => {
    for (const [there, back] of [
      ["out", "in"],
      ["in", "out"],
    ] as const) {
      const faults = disturber("drop last-ack");
      assert.equal(due(faults, data(1), 0, there).length, 1);
      assert.equal(due(faults, encodeAck(1), 0, back).length, 1);
      assert.equal(due(faults, data(2, 100), 0, there).length, 1);
      assert.equal(due(faults, encodeAck(2), 0, back).length, 0);
      assert.equal(due(faults, encodeAck(2), 0, back).length, 1);
      assert.deepEqual(faults.lines, ["last ACK dropped"]);
    }
  });

  it("takes a full block for no last one once a larger blksize is agreed", () => {
    const faults = disturber("drop last-data");
    faults.blksize = 400;
    assert.equal(due(faults, data(1, 400)).length, 1);
    assert.equal(due(faults, data(2, 399)).length, 0);
  });

  it("stands still from a block on, holds each packet once, and goes on where it stood", () => {
    const faults = disturber("stall data 2 20s");
    assert.deepEqual(due(faults, data(1), 0), [undefined]);
    assert.deepEqual(due(faults, data(2), 1000), [20_000]);
    assert.deepEqual(due(faults, data(2), 2000), [], "a resend waits already");
    assert.deepEqual(due(faults, data(3), 5000), [16_000], "the next of the window waits behind it");
    assert.deepEqual(due(faults, encodeAck(1), 5000, "in"), [undefined], "the other way is open");
    assert.deepEqual(due(faults, data(2), 21_000), [undefined]);
    assert.deepEqual(faults.lines, ["DATA 2 held for 20.0 s"]);
  });

  it("spoils, cuts, doubles and forges what it is told to, and leaves the packet itself alone", () => {
    const faults = disturber("corrupt data 1; truncate data 2; double data 3; wrong-tid data 4");
    const packets = [1, 2, 3, 4].map((block) => data(block));
    const before = packets.map((packet) => packet.slice());
    const [corrupted, cut, doubled, forged] = packets.map((packet) => faults.disturb("out", packet, 0));
    const differing = [...before[0]!].flatMap((byte, index) =>
      corrupted?.[0]?.packet[index] === byte ? [] : [index],
    );
    assert.deepEqual([...differing], [260]);
    assert.equal(cut?.[0]?.packet.length, 4 + 256);
    assert.equal(doubled?.length, 2);
    assert.deepEqual(
      forged?.map(({ foreign }) => foreign),
      [true, false],
    );
    assert.notDeepEqual(forged[0]?.packet, before[3]);
    assert.deepEqual(forged[1]?.packet, before[3]);
    assert.deepEqual(packets, before);
    assert.deepEqual(faults.lines, [
      "DATA 1 corrupted",
      "DATA 2 cut short",
      "DATA 3 doubled",
      "DATA 4 sent from another port too",
    ]);
  });

  it("does the same again from the same seed, and something else from another", () => {
    const run = (seed: number): unknown => {
      const faults = disturber("loss=20,duplicate=10,reorder=10,delay=1-9", seed);
      return Array.from({ length: 200 }, (_, block) => due(faults, data(block % 100, 8), 0));
    };
    assert.deepEqual(run(7), run(7));
    assert.notDeepEqual(run(7), run(8));
  });

  it("names the packet that a rate has met, for who looks at packets", () => {
    const faults = disturber("loss=100", 3);
    assert.deepEqual(due(faults, data(17, 8)), []);
    assert.equal(faults.note, "injected fault: DATA 17 lost");
    assert.deepEqual(faults.lines, ["packet lost"]);
  });

  it("keeps to the rates, and counts what it did", () => {
    const faults = disturber("loss=10,duplicate=10", 3);
    const copies = Array.from({ length: 5000 }, () => due(faults, data(1, 8)).length);
    const lost = copies.filter((count) => count === 0).length;
    const twice = copies.filter((count) => count === 2).length;
    assert.ok(lost > 400 && lost < 600, `${lost} of 5000 lost`);
    assert.ok(twice > 350 && twice < 550, `${twice} of 5000 doubled`);
    assert.deepEqual(
      faults.lines,
      [`packet lost ×${lost}`, `packet doubled ×${twice}`].sort((a) => (a === faults.lines[0] ? -1 : 1)),
    );
  });

  it("lets pass what is no packet at all: the transfer judges that", () => {
    assert.equal(due(disturber("drop data 1"), Uint8Array.of(1), 0, "in").length, 1);
  });
});

describe("whom a fault profile is about", () => {
  const injection = (...texts: string[]): Injection => new Injection(faultsOf(texts.map(profile), 1));

  it("is everybody, or a board by its MAC, its address or its name in the plan", () => {
    const board = { address: "192.168.7.10", mac: "52:54:00:12:34:56", name: "bench-1" };
    for (const who of ["", "for 52:54:00:12:34:56: ", "for 192.168.7.10: ", "for bench-1: "]) {
      assert.ok(injection(`${who}drop data 1`).transfer(board), who);
    }
    assert.equal(injection("for bench-2: drop data 1").transfer(board), undefined);
    assert.equal(injection("for bench-2: drop answer").board(board), undefined);
  });

  it("adds up what several profiles say of one board; of each rate the last counts", () => {
    const faults = injection("loss=100; drop data 1", "for 10.0.0.1: loss=0; drop data 2").transfer({
      address: "10.0.0.1",
    });
    assert.deepEqual(
      [1, 2, 3].map((block) => faults?.disturb("out", data(block), 0).length),
      [0, 0, 1],
    );
  });

  it("gives each transfer numbers of its own, the same ones in every run", () => {
    const run = (): unknown => {
      const all = injection("loss=50");
      return [1, 2].map(() => {
        const transfer = all.transfer({ address: "10.0.0.1" });
        return Array.from({ length: 64 }, () => transfer?.disturb("out", data(1, 8), 0).length);
      });
    };
    const [first, second] = run() as unknown[];
    assert.notDeepEqual(first, second);
    assert.deepEqual(run(), [first, second]);
  });

  it("counts a board's answers, codes and data connections over all of its connections", () => {
    const all = injection("drop answer x2; stall answer 3s; ftp 425; cut-data 1KB; stall-data 100B 2s");
    const board = all.board({ address: "10.0.0.1" })!;
    assert.equal(all.board({ address: "10.0.0.1" }), board);
    assert.deepEqual(board.answer().dueMs, []);
    assert.deepEqual(board.answer(), {
      dueMs: [],
      lines: ["answer dropped"],
      note: "injected fault: answer dropped",
    });
    assert.deepEqual(board.answer(), {
      dueMs: [3000],
      lines: ["answer held for 3s"],
      note: "injected fault: answer held for 3s",
    });
    assert.deepEqual(board.answer(), { dueMs: [0], lines: [], note: undefined });
    assert.deepEqual([board.reply(), board.reply()], [425, undefined]);
    const [stall, cut] = [board.within(0, 5000), board.within(100, 5000)];
    assert.deepEqual([stall?.fault, cut?.fault], ["stall-data", "cut-data"]);
    assert.equal(board.happened(cut!), "data connection cut after 1KB");
    assert.equal(board.within(100, 5000), undefined);
  });

  it("forgets boards when a flood of them comes", () => {
    const all = injection("drop answer");
    const first = all.board({ address: "10.0.0.1" });
    for (let host = 0; host < 1024; host += 1) all.board({ address: `10.1.${host >> 8}.${host & 255}` });
    assert.ok(first instanceof BoardFaults);
    assert.notEqual(all.board({ address: "10.0.0.1" }), first);
  });
});
