import assert from "node:assert/strict";
import { BootLog, type Sender } from "../../src/engine/bootLog/bootLog";
import type { Question } from "../../src/engine/bootLog/clientLog";
import type { FileLines, Machine } from "../../src/engine/bootLog/fileLines";
import { Journal } from "../../src/engine/journal";
import { BootLogs, describeBootLine } from "../../src/model/bootLog";
import type { BootLineRow, Row } from "../../src/model/events";
import { aQuestion, aTransfer, address, board, goodEnd, mac, quietEnd } from "../support/bootLogInput";
import { VirtualClock } from "../support/virtualClock";

describe("the boot log as the servers write it", () => {
  let clock: VirtualClock;
  let log: BootLog;
  let logs: BootLogs;
  let told: BootLineRow[];

  beforeEach(() => {
    clock = new VirtualClock();
    const journal = new Journal(clock);
    log = new BootLog(journal);
    logs = new BootLogs();
    told = [];
    journal.onRow((row: Row) => {
      if (row.type !== "bootLine") return;
      told.push(row);
      logs.apply(row);
    });
  });

  afterEach(() => {
    log.forget();
    assert.equal(clock.next(), undefined, "no timer is left");
  });

  const lines = (client = mac): string[] =>
    logs.lines(client).map((line) => `${line.boot} ${describeBootLine(line)}`);
  const boots = (client: string): number[] => [
    ...new Set(told.filter((line) => line.client === client).map(({ boot }) => boot)),
  ];
  const codes = (client = mac): (string | undefined)[] =>
    logs.lines(client).flatMap(({ diagnosis }) => (diagnosis === undefined ? [] : [diagnosis.code]));
  const ask = (fields: Partial<Question> = {}, sender = board): void => {
    log.asked(sender, aQuestion(fields), true);
  };
  const request = (text = "RRQ u-boot.bin octet", sender = board): FileLines =>
    log.fileOf(sender, "tftp", "tftp-1", text);
  const plain = { blksize: 512, windowsize: 1 };
  const unmeasured = { firstDataAt: undefined, roundTripMs: undefined };
  const silentMachine: Machine = { ...unmeasured, everAnswered: false, position: 1 };
  const answered = (position: number): Machine => ({ ...unmeasured, everAnswered: true, position });
  const load = (text?: string, sender = board): void => {
    const file = request(text, sender);
    file.granted("DATA 1", plain);
    file.heard(answered(2), 0, 0);
    file.ended(aTransfer(), goodEnd);
  };

  describe("of questions", () => {
    it("is one line for a request and its answer, told at once and again when it is not repeated for a second", () => {
      ask();
      clock.advance(1_000);
      assert.deepEqual(lines(), [
        "1 DISCOVER xid 3f2a0001 U-Boot.armv8 → OFFER 192.168.7.10 file u-boot.bin",
      ]);
      assert.deepEqual(
        told.map(({ open }) => open),
        [true, undefined],
      );
    });

    it("folds a request that comes again, and says with the third that the answer does not arrive", () => {
      for (let n = 0; n < 3; n += 1) {
        ask();
        clock.advance(5_000);
      }
      assert.deepEqual(lines(), [
        "1 DISCOVER xid 3f2a0001 U-Boot.armv8 → OFFER 192.168.7.10 file u-boot.bin, sent 3×, 10.0 s",
      ]);
      assert.deepEqual(codes(), ["bootp.repeated"]);
    });

    it("says of a new xid that it is the same boot (U-Boot takes one for each retry)", () => {
      ask();
      ask({ xid: 7 });
      clock.advance(1_000);
      assert.deepEqual(codes(), ["bootp.newXid"]);
      assert.equal(logs.lines(mac).length, 1);
    });

    it("says of one that gets its answer and asks anew that something is missing in it", () => {
      for (let n = 0; n < 3; n += 1) {
        ask();
        ask({ type: "REQUEST", answer: "ACK 192.168.7.10", begins: false });
        clock.advance(2_000);
      }
      assert.deepEqual(codes(), ["bootp.startsOver", "bootp.startsOver"]);
    });

    it("takes that back once the board goes on: the answer has arrived", () => {
      for (let n = 0; n < 3; n += 1) ask({ next: "request" });
      clock.advance(1_000);
      assert.deepEqual(codes(), ["bootp.repeated"]);
      ask({ type: "REQUEST", answer: "ACK 192.168.7.10", begins: false, next: "request" });
      assert.deepEqual(codes(), []);
      clock.advance(10_000);
      assert.deepEqual(codes(), ["bootp.noRequest"]);
      load();
      assert.deepEqual(codes(), []);
    });

    it("never says so of one that was not answered", () => {
      for (let n = 0; n < 5; n += 1) ask({ answered: false, answer: "no answer: it is not listed" });
      assert.deepEqual(codes(), []);
    });

    it("says after ten seconds that no file was asked for, and not where one was", () => {
      ask({ next: "request" });
      clock.advance(10_000);
      assert.deepEqual(codes(), ["bootp.noRequest"]);
      ask({ next: "request", about: "another" });
      load();
      clock.advance(20_000);
      assert.deepEqual(codes(), ["bootp.noRequest"]);
    });

    it("says where the answer names no file", () => {
      ask({ next: "noFile" });
      clock.advance(10_000);
      assert.deepEqual(codes(), ["bootp.noFile"]);
    });

    it("is told five times a second at most, and the last one always", () => {
      for (let n = 0; n < 1_000; n += 1) {
        ask();
        clock.advance(1);
      }
      clock.advance(2_000);
      assert.ok(told.length <= 8, `${told.length} rows`);
      assert.equal(told.at(-1)?.times, 1_000);
      assert.equal(told.at(-1)?.open, undefined);
    });
  });

  describe("tells boots apart", () => {
    const boots = (): number[] => logs.lines(mac).map(({ boot }) => boot);

    it("by the same question after something was loaded", () => {
      ask();
      load();
      ask();
      assert.deepEqual([...new Set(boots())], [1, 2]);
    });

    it("and neither by another stage or round, nor by a retry", () => {
      ask();
      ask();
      load();
      ask({ subject: "U-Boot copy-files4.rc", answer: "OFFER file copy-files4.rc" });
      load("RRQ copy-files4.rc octet");
      ask({ subject: "U-Boot ", answer: "no answer: silent after the last file", answered: false });
      assert.deepEqual([...new Set(boots())], [1]);
      ask();
      assert.equal(boots().at(-1), 2);
    });

    it("by the same question after a minute of silence", () => {
      ask();
      clock.advance(59_999);
      ask();
      clock.advance(60_000);
      ask();
      assert.deepEqual(boots(), [1, 2]);
    });

    it("by the last hundred that were asked: who asks for another each time fills no memory", () => {
      for (let n = 0; n <= 100; n += 1) ask({ subject: `${n}` });
      load();
      ask({ subject: "0" });
      assert.equal(logs.lines(mac).at(-1)?.boot, 1);
      ask({ subject: "2" });
      assert.equal(logs.lines(mac).at(-1)?.boot, 2);
    });

    it("by anything after restartSeconds of silence, which a running transfer breaks", () => {
      const file = request();
      file.granted("DATA 1", plain);
      file.heard(answered(2), 0, 0);
      clock.advance(400_000);
      ask({ begins: false });
      file.ended(aTransfer(), goodEnd);
      clock.advance(299_999);
      load();
      clock.advance(300_000);
      load();
      assert.deepEqual([...new Set(boots())], [1, 2]);
    });

    it("and says that a board began anew in the middle of a file", () => {
      ask();
      request().granted("DATA 1", plain);
      ask();
      assert.deepEqual(codes(), ["boot.startedOver"]);
    });

    it("and that the third boot within five minutes is a loop", () => {
      for (let n = 0; n < 3; n += 1) {
        ask();
        load();
        clock.advance(10_000);
      }
      assert.deepEqual(codes(), ["boot.loops"]);
    });
  });

  describe("of an address", () => {
    const stray: Sender = { client: address, address, restartMs: 300_000 };

    it("goes to its client once that is known, with what runs", () => {
      const file = request(undefined, stray);
      file.granted("DATA 1", plain);
      assert.equal(lines(address).length, 1);
      ask();
      file.heard(answered(2), 0, 0);
      file.ended(aTransfer(), goodEnd);
      assert.deepEqual(lines(address), []);
      assert.equal(lines().length, 3);
      assert.deepEqual([...new Set(logs.lines(mac).map(({ boot }) => boot))], [1]);
    });

    it("goes to the present boot of a client that is known already", () => {
      ask();
      load();
      ask();
      load(undefined, stray);
      ask({ about: "from its address now" });
      assert.deepEqual(logs.clients(), [mac]);
      assert.equal(logs.lines(mac).at(-2)?.boot, 2);
    });

    it("stays where it is too long ago", () => {
      load(undefined, stray);
      clock.advance(300_000);
      ask();
      assert.deepEqual([...logs.clients()].sort(), [address, mac]);
    });
  });

  describe("of a file", () => {
    it("is the request with what was granted, the first DATA, and the end", () => {
      const file = request("RRQ u-boot.bin octet tsize 0");
      file.granted("OACK tsize 1000", plain);
      file.heard(answered(1), 0, 0);
      const startedAt = clock.wallTime();
      clock.advance(100);
      const endedAt = clock.wallTime();
      file.ended(aTransfer({ startedAt, endedAt, firstByteMs: 3, firstAckMs: 2 }), goodEnd);
      assert.deepEqual(lines(), [
        "1 RRQ u-boot.bin octet tsize 0 → OACK tsize 1000",
        "1 DATA 1, OACK acknowledged after 2 ms, first byte after 3 ms",
        "1 u-boot.bin sent: 1000 B in 100 ms (9.8 KiB/s)",
      ]);
    });

    it("is the first byte before the end, of a file that took less than a millisecond too", () => {
      const file = request();
      file.granted("DATA 1", plain);
      file.heard(answered(1), 0, 0);
      const startedAt = clock.wallTime();
      // The wall's clock tells whole milliseconds.
      file.ended(aTransfer({ startedAt, endedAt: startedAt, firstByteMs: 0.7 }), goodEnd);
      assert.match(lines().at(-2) ?? "", /first byte after/);
      assert.match(lines().at(-1) ?? "", / sent: /);
    });

    it("tells the first DATA while the file runs, and once", () => {
      const file = request();
      const firstDataAt = clock.now() + 3;
      file.granted("OACK tsize 1000", plain);
      clock.advance(200);
      file.waits({ ...answered(2), firstDataAt }, 0, 0);
      assert.deepEqual(lines().slice(1), ["1 DATA 1, first byte after 3 ms"]);
      file.waits({ ...answered(3), firstDataAt }, 0, 0);
      file.ended(aTransfer({ firstByteMs: 3 }), goodEnd);
      assert.deepEqual([lines().length, logs.lines(mac)[0]?.open], [3, undefined]);
    });

    it("tells the first DATA before what was sent again, and before a silence", () => {
      for (const sentAgain of [1, 0]) {
        const file = request();
        const firstDataAt = clock.now() + 3;
        file.granted("DATA 1", plain);
        clock.advance(1_500);
        told = [];
        file.heard({ ...answered(2), firstDataAt }, sentAgain, 1_400);
        const events = told.map(({ event, open }) => `${event}${open === true ? " open" : ""}`);
        const last = sentAgain > 0 ? ["resent open", "resent"] : ["gap"];
        assert.deepEqual(events, ["request", "data", ...last]);
        file.ended(aTransfer(), goodEnd);
      }
    });

    it("tells no first DATA of a file that nothing was ever acknowledged of, nor of an upload", () => {
      const file = request();
      const firstDataAt = clock.now();
      file.granted("DATA 1", plain);
      file.waits({ ...silentMachine, firstDataAt }, 1, 1_000);
      assert.equal(lines().length, 1);
      file.ended(aTransfer({ state: "failed", bytes: 0, firstByteMs: 0 }), quietEnd);
      const upload = request("WRQ crash.dump octet");
      upload.granted("ACK 0", plain);
      upload.waits({ ...answered(1), firstDataAt }, 0, 0);
      upload.ended(aTransfer({ direction: "write", firstByteMs: 0 }), goodEnd);
      assert.deepEqual(
        told.filter(({ event }) => event === "data"),
        [],
      );
    });

    it("has a line for a block that was sent again, which ends with its ACK", () => {
      const file = request();
      file.granted("DATA 1", plain);
      file.heard(answered(812), 0, 5);
      clock.advance(600);
      file.waits(answered(812), 1, 600);
      clock.advance(600);
      file.waits(answered(812), 2, 1_200);
      assert.equal(logs.lines(mac).at(-1)?.open, true);
      clock.advance(0);
      file.heard(answered(812), 2, 1_200);
      assert.equal(lines().at(-1), "1 DATA 812 sent 3×, 1.2 s");
      assert.equal(logs.lines(mac).at(-1)?.open, undefined);
      file.ended(aTransfer(), goodEnd);
    });

    it("does not say that the board was busy where what was sent again may have been lost as well", () => {
      const file = request();
      file.granted("DATA 1", plain);
      clock.advance(3_000);
      file.heard(answered(2), 2, 2_999);
      assert.deepEqual(codes(), []);
      file.heard(answered(3), 2, 3_000);
      assert.deepEqual(codes(), ["tftp.silent"]);
      file.ended(aTransfer(), goodEnd);
    });

    it("counts the packets of a window that was sent again", () => {
      const file = request();
      file.granted("OACK windowsize 8", { blksize: 512, windowsize: 8 });
      clock.advance(10);
      file.heard(answered(17), 6, 10);
      assert.equal(lines().at(-1), "1 6 packets from DATA 17 on sent again");
      file.ended(aTransfer(), goodEnd);
    });

    it("has a line for a silence of a second between two blocks, and says that the board does something else", () => {
      const file = request();
      file.granted("DATA 1", plain);
      clock.advance(2_000);
      file.heard(answered(2), 0, 2_000);
      file.heard(answered(3), 0, 999);
      file.ended(aTransfer(), goodEnd);
      assert.equal(lines()[1], "1 no ACK for DATA 2 for 2.0 s");
      assert.deepEqual(codes(), ["tftp.asleep"]);
    });

    it("has a line for an FTP transfer that stood still, with words of its own", () => {
      const file = log.fileOf(board, "ftp", "ftp-1", "RETR etsw.b3");
      file.granted("1.0 MiB");
      file.answered();
      clock.advance(3_000);
      file.stoodStill(3_000);
      file.ended(aTransfer(), goodEnd);
      assert.equal(lines()[1], "1 nothing moved for 3.0 s");
      assert.deepEqual(codes(), ["ftp.stoodStill"]);
    });

    it("shares one line for what waits after the twentieth", () => {
      const file = request();
      file.granted("DATA 1", plain);
      for (let block = 1; block <= 500; block += 1) {
        file.waits(answered(block), 1, 100);
        file.heard(answered(block), 1, 200);
      }
      file.ended(aTransfer({ retransmissions: 500, bytes: 256_000 }), goodEnd);
      assert.equal(logs.lines(mac).length, 23);
      assert.ok(lines().includes("1 480 more waits of this transfer"));
      assert.deepEqual(codes(), ["tftp.lossy"]);
    });

    it("does not blame the link for what was sent again while the board was busy", () => {
      const file = request();
      file.granted("OACK windowsize 8", { blksize: 512, windowsize: 8 });
      clock.advance(2_600);
      file.heard(answered(17), 12, 2_600);
      file.heard(answered(25), 2, 5);
      file.ended(aTransfer({ retransmissions: 14, bytes: 20_000 }), goodEnd);
      assert.deepEqual(codes(), []);
    });

    for (const flight of [1, 4]) {
      it(`blames the link, and not the board, where each loss of ${flight} is noticed after a timeout of 5 s`, () => {
        const file = request();
        file.granted("OACK timeout 5", plain);
        clock.advance(5_000);
        for (let block = 1; block <= 7; block += 1) {
          file.waits({ ...answered(block), flight }, flight, 5_000);
          file.heard({ ...answered(block), flight }, flight, 5_010);
        }
        file.ended(aTransfer({ retransmissions: 7 * flight, bytes: 102_400 }), goodEnd);
        assert.deepEqual(codes(), ["tftp.lossy"]);
      });
    }

    it("says with the second flight that the board is busy, which has negotiated a timeout of 5 s", () => {
      const file = request();
      file.granted("OACK timeout 5", plain);
      clock.advance(13_000);
      for (const flight of [4, 5]) file.heard({ ...answered(flight), flight }, 8, 13_000);
      file.ended(aTransfer({ retransmissions: 16, bytes: 102_400 }), goodEnd);
      assert.deepEqual(codes(), ["tftp.silent", "tftp.silent"]);
    });

    for (const [answer, code] of [
      ["OACK tsize 5", "tftp.oackIgnored"],
      ["DATA 1", "tftp.noAnswer"],
    ] as const) {
      it(`that was never acknowledged after ${answer} is one line: ${code}`, () => {
        const file = request();
        file.granted(answer, plain);
        file.waits(silentMachine, 4, 20_000);
        file.ended(aTransfer({ state: "failed", bytes: 0 }), quietEnd);
        assert.deepEqual(lines(), [`1 RRQ u-boot.bin octet → ${answer}, never acknowledged, sent 5×`]);
        assert.deepEqual(codes(), [code]);
      });
    }

    it("that is asked for again and again from other ports is one line: our answer does not arrive", () => {
      for (let n = 0; n < 3; n += 1) {
        const file = request();
        file.granted("OACK tsize 5", plain);
        file.ended(aTransfer({ state: "cancelled", bytes: 0 }), { sent: undefined, silent: false });
      }
      assert.equal(lines().length, 1);
      assert.match(lines()[0] ?? "", /sent 3×/);
      assert.deepEqual(codes(), ["tftp.repeated"]);
    });

    it("whose large blocks never arrive: fragments", () => {
      const file = request();
      file.granted("OACK blksize 8192", { blksize: 8192, windowsize: 1 });
      file.heard(answered(0), 0, 1);
      file.ended(aTransfer({ state: "failed", bytes: 0 }), quietEnd);
      assert.deepEqual(codes(), ["tftp.fragments"]);
    });

    it("in whose middle the board falls silent: stalled", () => {
      const file = request();
      file.granted("DATA 1", plain);
      file.heard(answered(2), 0, 1);
      const trouble = { code: "tftp.timeout", message: "the client stopped at 40 %" };
      file.ended(aTransfer({ state: "failed", firstByteMs: 1, trouble }), quietEnd);
      assert.equal(lines().at(-1), "1 the client stopped at 40 %");
      assert.deepEqual(codes(), ["tftp.stalled"]);
    });

    it("in the middle of whose large blocks the board falls silent: stalled, for those before arrived", () => {
      const file = request("WRQ crash.dump octet blksize 8192");
      file.granted("OACK blksize 8192", { blksize: 8192, windowsize: 1 });
      file.heard(answered(1), 0, 1);
      file.ended(aTransfer({ state: "failed", direction: "write", bytes: 8192 }), quietEnd);
      assert.deepEqual(codes(), ["tftp.stalled"]);
    });

    for (const [text, code, name] of [
      ["RRQ u-boot.bin octet tsize 0", 8, "tftp.askedSize"],
      ["RRQ u-boot.bin octet tsize 0", 0, "tftp.askedSize"],
      ["RRQ u-boot.bin octet blksize 1468", 8, "tftp.optionRefused"],
    ] as const) {
      it(`that the board ends by ERROR ${code} after "${text}": ${name}`, () => {
        const file = request(text);
        file.granted("OACK", plain);
        const heard = { code, message: "User aborted the transfer" };
        file.ended(aTransfer({ state: "probe", bytes: 0 }), { heard, sent: undefined, silent: false });
        assert.equal(lines().at(-1), `1 ERROR ${code} "User aborted the transfer"`);
        assert.deepEqual(codes(), [name]);
      });
    }

    it("that was refused has the ERROR, and asked for again it is told again", () => {
      for (let n = 0; n < 2; n += 1) {
        const row = aTransfer({ state: "refused", bytes: 0 });
        request("RRQ nix octet").ended(row, { sent: 'ERROR 1 "no such file"', silent: false });
      }
      assert.deepEqual(lines(), [
        '1 RRQ nix octet → ERROR 1 "no such file"',
        '1 RRQ nix octet → ERROR 1 "no such file"',
      ]);
    });

    it("ends once", () => {
      const file = request();
      file.granted("DATA 1", plain);
      file.heard(answered(2), 0, 1);
      file.ended(aTransfer(), goodEnd);
      file.ended(aTransfer(), goodEnd);
      assert.equal(lines().length, 2);
    });

    it("says nothing after its end, as of the last ACK of an upload that goes out again", () => {
      const file = request("WRQ up octet");
      file.granted("ACK 0", plain);
      file.heard(answered(1), 0, 0);
      file.ended(aTransfer({ direction: "write" }), goodEnd);
      const before = told.length;
      for (let n = 0; n < 30; n += 1) file.heard(answered(1), 1, 1_500);
      assert.equal(told.length, before);
    });
  });

  it("forgets its clients without counting their boots from 1 again: who shows them has the earlier ones still", () => {
    ask();
    load();
    ask();
    log.forget();
    ask();
    load("RRQ x", { ...board, client: address });
    assert.deepEqual([boots(mac), boots(address)], [[1, 2, 3], [3]]);
  });

  it("nor where a client falls out of the thousand that are remembered", () => {
    ask();
    load();
    ask();
    for (let n = 0; n < 1_000; n += 1) ask({}, { ...board, client: `client ${n}`, address: undefined });
    ask();
    assert.deepEqual(boots(mac), [1, 2, 3]);
  });

  it("nor where an address was silent for so long that its lines are not its new client's", () => {
    const stray = { ...board, client: address };
    load("RRQ x", stray);
    clock.advance(300_000);
    ask();
    load("RRQ x", stray);
    assert.deepEqual(boots(address), [1, 2]);
  });

  it("remembers a thousand clients, and leaves no timer of those that are forgotten", () => {
    for (let n = 0; n < 1_500; n += 1) ask({}, { ...board, client: `client ${n}`, address: undefined });
    log.settle();
    assert.equal(clock.next(), undefined);
  });
});
