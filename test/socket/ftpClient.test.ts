import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { FtpSession, Sink } from "../../src/engine/clients/boardIo";
import { openFtp } from "../../src/engine/clients/ftpClient";
import { systemClock } from "../../src/engine/clock";
import { EngineError } from "../../src/engine/errors";
import {
  ftpHouse,
  large,
  nothingLeft,
  openThings,
  secret,
  until,
  type FtpHouse,
  type FtpOptions,
} from "../support/ftpWire";
import { randomBytes } from "../support/random";
import { scriptedFtp, type ScriptedClient, type ScriptedFtp } from "../support/scriptedFtp";
import { VirtualClock } from "../support/virtualClock";
import { withinASecondMs } from "../support/pace";

/** A sink that keeps everything. */
function keeper(): { sink: Sink; bytes: () => Buffer } {
  const chunks: Uint8Array[] = [];
  return { sink: (chunk) => void chunks.push(Uint8Array.from(chunk)), bytes: () => Buffer.concat(chunks) };
}
const nowhere: Sink = () => undefined;

/** The code of the EngineError that a promise ends with; all of them say what to do. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.ok(error.remedy !== undefined, error.message);
    return error.code;
  }
  return "none";
}

describe("The FTP client with our own server", () => {
  let house: FtpHouse | undefined;
  let session: FtpSession | undefined;
  const open = async (options: FtpOptions = {}): Promise<FtpSession> => {
    house = await ftpHouse(options);
    return (session = await openFtp(systemClock, { host: "127.0.0.1", port: house.server.port }));
  };
  afterEach(async () => {
    await session?.close();
    await house?.close();
    session = house = undefined;
  });

  it("fetches one file after the other, of every size, also by odd names", async () => {
    const sizes = [0, 1, 65536, 300_001];
    const files = {
      ...Object.fromEntries(sizes.map((size) => [`f${size}`, randomBytes(size, size)])),
      "sub/Gerät a.bin": "x",
    };
    const ftp = await open({ files });
    for (const size of sizes) {
      const { sink, bytes } = keeper();
      const { bytesPerSecond = 0, firstByteMs, ...facts } = await ftp.fetch(`f${size}`, sink);
      assert.deepEqual(facts, {
        bytes: size,
        announced: size,
        options: { type: "I", mode: "passive" },
        retransmissions: 0,
      });
      assert.ok(bytes().equals(randomBytes(size, size)));
      assert.deepEqual([bytesPerSecond > 0, firstByteMs !== undefined], [size > 0, size > 0]);
    }
    const { sink, bytes } = keeper();
    await ftp.fetch("sub/Gerät a.bin", sink);
    assert.equal(bytes().toString(), "x");
  });

  it("holds the server back while the sink is busy, and loses nothing", async () => {
    const ftp = await open({ files: { "large.bin": large } });
    const hash = createHash("sha256");
    let running = 0;
    let most = 0;
    const facts = await ftp.fetch("large.bin", async (chunk) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      hash.update(chunk);
      running -= 1;
    });
    assert.equal(facts.bytes, large.length);
    assert.equal(most, 1);
    assert.equal(hash.digest("hex"), createHash("sha256").update(large).digest("hex"));
  });

  it("tells a missing file with the server's reply, and goes on", async () => {
    const ftp = await open({ files: { "fw.bin": "x" } });
    await assert.rejects(ftp.fetch("nosuch", nowhere), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "ftp.refused");
      assert.match(error.message, /nosuch.*550 /);
      return true;
    });
    assert.equal((await ftp.fetch("fw.bin", nowhere)).bytes, 1);
  });

  it("says when the login is refused, with the user and without the password", async () => {
    house = await ftpHouse({ wanted: { ftpPassword: secret } });
    const target = { host: "127.0.0.1", port: house.server.port, user: "boot", password: "wrong-canary" };
    await assert.rejects(openFtp(systemClock, target), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "ftp.login");
      assert.match(error.message, /"boot".*530/);
      assert.doesNotMatch(`${error.message}${error.stack}`, /wrong-canary/);
      return true;
    });
    session = await openFtp(systemClock, { ...target, password: secret });
  });

  it("connects from the address that it is told", async function () {
    if (process.platform === "darwin") this.skip(); // 127.0.0.2 is no address there.
    house = await ftpHouse({ files: { "fw.bin": "x" } });
    session = await openFtp(systemClock, {
      host: "127.0.0.1",
      port: house.server.port,
      localAddress: "127.0.0.2",
    });
    await session.fetch("fw.bin", nowhere);
    assert.equal(house.rows()[0]?.address, "127.0.0.2");
  });

  it("says when there is nobody", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await codeOf(openFtp(systemClock, { host: "127.0.0.1", port })), "ftp.unreachable");
  });

  it("ends within a second of the signal, with its reason, in the middle of a file", async () => {
    const before = openThings();
    const ftp = await open({ files: { "large.bin": large } });
    const controller = new AbortController();
    const reason = new Error("cancelled by the user");
    let started = 0;
    const fetching = ftp.fetch(
      "large.bin",
      () => {
        if (started === 0) {
          started = performance.now();
          controller.abort(reason);
        }
      },
      controller.signal,
    );
    await assert.rejects(fetching, reason);
    assert.ok(performance.now() - started < withinASecondMs);
    await ftp.close();
    await house!.close();
    await nothingLeft(before);
  });

  it("throws what the sink throws, and logs in again for the next file", async () => {
    const ftp = await open({ files: { "large.bin": large, "fw.bin": "x" } });
    const full = new Error("disk full");
    await assert.rejects(
      ftp.fetch("large.bin", () => Promise.reject(full)),
      full,
    );
    assert.equal((await ftp.fetch("fw.bin", nowhere)).bytes, 1);
  });
});

describe("The FTP client with a server that does wrong", () => {
  let server: ScriptedFtp | undefined;
  const sessions: FtpSession[] = [];
  const serve = async (script: Parameters<typeof scriptedFtp>[0]): Promise<ScriptedFtp> =>
    (server = await scriptedFtp(script));
  const open = async (clock = new VirtualClock()): Promise<FtpSession> => {
    const session = await openFtp(clock, { host: "127.0.0.1", port: server!.port });
    sessions.push(session);
    return session;
  };
  /** Moves the clock on once the server was told `verb`. */
  const passTime = async (clock: VirtualClock, verb: string, ms: number): Promise<void> => {
    await until(() => server!.commands.some((line) => line.startsWith(verb)));
    clock.advance(ms);
  };
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await server?.close();
    server = undefined;
  });

  it("takes no short file that ended with 226 (F6)", async () => {
    await serve({
      RETR: async (client) => {
        client.say("150 here");
        (await client.data).end(Buffer.alloc(500));
        client.say("226 done");
      },
    });
    const session = await open();
    await assert.rejects(session.fetch("fw.bin", nowhere), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "ftp.short");
      assert.match(error.message, /expected 1000 bytes, got 500/);
      return true;
    });
  });

  it("takes no more than was announced", async () => {
    await serve({
      RETR: async (client) => {
        client.say("150 here");
        (await client.data).end(Buffer.alloc(1001));
        client.say("226 done");
      },
    });
    const { sink, bytes } = keeper();
    assert.equal(await codeOf((await open()).fetch("fw.bin", sink)), "ftp.long");
    assert.ok(bytes().length <= 1000);
  });

  it("fetches where SIZE is not known", async () => {
    await serve({
      SIZE: (client) => {
        client.say("502 what");
      },
    });
    const facts = await (await open()).fetch("fw.bin", nowhere);
    assert.deepEqual([facts.bytes, facts.announced], [1000, undefined]);
  });

  it("sends one password to a server that asks for ever", async () => {
    await serve({
      PASS: (client) => {
        client.say("331 again");
      },
    });
    assert.equal(await codeOf(open()), "ftp.login");
    assert.equal(server!.commands.filter((line) => line.startsWith("PASS")).length, 1);
  });

  it("reads replies that come a byte at a time, with codes cut in two", async () => {
    const slowly =
      (text: string) =>
      async ({ socket }: ScriptedClient): Promise<void> => {
        socket.setNoDelay(true);
        for (const byte of `${text}\r\n`) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
    await serve({
      greeting: slowly("220 hello"),
      USER: slowly("331 password"),
      PASS: slowly("230-in\r\n231 not yet\r\n230 now"),
      TYPE: slowly("200 ok"),
      SIZE: slowly("213 1000"),
    });
    assert.equal((await (await open()).fetch("fw.bin", nowhere)).bytes, 1000);
  });

  it("gives up on a reply that never ends, however it trickles", async () => {
    const clock = new VirtualClock();
    await serve({ greeting: ({ socket }) => socket.write("220-") });
    const opening = codeOf(open(clock));
    const drip = async (): Promise<void> => {
      for (let second = 0; second < 31; second++) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(1_000);
      }
    };
    await drip();
    assert.equal(await opening, "ftp.timeout");
  });

  it("gives up on an endless reply line before it fills the memory", async () => {
    await serve({
      greeting: ({ socket }) => {
        const more = (): void => {
          if (!socket.destroyed) socket.write(Buffer.alloc(65536, "2"), more);
        };
        more();
      },
    });
    assert.equal(await codeOf(open()), "ftp.lost");
  });

  it("gives up on a transfer that crawls, however often a byte comes", async () => {
    const clock = new VirtualClock();
    await serve({
      RETR: async (client) => {
        client.say("150 here");
        (await client.data).write("x");
      },
    });
    const session = await open(clock);
    let got = 0;
    const fetching = codeOf(session.fetch("fw.bin", (chunk) => void (got += chunk.length)));
    await until(() => got === 1);
    clock.advance(30_000);
    assert.equal(await fetching, "ftp.timeout");
  });

  it("gives up where the data came and the 226 never does", async () => {
    const clock = new VirtualClock();
    await serve({
      RETR: async (client) => {
        client.say("150 here");
        (await client.data).end(Buffer.alloc(1000));
      },
    });
    const session = await open(clock);
    let got = 0;
    const fetching = codeOf(session.fetch("fw.bin", (chunk) => void (got += chunk.length)));
    await until(() => got === 1000);
    clock.advance(30_000);
    await until(() => true);
    clock.advance(30_000);
    assert.equal(await fetching, "ftp.timeout");
  });

  it("is patient with its own sink: a slow disk is no stall", async () => {
    const clock = new VirtualClock();
    await serve({});
    const session = await open(clock);
    const facts = await session.fetch("fw.bin", async () => {
      clock.advance(120_000);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(120_000);
    });
    assert.equal(facts.bytes, 1000);
  });

  it("says that the connection was lost when the server goes away", async () => {
    await serve({ RETR: (client) => client.socket.resetAndDestroy() });
    assert.equal(await codeOf((await open()).fetch("fw.bin", nowhere)), "ftp.lost");
    await server!.close();
    await serve({ greeting: ({ socket }) => socket.end() });
    assert.equal(await codeOf(open()), "ftp.lost");
  });

  it("says 421 and what the server said with it", async () => {
    await serve({
      greeting: (client) => {
        client.say("421 full\u001b[31m");
      },
    });
    await assert.rejects(open(), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "ftp.refused");
      assert.match(error.message, /421 full\\x1b\[31m/);
      return true;
    });
  });

  it("never connects to another host than the control connection's", async () => {
    await serve({
      EPSV: (client) => {
        client.say("500 no");
      },
      PASV: (client) => {
        client.say("227 (192,0,2,1,1,1)");
      },
    });
    assert.equal(await codeOf((await open()).fetch("fw.bin", nowhere)), "ftp.lost");
  });

  it("falls back to PASV where EPSV is not known", async () => {
    await serve({
      EPSV: (client) => {
        client.say("500 no");
      },
    });
    assert.equal((await (await open()).fetch("fw.bin", nowhere)).bytes, 1000);
  });

  it("sends no name with a line end or NUL in it", async () => {
    await serve({});
    const session = await open();
    for (const name of ["a\r\nDELE b", "a\nb", "a\0b"])
      assert.equal(await codeOf(session.fetch(name, nowhere)), "ftp.name");
    assert.equal(
      server!.commands.some((line) => line.startsWith("DELE")),
      false,
    );
    assert.equal((await session.fetch("fw.bin", nowhere)).bytes, 1000);
  });

  it("leaves no socket and no timer behind when the server falls silent", async () => {
    const before = openThings();
    const clock = new VirtualClock();
    await serve({ EPSV: () => undefined });
    const session = await open(clock);
    const fetching = codeOf(session.fetch("fw.bin", nowhere));
    await passTime(clock, "EPSV", 30_000);
    assert.equal(await fetching, "ftp.timeout");
    await session.close();
    await server!.close();
    await nothingLeft(before);
    assert.equal(clock.next(), undefined);
  });

  it("says QUIT at the end, and ends also where nobody answers it", async () => {
    const clock = new VirtualClock();
    await serve({ QUIT: () => undefined });
    const session = await open(clock);
    const closing = session.close();
    await passTime(clock, "QUIT", 2_000);
    await closing;
    assert.deepEqual(server!.commands.at(-1), "QUIT");
  });
});
