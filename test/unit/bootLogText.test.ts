import assert from "node:assert/strict";
import { bootLogText } from "../../src/extension/bootLog/bootLogText";
import { BootLogs } from "../../src/model/bootLog";
import { diagnosis } from "../../src/model/bootDiagnoses";
import type { BootLineRow, ClientRow } from "../../src/model/events";

const mac = "52:54:00:12:34:56";
const began = new Date(2026, 0, 2, 3, 4, 5).getTime();

const line = (id: string, ms: number, fields: Partial<BootLineRow>): BootLineRow => ({
  type: "bootLine",
  id,
  client: mac,
  boot: 1,
  at: began + ms,
  protocol: "tftp",
  event: "request",
  ...fields,
});

const row: ClientRow = {
  type: "client",
  id: mac,
  mac,
  name: "bench-1",
  address: "192.168.7.10",
  stage: "booted",
  detail: "",
  verification: false,
};

describe("the document of a boot log", () => {
  it("has each boot's wall time, the time of each line since then, and the diagnosis below its line", () => {
    const logs = new BootLogs();
    logs.apply(line("a", 0, { protocol: "bootp", request: "DISCOVER xid 01", answer: "OFFER 192.168.7.10" }));
    const found = diagnosis("tftp.asleep");
    logs.apply(line("b", 12_345, { event: "gap", note: "no ACK for DATA 7 for 2.0 s", diagnosis: found }));
    logs.apply(line("c", 60_000, { boot: 2, request: "RRQ u-boot.bin octet", answer: "DATA 1" }));
    assert.equal(
      bootLogText(logs, mac, row),
      [
        "Boot log of bench-1 (52:54:00:12:34:56, 192.168.7.10): 2 boots",
        "",
        "Boot 1 · 2026-01-02 03:04:05",
        "   +0.000  bootp  DISCOVER xid 01 → OFFER 192.168.7.10",
        "  +12.345  tftp   no ACK for DATA 7 for 2.0 s",
        `                  ⚠ ${found.message}`,
        "",
        "Boot 2 · 2026-01-02 03:05:05",
        "   +0.000  tftp   RRQ u-boot.bin octet → DATA 1",
        "",
      ].join("\n"),
    );
  });

  it("says how many lines were left out, and of a board that was never heard just that", () => {
    const logs = new BootLogs();
    assert.equal(bootLogText(logs, mac, undefined), `Boot log of ${mac}: nothing was heard of it yet.\n`);
    for (let n = 0; n < 1_001; n += 1) logs.apply(line(`${n}`, n, { note: "x" }));
    assert.match(
      bootLogText(logs, mac, undefined),
      /^Boot log of .*: 1 boot\n1 line of earlier boots is left out\.\n/,
    );
  });

  it("escapes what a peer chose: its name, its file, its vendor class (S17)", () => {
    const logs = new BootLogs();
    logs.apply(line("a", 0, { request: "RRQ \u001b[31mx\u202egpj.exe\n octet" }));
    const text = bootLogText(logs, mac, { ...row, name: "a\u001bb" });
    assert.ok(text.includes("RRQ \\x1b[31mx\\u{202e}gpj.exe\\x0a octet"));
    assert.ok(text.startsWith("Boot log of a\\x1bb ("));
  });
});
