import assert from "node:assert/strict";
import { Refusals, type RefusalVoice } from "../../src/cli/refusals";
import {
  describeFixes,
  describeLine,
  describeRepeats,
  describeRow,
  describeTrouble,
} from "../../src/cli/rows";
import type { ClientRow, LogRow, Row, ServerRow, TransferRow } from "../../src/model/events";
import { bootLine } from "../support/boots";
import { server as listening, transfer as running } from "../support/viewRows";
import { VirtualClock } from "../support/virtualClock";

const transfer = (changes: Partial<TransferRow> = {}): TransferRow =>
  running({
    port: 40000,
    state: "finished",
    bytes: 393216,
    size: 393216,
    startedAt: 1000,
    endedAt: 1200,
    bytesPerSecond: 1966080,
    ...changes,
  });
const server = (changes: Partial<ServerRow> = {}): ServerRow =>
  listening({ addresses: ["192.168.7.1", "fe80::1%eth1"], ...changes });
const client = (changes: Partial<ClientRow> = {}): ClientRow => ({
  type: "client",
  id: "52:54:00:12:34:56",
  mac: "52:54:00:12:34:56",
  stage: "answered",
  detail: "next: copy-files4.rc (2 of 2)",
  file: "u-boot.bin",
  verification: false,
  ...changes,
});
const log = (changes: Partial<LogRow> = {}): LogRow => ({
  type: "log",
  id: "log-1",
  at: 0,
  level: "info",
  message: "something",
  ...changes,
});
const textOf = (row: Row, earlier?: Row): string | undefined => describeRow(row, earlier)?.text;

const missing = (file: string, changes: Partial<TransferRow> = {}): TransferRow =>
  transfer({
    file,
    state: "refused",
    bytes: 0,
    trouble: { code: "file.missing", message: "there is no such file in the served root" },
    ...changes,
  });

describe("a line of the boot log", () => {
  const line = bootLine(0, { boot: 2, request: "RRQ a octet" });

  it("begins with the board's name, else its MAC, and says of a verification that it is one", () => {
    const named = client({ name: "bench-1" });
    const played = client({ id: "boot-servers-verify-1 52:54:00:12:34:56", verification: true });
    assert.deepEqual(
      [named, client(), played, undefined].map((row) => describeLine(line, row).text.split(" boot 2 · ")[0]),
      ["bench-1", "52:54:00:12:34:56", "52:54:00:12:34:56 [verification]", line.client],
    );
  });

  it("ends with dots where it may change", () => {
    assert.match(describeLine({ ...line, open: true }, undefined).text, / RRQ a octet → .* …$/);
  });
});

