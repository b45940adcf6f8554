import assert from "node:assert/strict";
import { BootLines } from "../../src/cli/bootLines";
import { diagnosis } from "../../src/model/bootDiagnoses";
import { describeBootLine } from "../../src/model/bootLog";
import type { BootLineRow } from "../../src/model/events";
import { bootLine } from "../support/boots";
import { VirtualClock } from "../support/virtualClock";

describe("serve --boot-log prints a line of the boot log", () => {
  let clock: VirtualClock;
  let lines: BootLines;
  let printed: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    printed = [];
    lines = new BootLines(clock, (row) => {
      const open = row.open === true ? " …" : "";
      printed.push(`${describeBootLine(row)}${open}${row.diagnosis === undefined ? "" : " ⚠"}`);
    });
  });

  afterEach(() => {
    lines.end();
    assert.equal(clock.next(), undefined, "no timer is left");
  });

  const request = (fields: Partial<BootLineRow> = {}): BootLineRow =>
    bootLine(0, { id: "boot-1", request: "RRQ a octet", answer: "OACK tsize 5", ...fields });
  const resent = (times: number, fields: Partial<BootLineRow> = {}): BootLineRow => {
    const { request, ...line } = bootLine(0, { id: "boot-2", event: "resent", answer: "DATA 812", times });
    return { ...line, ...fields };
  };

  it("once, when it is final", () => {
    lines.take(request({ open: true }));
    lines.take(resent(2, { open: true }));
    clock.advance(1_000);
    assert.deepEqual(printed, []);
    lines.take(request());
    lines.take(resent(3));
    clock.advance(60_000);
    assert.deepEqual(printed, ["RRQ a octet → OACK tsize 5", "DATA 812 sent 3×"]);
  });

  it("that stays open after a second as it stands, and as it ended", () => {
    lines.take(resent(2, { open: true }));
    clock.advance(600);
    lines.take(resent(3, { open: true }));
    clock.advance(600);
    assert.deepEqual(printed, ["DATA 812 sent 3× …"]);
    for (const times of [4, 5, 6]) lines.take(resent(times, { open: true }));
    clock.advance(60_000);
    lines.take(resent(7));
    assert.deepEqual(printed, ["DATA 812 sent 3× …", "DATA 812 sent 7×"]);
  });

  it("that is told as it stood no second time, nor when it goes to its board", () => {
    lines.take(request({ open: true }));
    clock.advance(2_000);
    lines.take(request());
    lines.take(request({ client: "52:54:00:12:34:56" }));
    assert.deepEqual(printed, ["RRQ a octet → OACK tsize 5 …"]);
  });

  it("that is open as soon as it is known what it means, once", () => {
    const found = { open: true, diagnosis: diagnosis("tftp.silent") } as const;
    lines.take(resent(2, { open: true }));
    lines.take(resent(3, found));
    lines.take(resent(4, found));
    assert.deepEqual(printed, ["DATA 812 sent 3× … ⚠"]);
  });

  it("in short when it was printed before: its name, and what is new", () => {
    const again = { until: 2_000 };
    const repeated = { diagnosis: diagnosis("bootp.repeated") };
    const question = (fields: Partial<BootLineRow> = {}): BootLineRow =>
      bootLine(0, { request: "DISCOVER xid 1 U-Boot", answer: "OFFER", ...fields });
    for (const news of [
      {},
      { times: 2, ...again },
      { times: 3, ...again, ...repeated },
      { times: 4, ...again, ...repeated },
    ])
      lines.take(question(news));
    // The diagnosis was wrong, in the end.
    lines.take(question({ times: 4, ...again }));
    assert.deepEqual(printed, [
      "DISCOVER xid 1 U-Boot → OFFER",
      "DISCOVER xid 1, sent 2×, 2.0 s",
      "DISCOVER xid 1, sent 3×, 2.0 s ⚠",
      "DISCOVER xid 1, sent 4×, 2.0 s",
    ]);
  });

  it("that is open still when the servers end", () => {
    lines.take(resent(2, { open: true }));
    lines.end();
    assert.deepEqual(printed, ["DATA 812 sent 2× …"]);
  });

  it("of a thousand that are open the oldest before another comes", () => {
    for (let index = 0; index <= 1_000; index += 1) lines.take(request({ id: `${index}`, open: true }));
    assert.equal(printed.length, 1);
  });
});
