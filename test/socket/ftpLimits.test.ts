import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { systemClock, type Clock } from "../../src/engine/clock";
import { startFtpServer } from "../../src/engine/ftpServer/ftpServer";
import { EngineError } from "../../src/engine/errors";
import {
  ftpHouse,
  large,
  nothingLeft,
  openThings,
  openWire,
  standStill,
  until,
  uploadHouse,
  type FtpHouse,
  type FtpOptions,
} from "../support/ftpWire";
import { VirtualClock } from "../support/virtualClock";
import { withinASecondMs } from "../support/pace";
import { holds } from "../support/patience";

const files = { "fw.bin": "firmware", "large.bin": large };
/** A command of a thousand bytes. */
const longNoop = `NOOP ${"x".repeat(993)}\r\n`;

/**
 * Resolves when the server reads no more of any control connection. A segment of 64 KiB holds 11,000 short
 * commands, each a few turns of the event loop: nothing new in 60,000 turns is nothing more at all.
 */
async function stuck(house: FtpHouse): Promise<void> {
  let heard = -1;
  for (let turn = 0; turn < 60_000; turn = heard === house.heard() ? turn + 1 : 0) {
    heard = house.heard();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("FTP limits", () => {
  let house: FtpHouse | undefined;
  const serve = async (options: FtpOptions = {}): Promise<FtpHouse> =>
    (house = await ftpHouse({ files, ...options }));
  const trouble = (): (string | undefined)[] => house!.rows().map((row) => row.trouble?.code);
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  it("a line of more than 4 KiB ends the session with 421 and a row, before login as well (F24)", async () => {
    await serve();
    const wire = await house!.connect();
    wire.send(Buffer.alloc(5000, "a"));
    assert.equal((await wire.reply()).code, 421);
    await wire.closed;
    assert.deepEqual(trouble(), ["ftp.lineTooLong"]);
  });

  it("20 MB of commands at once from a client that reads are answered each, in little memory (F24, P3)", async function () {
    this.timeout(60_000);
    await serve();
    const wire = await house!.login();
    const lines = [...Array<string>(20_000).fill("NOOP\r\n"), ...Array<string>(20_000).fill(longNoop)];
    const before = process.memoryUsage().rss;
    let most = 0;
    let written = 0;
    void (async () => {
      for (; written < lines.length; written += 100) {
        if (wire.socket.write(lines.slice(written, written + 100).join(""))) continue;
        await new Promise((resolve) => wire.socket.once("drain", resolve));
      }
    })();
    for (let reply = 0; reply < lines.length; reply++) {
      assert.equal((await wire.reply()).code, 200);
      if (reply % 1000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
    }
    assert.equal(wire.unread(), 0);
    await wire.expect("PWD", 257);
    assert.ok(most / 2 ** 20 < 100, `${(most / 2 ** 20).toFixed(0)} MiB`);
  });

  it("thousands of commands in one segment are answered a few at a time, before login as well (F24)", async function () {
    this.timeout(60_000);
    let inTurn = 0;
    let most = 0;
    // Each reply sets a timer, for a client that does not read it.
    const at: Clock["at"] = (when, callback) => {
      inTurn += 1;
      most = Math.max(most, inTurn);
      return systemClock.at(when, callback);
    };
    await serve({ clock: { ...systemClock, at } });
    const wire = await house!.connect();
    let over = false;
    const turn = (): void => {
      inTurn = 0;
      if (!over) setImmediate(turn);
    };
    turn();
    const lines = 10_000;
    wire.send("\n".repeat(lines));
    for (let reply = 0; reply < lines; reply++) assert.equal((await wire.reply()).code, 500);
    over = true;
    assert.ok(most < 100, `${most} replies in one turn`);
  });

  it("20 MB of commands whose replies nobody reads cost no memory and end the session in time (F24)", async function () {
    this.timeout(60_000);
    const clock = new VirtualClock();
    await serve({ clock });
    const wire = await house!.login();
    wire.socket.pause();
    const before = process.memoryUsage().rss;
    // The replies of HELP fill what the system holds for the client soon; those of NOOP take half a minute.
    const helps = Buffer.from("HELP\r\n".repeat(10_000));
    for (let round = 0; round < 333; round++) wire.socket.write(helps);
    await stuck(house!);
    assert.ok(wire.socket.writableLength > 0, "the server read all of it");
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 100, `${grown.toFixed(0)} MiB`);
    clock.advance(60_000); // ftpDataSeconds
    wire.socket.resume(); // What the system holds for the client hides the end from it until it reads.
    await wire.closed;
  });

  it("an upload that ends while more commands wait than are read is not kept (F6, F24)", async () => {
    house = await uploadHouse({ files: { "fw.bin": "old" } });
    const wire = await house.login();
    const data = await wire.passive();
    await wire.expect("STOR fw.bin", 150);
    data.socket.write("half of it");
    await house.row((row) => row.bytes > 0);
    // The end of the control connection stands behind more than is read.
    wire.send(longNoop.repeat(1_000));
    await new Promise<void>((resolve) => wire.socket.end(resolve));
    await stuck(house);
    data.socket.end();
    const row = await house.row((each) => each.state !== "running");
    assert.deepEqual([row.state, row.trouble?.code], ["failed", "ftp.flood"]);
    assert.equal((await wire.reply()).code, 426);
    for (let reply = 0; reply < 1_000; reply++) assert.equal((await wire.reply()).code, 200);
    await wire.closed;
    assert.equal(await readFile(join(house.folder.path, "fw.bin"), "utf8"), "old");
  });

  it("an upload with a few hundred waiting commands is kept, and ABOR behind them is heard (F16, F24)", async () => {
    house = await uploadHouse({ files: {} });
    const wire = await house.login();
    for (const last of ["226", "ABOR"]) {
      const data = await wire.passive();
      await wire.expect("STOR fw.bin", 150);
      data.socket.write("all of it");
      await house.row((row) => row.bytes > 0 && row.state === "running");
      wire.send("NOOP\r\n".repeat(500));
      if (last === "226") data.socket.end();
      else wire.send("ABOR\r\n");
      assert.equal((await wire.reply()).code, last === "226" ? 226 : 426);
      for (let reply = 0; reply < 500; reply++) assert.equal((await wire.reply()).code, 200);
      if (last === "ABOR") assert.equal((await wire.reply()).code, 226);
      data.socket.destroy();
    }
  });

  it("STAT during a transfer, sent without end, is answered no faster than it is read (F24)", async () => {
    await serve();
    const wire = await house!.login();
    await wire.passive();
    await wire.expect("RETR large.bin", 150);
    wire.socket.pause();
    const before = process.memoryUsage().rss;
    const stats = Buffer.from("STAT\r\n".repeat(10_000));
    for (let round = 0; round < 333; round++) wire.socket.write(stats);
    await stuck(house!);
    assert.ok(wire.socket.writableLength > 0, "the server read all of it");
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 100, `${grown.toFixed(0)} MiB`);
  });

  it("a goodbye comes after the last line of a listing on the control connection (RFC 959 §4.2)", async () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `${at}.bin`);
    await serve({
      // No time passes: however slow the machine is, the client has all the time for it.
      clock: new VirtualClock(),
      root: (door) => ({
        ...door,
        list: () => Promise.resolve(names.map((name) => ({ name, kind: "file", size: 1, mtimeMs: 0 }))),
      }),
    });
    const wire = await house!.login();
    wire.socket.once("data", () => void house!.server.drain());
    const { code, text, lines } = await wire.command("STAT /");
    assert.deepEqual([code, text, lines.length], [213, "End of status", names.length + 2]);
    assert.equal(
      lines.findIndex((line) => line.startsWith("421")),
      -1,
    );
    assert.deepEqual((await wire.reply()).lines, ["421 The server is stopping"]);
    await wire.closed;
  });

  it("a client that reads no reply is dropped in time (F24)", async () => {
    const clock = new VirtualClock();
    const long = "n".repeat(200);
    await serve({
      clock,
      root: (door) => ({
        ...door,
        list: () =>
          Promise.resolve(
            Array.from({ length: 50_000 }, (_, at) => ({
              name: `${long}${at}`,
              kind: "file",
              size: at,
              mtimeMs: 0,
            })),
          ),
      }),
    });
    const wire = await house!.login();
    wire.socket.pause();
    wire.send("STAT /\r\n");
    let gone = false;
    void wire.closed.then(() => (gone = true));
    await standStill(clock, () => {
      if (clock.now() > 200_000) wire.socket.resume();
      return gone;
    });
  });

  it("more sessions than ftpSessions get 421 and a row, and there is room again afterwards (X11)", async () => {
    await serve({ limits: { ftpSessions: 2 } });
    const [first] = [await house!.login(), await house!.login()];
    const third = await house!.connect();
    assert.equal((await third.reply()).code, 421);
    await third.closed;
    assert.deepEqual(trouble(), ["limit.ftpSessions"]);
    await first.expect("QUIT", 221);
    await first.closed;
    await until(() => openThings()["TCPSocketWrap"] === 2);
    await (await house!.login()).expect("NOOP", 200);
  });

  it("perAddress does not count on loopback (DESIGN §6)", async () => {
    await serve({ limits: { perAddress: 1 } });
    for (let round = 0; round < 3; round++) await house!.login();
    assert.deepEqual(trouble(), []);
  });

  it("an address that may not ask gets 421 and one row, however often it knocks (DESIGN §6)", async () => {
    await serve({ wanted: { allow: ["192.0.2.0/24"] } });
    for (let round = 0; round < 3; round++) {
      const wire = await house!.connect();
      assert.equal((await wire.reply()).code, 421);
      await wire.closed;
    }
    const [row, ...more] = house!.rows();
    assert.deepEqual(
      [row?.state, row?.trouble?.code, row?.address, more.length],
      ["refused", "access.network", "127.0.0.1", 0],
    );
  });

  it("an idle session gets 421 after ftpIdleSeconds, counted from its last command (P19, RFC 1123 §4.1.3.2)", async () => {
    const clock = new VirtualClock();
    await serve({ clock });
    const wire = await house!.login();
    // The timer begins when the last reply is written.
    await until(() => clock.next()! - clock.now() > 60_000);
    clock.advance(299_000);
    await wire.expect("NOOP", 200);
    await until(() => clock.next()! - clock.now() > 60_000);
    clock.advance(299_000);
    await wire.expect("NOOP", 200);
    await until(() => clock.next()! - clock.now() > 60_000);
    const goodbye = wire.reply();
    clock.advance(300_000);
    assert.equal((await goodbye).code, 421);
    await wire.closed;
  });

  it("who does not log in within ftpLoginSeconds is told 421, whatever else is said", async () => {
    const clock = new VirtualClock();
    await serve({ clock });
    const wire = await house!.connect();
    clock.advance(29_000);
    await wire.expect("NOOP", 200);
    await wire.expect("USER x", 331);
    const goodbye = wire.reply();
    clock.advance(1_000);
    assert.equal((await goodbye).code, 421);
    await wire.closed;
    assert.deepEqual(trouble(), ["ftp.loginTime"]);
  });

  it("a session that ends leaves no timer, no listener and no socket (F3, F19, F28)", async () => {
    const clock = new VirtualClock();
    await serve({ clock });
    const before = openThings();
    const wire = await house!.login();
    await wire.passive();
    await wire.fetch("RETR fw.bin");
    wire.destroy();
    await until(() => clock.next() === undefined);
    await nothingLeft(before);
  });
});

