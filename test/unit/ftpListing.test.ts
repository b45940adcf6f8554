import assert from "node:assert/strict";
import fc from "fast-check";
import { fromNetworkLines, toNetworkLines } from "../../src/engine/ftpServer/asciiType";
import { nextTurn } from "../../src/engine/clock";
import { changedFolder } from "../../src/engine/ftpServer/commands";
import { activePort } from "../../src/engine/ftpServer/dataChannel";
import { sendStatus } from "../../src/engine/ftpServer/listings";
import { factsLine, listable, listLine, timeValue } from "../../src/engine/ftpServer/listing";
import { Failure, failureOf, replyLines, replyText } from "../../src/engine/ftpServer/replies";
import type { Session } from "../../src/engine/ftpServer/session";
import { Refusal, type Entry } from "../../src/engine/servedRoot/servedRoot";
import { VirtualClock } from "../support/virtualClock";

const entry = (name: string, size: number, mtimeMs: number, kind: Entry["kind"] = "file"): Entry => ({
  name,
  size,
  mtimeMs,
  kind,
});
const now = Date.UTC(2026, 6, 1);

describe("FTP listings", () => {
  it("look like ls -l: the time of day for half a year, else the year", () => {
    const at = (mtimeMs: number): string => listLine(entry("sub/fw.bin", 4_300_000_000, mtimeMs), now);
    assert.equal(at(Date.UTC(2026, 4, 9, 8, 5)), "-r--r--r-- 1 ftp ftp   4300000000 May  9 08:05 fw.bin");
    assert.equal(at(Date.UTC(2025, 4, 9, 8, 5)), "-r--r--r-- 1 ftp ftp   4300000000 May  9  2025 fw.bin");
    assert.equal(
      listLine(entry("sub", 0, now, "folder"), now),
      "dr-xr-xr-x 1 ftp ftp            0 Jul  1 00:00 sub",
    );
  });

  it("are valid for any time a disk can hold (X24)", () => {
    for (const time of [0, Date.UTC(2106, 1, 7), -1e20, 1e20, 0.5]) {
      assert.match(
        listLine(entry("x", 1, time), now),
        /^-r--r--r-- 1 ftp ftp {12}1 [A-Z][a-z]{2} [ \d]\d {1,2}-?\d+ x$/,
      );
      assert.match(timeValue(time), /^-?\d{14,16}$/);
    }
    assert.equal(timeValue(Date.UTC(1970, 0, 1)), "19700101000000");
  });

  it("have the facts of RFC 3659 §7.2, with a name after exactly one space (P14)", () => {
    const time = Date.UTC(2026, 0, 2, 3, 4, 5);
    assert.equal(
      factsLine(entry("a/ b.bin", 7, time)),
      "type=file;size=7;modify=20260102030405;perm=r;  b.bin",
    );
    assert.equal(factsLine(entry("a", 0, time, "folder")), "type=dir;modify=20260102030405;perm=el; a");
  });

  it("leave out a name that would forge a line (F31)", () => {
    assert.equal(listable(entry("a\r\n-rw-r--r-- 1 root root 1 Jan 1 00:00 b", 1, now)), false);
    assert.equal(listable(entry("ä b", 1, now)), true);
  });
});

describe("STAT of a folder", () => {
  it("is sent in parts, whatever its size: a part is made when the one before is sent (X15)", async () => {
    const sent: string[] = [];
    let sending = 0;
    const send = async (text: string): Promise<void> => {
      sending += 1;
      assert.equal(sending, 1, "one after the other");
      await nextTurn();
      sent.push(text);
      sending -= 1;
    };
    const entries = Array.from({ length: 1_200 }, (_, index) => entry(`d/${index}`, index, now));
    await sendStatus(
      {
        root: {
          describe: () => Promise.resolve(entry("d", 0, now, "folder")),
          list: () => Promise.resolve(entries),
        },
        resolve: (name: string) => name,
        context: { clock: new VirtualClock() },
        send,
        replyInParts: (sends: () => Promise<void>) => sends(),
        reply: (code: number, text: string) => send(replyLines(code, [text])),
      } as unknown as Session,
      "d",
    );
    const lines = sent.map((text) => text.split("\r\n").length - 1);
    assert.ok(Math.max(...lines) <= 500, lines.join());
    const all = sent.join("").split("\r\n");
    assert.deepEqual(
      [all.length, all[0], all[1201], all[1202]],
      [1203, "213-Status follows", "213 End of status", ""],
    );
    for (const [index, line] of all.slice(1, 1201).entries())
      assert.match(line, new RegExp(`^ -.* ${index}$`));
  });
});

describe("TYPE A", () => {
  it("brings every text without CR through unchanged, however it is cut (P5, RFC 959 §3.1.1.1)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (any, cut) => {
        const text = any.map((byte) => (byte === 0x0d ? 0x0a : byte));
        const wire = toNetworkLines(text);
        assert.equal(Buffer.from(wire).includes("\n\n"), false);
        const lines = fromNetworkLines();
        const back = [lines.push(wire.subarray(0, cut)), lines.push(wire.subarray(cut)), lines.end()];
        assert.deepEqual(Buffer.concat(back), Buffer.from(text));
      }),
    );
  });

  it("keeps a CR that no LF follows", () => {
    const lines = fromNetworkLines();
    const parts = [lines.push(Buffer.from("a\rb\r")), lines.push(Buffer.from("\nc\r")), lines.end()];
    assert.equal(Buffer.concat(parts).toString(), "a\rb\nc\r");
  });
});

