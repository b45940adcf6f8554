import assert from "node:assert/strict";
import { BootLogs, describeBootLine } from "../../src/model/bootLog";
import type { BootLineRow } from "../../src/model/events";

const aLine = (id: string, fields: Partial<BootLineRow> = {}): BootLineRow => ({
  type: "bootLine",
  id,
  client: "52:54:00:12:34:56",
  boot: 1,
  at: 0,
  protocol: "tftp",
  event: "request",
  ...fields,
});

const idsOf = (logs: BootLogs, client = "52:54:00:12:34:56"): string[] =>
  logs.lines(client).map(({ id }) => id);

describe("the boot log of a client", () => {
  it("has its lines by boot and time, and a line that comes again replaces itself", () => {
    const logs = new BootLogs();
    logs.apply(aLine("b", { at: 2 }));
    logs.apply(aLine("c", { boot: 2, at: 3 }));
    logs.apply(aLine("a", { at: 1 }));
    logs.apply(aLine("b", { at: 2, times: 3 }));
    assert.deepEqual(idsOf(logs), ["a", "b", "c"]);
    assert.equal(logs.lines("52:54:00:12:34:56")[1]?.times, 3);
  });

  it("takes the lines of its address once the client is known", () => {
    const logs = new BootLogs();
    logs.apply(aLine("a", { client: "192.168.7.10" }));
    logs.apply(aLine("a"));
    assert.deepEqual(idsOf(logs), ["a"]);
    assert.deepEqual(logs.clients(), ["52:54:00:12:34:56"]);
  });

  it("keeps 1,000 lines: the oldest boot is forgotten as a whole, its late lines too, and it is said how many", () => {
    const logs = new BootLogs();
    for (let n = 0; n < 400; n += 1) logs.apply(aLine(`1-${n}`, { at: n }));
    for (let n = 0; n < 600; n += 1) logs.apply(aLine(`2-${n}`, { boot: 2, at: n }));
    assert.equal(logs.leftOut("52:54:00:12:34:56"), 0);
    logs.apply(aLine("3-0", { boot: 3 }));
    assert.equal(logs.leftOut("52:54:00:12:34:56"), 400);
    logs.apply(aLine("1-0", { times: 2 }));
    assert.equal(idsOf(logs).length, 601);
    assert.equal(idsOf(logs)[0], "2-0");
  });

  it("of one endless boot keeps the latest lines", () => {
    const logs = new BootLogs();
    for (let n = 0; n < 1_005; n += 1) logs.apply(aLine(`${n}`, { at: n }));
    assert.equal(idsOf(logs).length, 1_000);
    assert.equal(idsOf(logs)[0], "5");
    assert.equal(logs.leftOut("52:54:00:12:34:56"), 5);
  });

  it("keeps as many lines as it is told to, from the next line on", () => {
    const logs = new BootLogs();
    for (let n = 0; n < 300; n += 1) logs.apply(aLine(`${n}`, { at: n }));
    logs.mostLines = 100;
    logs.apply(aLine("300", { at: 300 }));
    assert.equal(idsOf(logs).length, 100);
    assert.equal(idsOf(logs)[0], "201");
    assert.equal(logs.leftOut("52:54:00:12:34:56"), 201);
  });

  it("is kept of 200 clients, those that were told of last", () => {
    const logs = new BootLogs();
    for (let n = 0; n < 201; n += 1) {
      logs.apply(aLine(`${n}`, { client: `client ${n}` }));
      logs.apply(aLine("first", { client: "client 0", at: n }));
    }
    assert.equal(logs.clients().length, 200);
    assert.equal(logs.lines("client 0").length, 2);
    assert.deepEqual(logs.lines("client 1"), []);
  });
});

describe("a boot line", () => {
  const told: readonly (readonly [string, Partial<BootLineRow>])[] = [
    ["RRQ u-boot.bin octet → OACK tsize 5", { request: "RRQ u-boot.bin octet", answer: "OACK tsize 5" }],
    ["DATA 812 sent 3×, 1.2 s", { event: "resent", answer: "DATA 812", times: 3, until: 1_200 }],
    ["DISCOVER → no answer, sent 2×", { request: "DISCOVER", answer: "no answer", times: 2 }],
    ["RELEASE", { request: "RELEASE" }],
    ["no ACK for DATA 7 for 2.0 s", { event: "gap", note: "no ACK for DATA 7 for 2.0 s" }],
    ['ERROR 8 "bye\\x1b[2J", after 5 B', { request: 'ERROR 8 "bye\u001b[2J"', note: "after 5 B" }],
  ];
  for (const [text, fields] of told) {
    it(`reads: ${text}`, () => {
      assert.equal(describeBootLine(aLine("a", fields)), text);
    });
  }
});