describe("An FTP server that ends", () => {
  let house: FtpHouse | undefined;
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  it("drains: no new session, 421 to the idle, and to the busy after their transfer (DESIGN §2.1)", async () => {
    const before = openThings();
    house = await ftpHouse({ files });
    const [idle, busy, waiting] = [await house.login(), await house.login(), await house.login()];
    await waiting.passive();
    const data = await busy.passive();
    await busy.expect("RETR large.bin", 150);
    let drained = false;
    const draining = house.server.drain().then(() => (drained = true));
    assert.equal((await idle.reply()).code, 421);
    assert.equal((await waiting.reply()).code, 421);
    await assert.rejects(openWire(house.server.port), "the listening socket is closed at once");
    assert.equal(drained, false);
    assert.ok((await data.all()).equals(large));
    assert.equal((await busy.reply()).code, 226);
    assert.equal((await busy.reply()).code, 421);
    await draining;
    for (const wire of [idle, busy, waiting]) wire.destroy();
    await nothingLeft(before);
  });

  it("stops within a second with 50 stalled clients, and nothing is left (F28)", async function () {
    this.timeout(60_000);
    const before = openThings();
    // None of them is given up before, however long a busy machine takes to bring them here.
    const limits = { ftpDataSeconds: 3_600, ftpIdleSeconds: 3_600, ftpLoginSeconds: 600 };
    house = await uploadHouse({ files, limits });
    const wires = await Promise.all(Array.from({ length: 50 }, () => house!.login()));
    for (const [index, wire] of wires.entries()) {
      await wire.passive();
      await wire.expect(index % 2 === 0 ? "RETR large.bin" : `STOR up${index}.bin`, 150);
      if (index % 10 === 0) wire.socket.pause(); // One that does not even read its goodbye.
    }
    const started = performance.now();
    await house.server.stopNow();
    const took = performance.now() - started;
    assert.ok(took < withinASecondMs, `${took.toFixed(0)} ms`);
    const rows = house.rows();
    assert.equal(rows.length, 50);
    assert.ok(rows.every((row) => row.state === "cancelled" && row.trouble?.code === "ftp.stopped"));
    assert.deepEqual((await readdir(house.folder.path)).sort(), ["fw.bin", "large.bin"]);
    for (const wire of wires) wire.destroy();
    await nothingLeft(before);
  });

  it("tells each client why: 426 for the transfer, 421 for the session (F28)", async () => {
    house = await ftpHouse({ files });
    const wire = await house.login();
    await wire.passive();
    await wire.expect("RETR large.bin", 150);
    const stopped = house.server.stopNow();
    const codes = [(await wire.reply()).code];
    if (codes[0] === 426) codes.push((await wire.reply()).code);
    assert.equal(codes.at(-1), 421);
    await stopped;
  });

  it("ends one transfer that is cancelled, and its session goes on", async () => {
    house = await ftpHouse({ files });
    const wire = await house.login();
    await wire.passive();
    await wire.expect("RETR large.bin", 150);
    const { id } = house.rows()[0]!;
    assert.equal(house.server.cancelTransfer("ftp-none"), false);
    assert.equal(house.server.cancelTransfer(id), true);
    assert.equal((await wire.reply()).code, 426);
    assert.equal(house.rows()[0]?.state, "cancelled");
    assert.equal(house.server.cancelTransfer(id), false);
    assert.equal((await wire.fetch("RETR fw.bin")).reply.code, 226);
  });

  it("leaves nothing after 30 starts and stops, on the process neither (F27, F28)", async () => {
    const listeners = (): number =>
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const before = [openThings(), listeners()] as const;
    for (let round = 0; round < 30; round++) {
      const each = await ftpHouse({ files: { "fw.bin": "x" } });
      const wire = await each.login();
      await wire.fetch("RETR fw.bin");
      await each.close();
    }
    await nothingLeft(before[0]);
    assert.equal(listeners(), before[1]);
  });

  it("that cannot have its port says which, and leaves none of its other addresses open (X12)", async () => {
    house = await ftpHouse({ files, addresses: ["127.0.0.1"] });
    const before = openThings();
    const context = {
      clock: house.journal.clock,
      journal: house.journal,
      bootLog: new BootLog(house.journal),
      situation: () => assert.fail("nobody asks"),
      changed: () => undefined,
      heard: () => undefined,
      boards: {},
      departed: () => undefined,
    };
    const { port } = house.server;
    await assert.rejects(startFtpServer(context, ["127.0.0.2", "127.0.0.1"], port), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, process.platform === "darwin" ? "address.missing" : "port.inUse");
      assert.match(error.message, new RegExp(`TCP port ${port} of|not an address`));
      return true;
    });
    await nothingLeft(before);
  });

  it("out of descriptors serves whom it can, and goes on when there are some again (X11)", async function () {
    if (process.platform === "win32") this.skip();
    this.timeout(60_000);
    // In a process of its own: the limit would hit the test's sockets too.
    const script = `
      const { ftpHouse } = require("./test/support/ftpWire.ts");
      process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
      ftpHouse({ files: { "fw.bin": "firmware" } }).then((house) => {
        process.stdout.write(house.server.port + "\\n");
        process.stdin.on("end", () => house.close()).resume();
      });
    `;
    const { spawn } = await import("node:child_process");
    const child = spawn("sh", ["-c", `ulimit -n 64; exec "${process.execPath}" --import tsx -e "$SCRIPT"`], {
      env: { ...process.env, SCRIPT: script },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    try {
      const port = await new Promise<number>((resolve, reject) => {
        child.stdout.once("data", (text) => {
          resolve(Number(text));
        });
        void exited.then((code) => {
          reject(new Error(`ended with ${code}`));
        });
      });
      const sockets = Array.from({ length: 120 }, () => connect(port, "127.0.0.1"));
      for (const socket of sockets) socket.on("error", () => undefined).resume();
      await new Promise<void>((resolve) =>
        sockets[0]!.once("data", () => {
          resolve();
        }),
      );
      for (const socket of sockets) socket.destroy();
      // Still too many: once more.
      await holds(async () => {
        const wire = await openWire(port);
        try {
          await wire.expect("USER x", 331);
          await wire.expect("PASS y", 230);
          assert.equal((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
        } finally {
          wire.destroy();
        }
      });
    } finally {
      child.stdin.end();
    }
    assert.equal(await exited, 0);
  });

  it("shows a peer's names without what steers a terminal, in no reply and no log (S17)", async () => {
    house = await uploadHouse({ files });
    const lines: string[] = [];
    house.journal.onRow((row) => row.type === "log" && lines.push(row.message));
    for (const name of ["a\u001b[31mb", "a\u202eb", "a\u0085b", "a\u0000b"]) {
      const wire = await house.login();
      for (const verb of ["SIZE", "CWD", "MLST", "RETR", "STAT", "FOO", "TYPE", "USER"]) {
        lines.push(...(await wire.command(`${verb} ${name}`)).lines);
      }
      lines.push(...(await wire.command(`PASS ${name}`)).lines);
    }
    assert.equal(
      lines.find((line) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(line)),
      undefined,
    );
  });

  it("passes curl's own way through, where curl is here", async function () {
    house = await ftpHouse({ files });
    try {
      execFileSync("curl", ["--version"]);
    } catch {
      this.skip();
    }
    const { promisify } = await import("node:util");
    const { execFile } = await import("node:child_process");
    const url = `ftp://127.0.0.1:${house.server.port}`;
    const { stdout } = await promisify(execFile)("curl", ["-sS", `${url}/fw.bin`]);
    assert.equal(stdout, "firmware");
  });
});