const codeOf = (work: () => unknown): number => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure);
    return error.replyCode;
  }
  return 0;
};

describe("PORT and EPRT", () => {
  it("lead to the client's own address and a port above 1023, and nowhere else (P7, S20, F23, RFC 2577 §3)", () => {
    assert.equal(activePort("PORT", "192,0,2,7,4,0", "192.0.2.7"), 1024);
    assert.equal(activePort("EPRT", "|1|192.0.2.7|5000|", "192.0.2.7"), 5000);
    assert.equal(activePort("EPRT", "|2|FE80::1|5000|", "fe80::1%eth0"), 5000);
    assert.equal(
      codeOf(() => activePort("PORT", "192,0,2,7,3,255", "192.0.2.7")),
      504,
    );
    assert.equal(
      codeOf(() => activePort("PORT", "192,0,2,7,0,25", "192.0.2.7")),
      504,
    );
    assert.equal(
      codeOf(() => activePort("PORT", "127,0,0,1,20,0", "192.0.2.7")),
      504,
    );
    assert.equal(
      codeOf(() => activePort("EPRT", "|1|192.0.2.8|5000|", "192.0.2.7")),
      504,
    );
  });

  it("may write an IPv6 address in any way, and it is compared by its value (RFC 2428 §2)", () => {
    for (const address of ["::1", "0:0:0:0:0:0:0:1", "0000:0000::0001", "::0.0.0.1"])
      assert.equal(activePort("EPRT", `|2|${address}|5000|`, "::1"), 5000, address);
    assert.equal(activePort("EPRT", "|2|2001:DB8:0:0::7|5000|", "2001:db8::7"), 5000);
    for (const address of ["::2", "0:0:0:0:0:0:1", "1", "", "::1/128", "127.0.0.1", "::ffff:127.0.0.1"]) {
      assert.equal(
        codeOf(() => activePort("EPRT", `|2|${address}|5000|`, "::1")),
        504,
        address,
      );
    }
  });

  it("are 501 when they are malformed, and 522 for another family (F11, RFC 2428 §2)", () => {
    for (const argument of [
      "",
      "1,2,3",
      "127,0,0,1,300,1",
      "127,0,0,1,1,1,1",
      "127,0,0,1,-1,2",
      "a,b,c,d,e,f",
    ]) {
      assert.equal(
        codeOf(() => activePort("PORT", argument, "127.0.0.1")),
        501,
        argument,
      );
    }
    for (const argument of [
      "",
      "|",
      "|1|127.0.0.1|99999|",
      "|1|127.0.0.1|x|",
      "1|127.0.0.1|5000|",
      "|1|127.0.0.1|5000",
    ]) {
      assert.equal(
        codeOf(() => activePort("EPRT", argument, "127.0.0.1")),
        501,
        argument,
      );
    }
    assert.equal(
      codeOf(() => activePort("EPRT", "|2|::1|5000|", "127.0.0.1")),
      522,
    );
    assert.equal(
      codeOf(() => activePort("EPRT", "|3|127.0.0.1|5000|", "127.0.0.1")),
      522,
    );
  });
});

describe("CWD", () => {
  it("resolves .. below the served root, and is 550 above it", () => {
    assert.equal(changedFolder("a/b", ".."), "a");
    assert.equal(changedFolder("a/b", "../../c"), "c");
    assert.equal(changedFolder("a", "/"), "");
    assert.equal(changedFolder("", "/a//b\\c/"), "a/b/c");
    assert.equal(changedFolder("", "."), "");
    assert.equal(changedFolder("", ".cache"), ".cache");
    assert.equal(changedFolder("", "..."), "...");
    for (const path of ["..", "a/../..", "..\\..\\x", "/..", "/../a"]) {
      assert.equal(
        codeOf(() => changedFolder("", path)),
        550,
        path,
      );
    }
  });
});

describe("What an FTP client is told", () => {
  it("is the code of the refusal (RFC 959 §4.2)", () => {
    const code = (kind: Refusal["kind"]): number =>
      failureOf(new Refusal(kind, { code: "x", message: "x" })).replyCode;
    assert.deepEqual(
      (["missing", "forbidden", "exists", "full", "busy", "changed"] as const).map(code),
      [550, 550, 553, 552, 450, 451],
    );
  });

  it("has a hyphen after the code of each line but the last, and none before lines without one (RFC 959 §4.2)", () => {
    assert.equal(replyLines(226, ["Done"]), "226 Done\r\n");
    assert.equal(
      replyLines(211, ["Features:", { raw: " SIZE" }, "End"]),
      "211-Features:\r\n SIZE\r\n211 End\r\n",
    );
  });

  it("holds no path of this host and no line end (F12)", () => {
    const system = Object.assign(new Error("ENOENT: no such file, open '/home/user/served/x'"), {
      code: "ENOENT",
    });
    assert.equal(replyText(system), "local error ENOENT");
    assert.equal(replyText(new TypeError("undefined at /home/user/x.ts")), "local error");
    assert.equal(
      replyText(new Refusal("missing", { code: "x", message: "a\r\n226 ok" })),
      "a\\x0d\\x0a226 ok",
    );
  });
});