describe("what serve says of a row", () => {
  it("of a server is where it listens, IPv6 in brackets", () => {
    assert.equal(textOf(server()), "listening on 192.168.7.1:69, [fe80::1%eth1]:69");
  });

  it("of a server that failed or waits is why, and what to do", () => {
    const trouble = { code: "x", message: "UDP port 69 is in use", remedy: "End that program." };
    const failed = server({ state: "failed", trouble });
    assert.equal(textOf(failed), "failed: UDP port 69 is in use. End that program.");
    assert.equal(
      textOf({ ...failed, state: "waiting" }),
      "waiting: UDP port 69 is in use. End that program.",
    );
  });

  it("is nothing where there is no news: another packet, the same reason, a server on its way", () => {
    assert.equal(textOf(server({ lastPacketAt: 5 }), server()), undefined);
    assert.equal(textOf(server({ state: "starting" }), server()), undefined);
    assert.equal(textOf(server({ state: "stopped" }), server()), undefined);
    const failed = server({ state: "failed", trouble: { code: "x", message: "why" } });
    assert.equal(textOf(failed, failed), undefined);
    assert.notEqual(textOf({ ...failed, trouble: { code: "x", message: "another" } }, failed), undefined);
    assert.equal(textOf(client({ lastSeenAt: 9 }), client()), undefined);
    assert.equal(textOf(client({ forgotten: true })), undefined);
    assert.equal(textOf(transfer({ state: "running" })), undefined);
  });

  it("of a silent client counts the seconds once", () => {
    const silent = (seconds: number): ClientRow =>
      client({ stage: "silent", detail: `silent for ${seconds} s more` });
    assert.match(textOf(silent(9), client()) ?? "", /silent for 9 s more/);
    assert.equal(textOf(silent(8), silent(9)), undefined);
  });

  it("of a client is its name, its stage, its file, and where it stands", () => {
    assert.equal(
      textOf(client({ name: "bench-1" })),
      "bench-1 (52:54:00:12:34:56) · answered · u-boot.bin · next: copy-files4.rc (2 of 2)",
    );
    assert.match(textOf(client({ why: "it is bench-1" })) ?? "", / \(2 of 2\) · because it is bench-1$/);
    assert.match(
      textOf(client({ quirks: { noOptions: true, answerDelayMs: 500 } })) ?? "",
      / · quirks noOptions, answerDelayMs 500$/,
    );
    assert.match(textOf(client({ verification: true })) ?? "", /^52:54:00:12:34:56 \[verification\] · /);
  });

  it("of a transfer names the quirks that made a difference, and what they did", () => {
    const options = { mode: "octet", blksize: 512, windowsize: 1 };
    const quirks = { noOptions: true, singlePort: true };
    assert.match(
      textOf(transfer({ options, quirks })) ?? "",
      / · blksize 512 \(quirk noOptions\), quirk singlePort$/,
    );
  });

  it("of a transfer is what moved, how fast, and its hash", () => {
    assert.equal(
      textOf(transfer({ sha256: "0123456789abcdef0123456789abcdef", retransmissions: 1 })),
      "u-boot.bin → 192.168.7.10 · 384.0 KiB in 200 ms (1.9 MiB/s) · 1 retransmission · sha256 0123456789abcdef…",
    );
    assert.equal(
      textOf(transfer({ direction: "write", servedFile: "new.bin", state: "failed", bytes: 196608 })),
      "u-boot.bin (new.bin) ← 192.168.7.10 · failed · at 192.0 KiB of 384.0 KiB",
    );
    assert.match(textOf(transfer({ state: "probe", bytes: 0 })) ?? "", /asked for the size only$/);
  });

  it("of an FTP session that was refused is who it was: there is no file", () => {
    const trouble = { code: "ftp.login", message: "a login with a wrong password was refused" };
    assert.equal(
      textOf(missing("/", { protocol: "ftp", isSession: true, trouble })),
      "192.168.7.10 · refused · a login with a wrong password was refused.",
    );
  });

  it("of the root that was asked for as a file over FTP is its name, as of every other one", () => {
    assert.match(textOf(missing("/", { protocol: "ftp" })) ?? "", /^\/ → 192\.168\.7\.10 · refused/);
  });

  it("of a missing file is the reason and the nearest names, as sentences", () => {
    assert.equal(
      textOf(missing("u-boot.bni", { nearest: ["u-boot.bin"] })),
      "u-boot.bni → 192.168.7.10 · refused · there is no such file in the served root. Nearest: u-boot.bin. " +
        'To give it that: "aliases": { "u-boot.bni": "u-boot.bin" } in the plan.',
    );
    assert.doesNotMatch(textOf(missing("u-boot.b\x07", { nearest: ["u-boot.bin"] })) ?? "", /aliases/);
  });

  it("of a trouble is all that is to be done, however long what happened is", () => {
    const trouble = { code: "x.y", message: "it happened ".repeat(30), remedy: "Do this." };
    assert.match(textOf(missing("a", { trouble })) ?? "", /Do this\.$/);
    assert.match(textOf(log({ message: "x".repeat(300) })) ?? "", /^x{300}$/);
  });

  it("of a name that a loader made is what that means", () => {
    assert.match(
      textOf(missing("C0A8070A.img", { nearest: ["x.img"] })) ?? "",
      /Nearest: x\.img\. U-Boot got no boot file name .*; name a boot file in the plan\.$/,
    );
  });

  it("never holds what a peer sent as it came (S17)", () => {
    const evil = "\u001b[2J\r\n\u202eexe";
    const rows: Row[] = [
      missing(evil, {
        nearest: [evil],
        servedFile: evil,
        trouble: { code: "x", message: evil, remedy: evil },
      }),
      client({ name: evil, file: evil, detail: evil, trouble: { code: "x", message: evil } }),
      log({ message: evil }),
      server({ state: "failed", trouble: { code: "x", message: evil } }),
    ];
    for (const row of rows) {
      const text = textOf(row) ?? "";
      assert.match(text, /\\x1b\[2J\\x0d\\x0a\\u\{202e\}exe/);
      assert.doesNotMatch(text, /[\u0000-\u001f\u202e]/);
    }
  });

  it("of the log leaves out what is for the search of faults", () => {
    assert.equal(textOf(log({ level: "debug" })), undefined);
    assert.deepEqual(describeRow(log({ level: "error" }), undefined), {
      about: "note",
      tone: "bad",
      text: "something",
    });
  });

  it("ends the sentence of a trouble before its remedy, once", () => {
    assert.equal(describeTrouble({ code: "x", message: "a", remedy: "b." }), "a. b.");
    assert.equal(
      describeTrouble({ code: "x", message: "leaves a folder by ..", remedy: "b." }),
      "leaves a folder by .. b.",
    );
    assert.equal(describeTrouble({ code: "x", message: "a" }), "a.");
  });

  it("has the lines to paste below what they do, each once, and never cut", () => {
    const line = `echo ${"long ".repeat(100)}`;
    const trouble = { code: "x", message: "a", fixes: [{ what: "opens a port", line }] };
    const other = { ...trouble, fixes: [...trouble.fixes, { what: "opens another", line: "true" }] };
    assert.deepEqual(describeFixes([trouble, { code: "x", message: "a" }, other], "  "), [
      "  This line opens a port:",
      `      ${line}`,
      "  This line opens another:",
      "      true",
    ]);
  });
});

describe("the refusals that serve tells", () => {
  let clock: VirtualClock;
  let refusals: Refusals;
  let lines: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    lines = [];
    refusals = new Refusals(clock, voice);
  });
  const voice: RefusalVoice = {
    first: (row) => lines.push(describeRow(row, undefined)?.text ?? ""),
    again: (repeats) => lines.push(describeRepeats(repeats).text),
  };

  it("hold a missing file back for its nearest names, and then are one line", () => {
    refusals.take(missing("a.bni"));
    assert.deepEqual(lines, []);
    refusals.take(missing("a.bni", { nearest: ["a.bin"] }));
    assert.equal(lines.length, 1);
    assert.match(
      lines.join("\n"),
      /Nearest: a\.bin\. To give it that: "aliases": { "a\.bni": "a\.bin" } in the plan\.$/,
    );
    clock.advance(60_000);
    assert.equal(lines.length, 1);
    assert.equal(clock.next(), undefined);
  });

  it("tell a missing file without nearest names half a second later, with the time at which it was asked for", () => {
    const times: number[] = [];
    const asked = clock.wallTime();
    const others = new Refusals(clock, { ...voice, first: (_row, at) => times.push(at) });
    others.take(missing("a"));
    clock.advance(499);
    assert.deepEqual(times, []);
    clock.advance(1);
    assert.deepEqual(times, [asked]);
  });

  it("count what is normal for a kind of board, and say so in one line", () => {
    const normal = { board: "Raspberry Pi", why: "asks for it and does without" };
    for (const file of ["recovery.elf", "dt-blob.bin", "recovery.elf"]) {
      refusals.take(missing(file, { id: `tftp-${file}`, normal }));
    }
    refusals.take(missing("Image"));
    clock.advance(60_000);
    assert.equal(lines.length, 2);
    assert.match(lines[0]!, /^Image /);
    assert.equal(
      lines[1],
      "192.168.7.10 · looked for 2 files that a Raspberry Pi does without or does not load: that is normal",
    );
  });

  it("tell every other refusal at once", () => {
    refusals.take(missing(".git/config", { trouble: { code: "name.protected", message: "no" } }));
    assert.equal(lines.length, 1);
  });

  it("count what a board asks for again, and tell the number after half a minute, for all of its files", () => {
    for (let round = 0; round < 5; round++) {
      for (const file of ["bootcode.bin", "start4.elf", "config.txt"]) {
        refusals.take(missing(file, { id: `tftp-${file}-${round}` }));
      }
    }
    clock.advance(500);
    assert.equal(lines.length, 3);
    clock.advance(30_000);
    assert.deepEqual(lines.slice(3), ["192.168.7.10 · asked again 12 times for 3 files that were refused"]);
    refusals.take(missing("config.txt", { id: "tftp-9" }));
    clock.advance(30_000);
    assert.deepEqual(lines.slice(4), ["192.168.7.10 · asked again once for a file that was refused"]);
    clock.advance(11 * 60_000);
    refusals.take(missing("config.txt", { id: "tftp-10" }));
    clock.advance(500);
    assert.match(lines[5] ?? "", /^config\.txt → /, "after ten minutes it is told anew");
  });

  it("count logins as logins, and not as files", () => {
    const trouble = { code: "ftp.login", message: "a login with a wrong password was refused" };
    for (const id of ["ftp-1", "ftp-2"])
      refusals.take(missing("/", { id, protocol: "ftp", isSession: true, trouble }));
    refusals.end();
    assert.equal(lines[1], "192.168.7.10 · asked again once, and was refused");
  });

  it("count once what has its nearest names in a second row", () => {
    for (const id of ["tftp-1", "tftp-2", "tftp-3"]) {
      refusals.take(missing("u-boot.bni", { id }));
      refusals.take(missing("u-boot.bni", { id, nearest: ["u-boot.bin"] }));
    }
    refusals.end();
    assert.equal(lines.length, 2);
    assert.match(lines[1]!, /asked again 2 times for a file that was refused$/);
  });

  it("tell another name, another board, another reason and the other direction as their own", () => {
    refusals.take(missing("a"));
    refusals.take(missing("b"));
    refusals.take(missing("a", { address: "192.168.7.11" }));
    refusals.take(missing("a", { trouble: { code: "file.permission", message: "no" } }));
    refusals.take(missing("a", { direction: "write" }));
    refusals.end();
    assert.equal(lines.length, 5);
  });

  it("are all told at the end, and leave no timer", () => {
    refusals.take(missing("a"));
    refusals.take(missing("a"));
    refusals.end();
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? "", /asked again once for a file that was refused$/);
    assert.equal(clock.next(), undefined);
  });

  it("do not grow with a scan of a hundred thousand names, and lose none of them", () => {
    for (let index = 0; index < 100_000; index++) refusals.take(missing(`scan-${index}`));
    assert.ok(lines.length >= 99_000);
    refusals.end();
    assert.equal(new Set(lines).size, 100_000);
  });
});
