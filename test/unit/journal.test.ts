import assert from "node:assert/strict";
import { Journal } from "../../src/engine/journal";
import type { Row, TransferRow } from "../../src/model/events";
import { VirtualClock } from "../support/virtualClock";

const transfer = (bytes: number, state: TransferRow["state"] = "running", id = "tftp-1"): TransferRow => ({
  type: "transfer",
  id,
  protocol: "tftp",
  direction: "read",
  file: "u-boot.bin",
  address: "127.0.0.1",
  port: 40000,
  localAddress: "127.0.0.1",
  state,
  bytes,
  startedAt: 0,
  bytesPerSecond: 0,
  options: {},
  retransmissions: 0,
});

describe("the journal", () => {
  let clock: VirtualClock;
  let journal: Journal;
  let rows: Row[];

  beforeEach(() => {
    clock = new VirtualClock();
    journal = new Journal(clock);
    rows = [];
    journal.onRow((row) => rows.push(row));
  });

  const bytesTold = (): number[] => rows.map((row) => (row as TransferRow).bytes);

  it("tells the progress of a transfer five times a second, whatever is reported", () => {
    for (let ms = 0; ms < 1000; ms += 1) {
      journal.report(transfer(ms));
      clock.advance(1);
    }
    // The first at once, then the latest of each fifth of a second.
    assert.deepEqual(bytesTold(), [0, 199, 399, 599, 799, 999]);
  });

  it("tells the progress of very many transfers a thousand times a second in all", () => {
    const ids = Array.from({ length: 500 }, (_, index) => `tftp-${index}`);
    for (const id of ids) journal.report(transfer(0, "running", id));
    rows.length = 0;
    for (let ms = 1; ms <= 1000; ms += 1) {
      clock.advance(1);
      for (const id of ids) if (journal.isDue(id)) journal.report(transfer(ms, "running", id));
    }
    assert.equal(rows.length, 1000);
    assert.equal(clock.next(), undefined, "what is not due is not kept for later");
  });

  it("tells the latest progress once the interval is over, even when nothing is reported any more", () => {
    journal.report(transfer(1));
    journal.report(transfer(2));
    journal.report(transfer(3));
    assert.deepEqual(bytesTold(), [1]);
    clock.advance(200);
    assert.deepEqual(bytesTold(), [1, 3]);
    clock.advance(1000);
    assert.deepEqual(bytesTold(), [1, 3]);
  });

  it("always tells the last row of a transfer, at once, and nothing after it", () => {
    journal.report(transfer(1));
    journal.report(transfer(2));
    journal.report(transfer(3, "finished"));
    clock.advance(1000);
    assert.deepEqual(bytesTold(), [1, 3]);
    assert.equal(clock.next(), undefined);
  });

  it("keeps one row for an id, so that applying a row twice changes nothing", () => {
    journal.report(transfer(3, "finished"));
    const once = journal.snapshot();
    journal.report(transfer(3, "finished"));
    assert.deepEqual(journal.snapshot(), once);
    assert.equal(once.transfers.size, 1);
  });

  it("gives a snapshot that later rows do not change", () => {
    journal.report(transfer(1));
    const before = journal.snapshot();
    journal.report(transfer(3, "finished"));
    assert.equal(before.transfers.get("tftp-1")?.bytes, 1);
    assert.equal(journal.snapshot().transfers.get("tftp-1")?.bytes, 3);
  });

  it("keeps the transfers that ended last, and every running one, so that a server of many days does not grow", () => {
    journal.transfersKept = 3;
    journal.report(transfer(1, "running", "running"));
    for (let index = 0; index < 10; index++) {
      journal.report(transfer(index, "running", `tftp-${index}`));
      journal.report(transfer(index, "finished", `tftp-${index}`));
    }
    const kept = (): string[] => [...journal.snapshot().transfers.keys()];
    assert.deepEqual(kept(), ["running", "tftp-7", "tftp-8", "tftp-9"]);
    journal.report(transfer(7, "finished", "tftp-7"));
    assert.deepEqual(
      kept(),
      ["running", "tftp-7", "tftp-8", "tftp-9"],
      "a row applied twice changes nothing",
    );
    journal.report(transfer(2, "finished", "running"));
    assert.deepEqual(kept(), ["running", "tftp-8", "tftp-9"]);
    journal.report(transfer(2, "refused", "tftp-1"));
    assert.deepEqual(
      kept(),
      ["running", "tftp-9", "tftp-1"],
      "one that was forgotten and ends again is a new one",
    );
    assert.equal(rows.length, 24, "what is forgotten was told all the same");
  });

  it("takes in a row without copying what it keeps", () => {
    journal.transfersKept = 5_000;
    const timed = (times: number, act: (index: number) => void): number => {
      const startedAt = performance.now();
      for (let index = 0; index < times; index++) act(index);
      return (performance.now() - startedAt) / times;
    };
    const row = timed(20_000, (index) => {
      journal.report(transfer(index, "finished", `tftp-${index}`));
    });
    const copy = timed(200, () => journal.snapshot());
    assert.equal(journal.snapshot().transfers.size, 5_000);
    assert.ok(row < copy / 4, `${row} ms for a row, ${copy} ms for a copy`);
  });

  it("forgets a client when it is told so", () => {
    const client = { type: "client", id: "a", stage: "seen", detail: "", verification: false } as const;
    journal.report(client);
    assert.equal(journal.client("a"), client);
    journal.report({ ...client, forgotten: true });
    assert.equal(journal.client("a"), undefined);
    assert.equal(journal.snapshot().clients.size, 0);
  });

  it("stops telling a listener that has gone", () => {
    const heard: Row[] = [];
    const stop = journal.onRow((row) => heard.push(row));
    journal.log("info", "one");
    stop();
    journal.log("info", "two");
    assert.equal(heard.length, 1);
  });

  it("gives every row an id of its own", () => {
    assert.notEqual(journal.nextId("tftp"), journal.nextId("tftp"));
  });
});
