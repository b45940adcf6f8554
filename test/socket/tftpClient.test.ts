import assert from "node:assert/strict";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import type { TftpOptions } from "../../src/engine/clients/tftpOpening";
import type { FetchFacts } from "../../src/engine/clients/boardIo";
import { EngineError } from "../../src/engine/errors";
import type { Endpoint } from "../../src/engine/udp";
import {
  encodeAck,
  encodeData,
  encodeError,
  encodeOack,
  type Packet,
  type Request,
} from "../../src/protocol/tftp/packet";
import { unlikeBytes } from "../support/files";
import { storeTftp } from "../support/storeTftp";
import { openRawClient, type RawClient, type Received } from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

/** A server that a test plays by hand: one socket that hears requests, one that answers. */
describe("TFTP client against a scripted server", () => {
  let listening: RawClient;
  let answering: RawClient;
  let got: Uint8Array[];
  /** Stands still until a test moves it: what is driven by hand is never sent again, however slow the machine is. */
  let clock: VirtualClock;
  const opened: RawClient[] = [];
  const open = async (): Promise<RawClient> => {
    const socket = await openRawClient();
    opened.push(socket);
    return socket;
  };

  beforeEach(async () => {
    listening = await open();
    answering = await open();
    got = [];
    clock = new VirtualClock();
  });
  afterEach(async () => {
    clock.advance(60_000); // Who stays to repeat its last ACK goes.
    await Promise.all(opened.splice(0).map((socket) => socket.close()));
  });

  const target = (): { host: string; port: number } => ({ host: "127.0.0.1", port: listening.local.port });
  const fetch = (options: TftpOptions = {}, signal?: AbortSignal): Promise<FetchFacts> =>
    fetchTftp(clock, target(), "fw.bin", (chunk) => void got.push(chunk), signal, options);
  const requested = async (): Promise<{ request: Request; from: Endpoint }> => {
    const { packet, from } = await listening.next();
    assert.ok(packet.op === "RRQ" || packet.op === "WRQ", packet.op);
    return { request: packet, from };
  };
  const said = ({ packet }: Received): string =>
    packet.op === "ACK" ? `ACK ${packet.block}` : packet.op === "ERROR" ? `ERROR ${packet.code}` : packet.op;
  const oack = (options: Record<string, string>): Uint8Array => encodeOack(new Map(Object.entries(options)));
  const rejected = async (promise: Promise<unknown>): Promise<EngineError> => {
    const error: unknown = await promise.then(
      () => assert.fail("it was fetched"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof EngineError, String(error));
    return error;
  };

  it("asks with options, acknowledges the OACK, and tells what was agreed (T31, RFC 2347)", async () => {
    const fetching = fetch({ blksize: 1024, windowsize: 2 });
    const { request, from } = await requested();
    assert.deepEqual(
      [...request.options],
      [
        ["tsize", "0"],
        ["blksize", "1024"],
        ["windowsize", "2"],
      ],
    );
    answering.send(oack({ tsize: "1500", blksize: "1024", windowsize: "2" }), from);
    assert.equal(said(await answering.next()), "ACK 0");
    clock.advance(5);
    answering.send(encodeData(1, unlikeBytes(1024)), from);
    answering.send(encodeData(2, unlikeBytes(476)), from);
    assert.equal(said(await answering.next()), "ACK 2");
    const { firstByteMs = -1, bytesPerSecond = -1, roundTripMs = -1, ...facts } = await fetching;
    assert.deepEqual(facts, {
      bytes: 1500,
      announced: 1500,
      options: { blksize: 1024, windowsize: 2 },
      retransmissions: 0,
    });
    assert.ok(firstByteMs > 0 && bytesPerSecond > 0 && roundTripMs > 0);
    assert.equal(Buffer.concat(got).length, 1500);
  });

  it("a server without options is understood (RFC 2347 §2)", async () => {
    const fetching = fetch();
    const { from } = await requested();
    answering.send(encodeData(1, unlikeBytes(512)), from);
    assert.equal(said(await answering.next()), "ACK 1");
    answering.send(encodeData(2, unlikeBytes(0)), from);
    assert.equal(said(await answering.next()), "ACK 2");
    const facts = await fetching;
    assert.deepEqual(
      [facts.bytes, facts.announced, facts.options],
      [512, undefined, { blksize: 512, windowsize: 1 }],
    );
  });

  it("holds to the first port that answered; others get ERROR 5 and change nothing (T2, RFC 1350 §4)", async () => {
    const fetching = fetch({ tsize: false });
    const { from } = await requested();
    const second = await open();
    answering.send(encodeData(1, unlikeBytes(512)), from);
    assert.equal(said(await answering.next()), "ACK 1");
    second.send(encodeData(2, new Uint8Array(3)), from);
    assert.equal(said(await second.next()), "ERROR 5");
    answering.send(encodeData(2, unlikeBytes(7)), from);
    assert.equal(said(await answering.next()), "ACK 2");
    assert.equal((await fetching).bytes, 519);
  });

  it("a late packet to who had its port before is no answer: it waits for one (S15, RFC 1350 §4)", async () => {
    const fetching = fetch({ tsize: false });
    const { from } = await requested();
    const late = await open();
    for (const packet of [encodeAck(7), encodeData(7, unlikeBytes(512))]) {
      late.send(packet, from);
      if (packet.length === 4) assert.equal(said(await late.next()), "ERROR 5");
    }
    answering.send(encodeData(1, unlikeBytes(9)), from);
    assert.equal(said(await answering.next()), "ACK 1");
    assert.equal((await fetching).bytes, 9);
  });

  it("where nothing else answers, that is what is told", async () => {
    const fetching = rejected(fetch({ tsize: false, blksize: 512, windowsize: 1 }));
    const { from } = await requested();
    answering.send(encodeAck(7), from);
    assert.equal(said(await answering.next()), "ERROR 5");
    clock.advance(60_000);
    const { code, message } = await fetching;
    assert.deepEqual([code, message], ["tftp.malformed", "the server answered RRQ with ACK"]);
  });

  it("another address does not count as an answer (T3)", async () => {
    const fetching = fetch();
    const { from } = await requested();
    const stranger = await openRawClient("127.0.0.2");
    opened.push(stranger);
    stranger.send(encodeData(1, new Uint8Array(3)), from);
    assert.equal(said(await stranger.next()), "ERROR 5");
    answering.send(encodeData(1, unlikeBytes(9)), from);
    assert.equal((await fetching).bytes, 9);
  });

  for (const options of [{ blksize: "65464" }, { blksize: "4" }, { windowsize: "99" }, { multicast: "1" }]) {
    it(`an OACK of ${JSON.stringify(options)} is refused by ERROR 8 (T32, S3, RFC 2347 §2)`, async () => {
      const fetching = rejected(fetch({ blksize: 1024, windowsize: 4 }));
      const { from } = await requested();
      answering.send(encodeOack(new Map(Object.entries<string>(options))), from);
      assert.equal(said(await answering.next()), "ERROR 8");
      assert.equal((await fetching).code, "tftp.malformed");
    });
  }

  for (const code of [8, 4]) {
    it(`after ERROR ${code} it asks once more without options (T33)`, async () => {
      const fetching = fetch();
      const first = await requested();
      answering.send(encodeError(code, "no options"), first.from);
      const second = await requested();
      assert.equal(second.request.options.size, 0);
      answering.send(encodeData(1, unlikeBytes(3)), second.from);
      assert.equal((await fetching).bytes, 3);
    });
  }

  it("after silence it asks once more without options, and then says that nobody is there (T33, T11)", async () => {
    const fetching = rejected(fetch({}));
    const counts: number[] = [];
    for (let sending = 0; sending < 6; sending += 1) {
      counts.push((await requested()).request.options.size);
      // The next wait: 1, 2 and 4 s for each attempt.
      clock.advance([1000, 2000, 4000][sending % 3]!);
    }
    assert.deepEqual(
      counts.map((count) => count > 0),
      [true, true, true, false, false, false],
    );
    const error = await fetching;
    assert.equal(error.code, "tftp.timeout");
    assert.match(error.message, /no answer from TFTP 127\.0\.0\.1/);
    assert.ok(error.remedy !== undefined);
  });

  it("an ERROR ends it with the server's words, escaped (T35)", async () => {
    const fetching = rejected(fetch());
    const { from } = await requested();
    answering.send(encodeError(1, "File \u001b[2J not found"), from);
    const error = await fetching;
    assert.equal(error.code, "tftp.refused");
    assert.match(error.message, /ERROR 1 "File \\x1b\[2J not found"/);
  });

  it("its last ACK is sent again to a server that repeats the last block (T42, RFC 1350 §6)", async () => {
    const fetching = fetch({ tsize: false });
    const { from } = await requested();
    answering.send(encodeData(1, unlikeBytes(9)), from);
    assert.equal(said(await answering.next()), "ACK 1");
    await fetching;
    answering.send(encodeData(1, unlikeBytes(9)), from);
    assert.equal(said(await answering.next()), "ACK 1");
    assert.equal(Buffer.concat(got).length, 9);
  });

  it("a file shorter than the announced size is no success (T43)", async () => {
    const fetching = rejected(fetch());
    const { from } = await requested();
    answering.send(oack({ tsize: "1000" }), from);
    await answering.next();
    answering.send(encodeData(1, unlikeBytes(500)), from);
    assert.equal(said(await answering.next()), "ERROR 0");
    const error = await fetching;
    assert.equal(error.code, "tftp.short");
    assert.match(error.message, /1000 bytes.*500/);
  });

  it("a server that dies in the middle is given up (X4)", async () => {
    const fetching = rejected(fetch({ tsize: false, giveUpMs: 10_000 }));
    const { from } = await requested();
    answering.send(encodeData(1, unlikeBytes(512)), from);
    await answering.next();
    clock.advance(10_000);
    const error = await fetching;
    assert.equal(error.code, "tftp.timeout");
    assert.match(error.message, /stopped after 512 B: nothing new came for 10 s/);
  });

  /**
   * Sends one packet after the other, each once the client has answered, with this much time between.
   * @returns what the client made of it, and after how long; fails when it is not over after the last turn.
   */
  const talking = async (
    options: TftpOptions,
    turns: number,
    stepMs: number,
    packetOf: (turn: number) => Uint8Array,
  ): Promise<{ error: EngineError; elapsedMs: number }> => {
    let ended = false;
    const fetching = rejected(fetch(options)).finally(() => {
      ended = true;
    });
    const { from } = await requested();
    const begun = clock.now();
    const over = (): boolean => ended;
    for (let turn = 0; !over(); turn += 1) {
      assert.ok(turn < turns, `it was not given up in ${clock.now() - begun} ms`);
      // What it has sent again by itself since then is no answer.
      while (answering.waiting.length > 0) await answering.next();
      answering.send(packetOf(turn), from);
      await Promise.race([answering.next(), fetching]);
      clock.advance(stepMs);
      await Promise.race([fetching, Promise.resolve()]);
    }
    return { error: await fetching, elapsedMs: clock.now() - begun };
  };

  for (const [what, packet] of [
    ["its OACK", oack({ tsize: "1000000" })],
    ["DATA 1", encodeData(1, unlikeBytes(512))],
  ] as const) {
    it(`a server that repeats ${what} for ever is given up: only what is new counts (X4)`, async () => {
      const { error, elapsedMs } = await talking({}, 400, 300, () => packet);
      assert.equal(error.code, "tftp.timeout");
      assert.match(error.message, /nothing new came for 60 s/);
      assert.ok(elapsedMs >= 60_000 && elapsedMs < 62_000, `${elapsedMs} ms`);
    });
  }

  it("a server that trickles is given up: less than 1 KiB in 30 s stands still (X4)", async () => {
    const blocks = { blksize: 8, windowsize: 1, tsize: false };
    const packet = (turn: number): Uint8Array =>
      turn === 0 ? oack({ blksize: "8" }) : encodeData(turn, unlikeBytes(8));
    const { error, elapsedMs } = await talking(blocks, 100, 900, packet);
    assert.equal(error.code, "tftp.timeout");
    assert.match(error.message, /crawls: less than 1.0 KiB came in 30 s/);
    assert.ok(elapsedMs >= 30_000 && elapsedMs < 33_000, `${elapsedMs} ms`);
  });

  it("a file larger than the limit is refused, announced or not", async () => {
    const announced = rejected(fetch({ maxBytes: 100 }));
    const first = await requested();
    answering.send(oack({ tsize: "101" }), first.from);
    assert.equal(said(await answering.next()), "ERROR 3");
    assert.equal((await announced).code, "tftp.tooLarge");
    const silent = rejected(fetch({ maxBytes: 100, tsize: false }));
    const second = await requested();
    const other = await open();
    other.send(encodeData(1, unlikeBytes(512)), second.from);
    assert.equal(said(await other.next()), "ERROR 3");
    assert.equal((await silent).code, "tftp.tooLarge");
  });

  it("a slow sink holds the ACKs back, and a failing one ends it", async () => {
    let release: () => void = () => undefined;
    let fail = false;
    const sink = (): Promise<void> =>
      new Promise((resolve, reject) => {
        release = () => {
          if (fail) reject(new Error("disk"));
          else resolve();
        };
      });
    const fetching = fetchTftp(clock, target(), "fw.bin", sink, undefined, { tsize: false });
    const failing = assert.rejects(fetching, /disk/);
    const { from } = await requested();
    answering.send(encodeData(1, unlikeBytes(512)), from);
    // A foreign packet is answered after the block was seen; the block itself is not acknowledged yet.
    const witness = await open();
    witness.send(encodeAck(1), from);
    assert.equal(said(await witness.next()), "ERROR 5");
    assert.equal(answering.waiting.length, 0);
    release();
    assert.equal(said(await answering.next()), "ACK 1");
    answering.send(encodeData(2, unlikeBytes(512)), from);
    const second = await openRawClient("127.0.0.3");
    opened.push(second);
    second.send(encodeAck(1), from);
    await second.next();
    fail = true;
    release();
    assert.equal(said(await answering.next()), "ERROR 0");
    await failing;
  });

  it("cancelled by its signal it tells the server and throws the reason", async () => {
    const controller = new AbortController();
    const cancelled = assert.rejects(fetch({ tsize: false }, controller.signal), /enough/);
    const { from } = await requested();
    answering.send(encodeData(1, unlikeBytes(512)), from);
    await answering.next();
    controller.abort(new Error("enough"));
    assert.equal(said(await answering.next()), "ERROR 0");
    await cancelled;
    const before = new AbortController();
    before.abort(new Error("never"));
    await assert.rejects(fetch({}, before.signal), /never/);
  });

  it("a name that no request can hold is an error of its own", async () => {
    const names = ["n".repeat(600), "a\0b"];
    for (const name of names) {
      const error = await rejected(fetchTftp(clock, target(), name, () => undefined));
      assert.equal(error.code, "tftp.name");
    }
  });

  it("an upload begins with DATA 1 after the OACK, and an ERROR 6 is told (T31, T35)", async () => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(unlikeBytes(600));
    };
    const storing = storeTftp(clock, target(), "up.bin", source(), undefined, {
      size: 600,
      blksize: 512,
      windowsize: 1,
    });
    const { request, from } = await requested();
    assert.deepEqual([request.op, ...request.options], ["WRQ", ["tsize", "600"]]);
    answering.send(oack({ tsize: "600" }), from);
    const packets: Packet[] = [];
    for (const block of [1, 2]) {
      packets.push((await answering.next()).packet);
      answering.send(encodeAck(block), from);
    }
    assert.deepEqual(
      packets.map((packet) => packet.op === "DATA" && packet.data.length),
      [512, 88],
    );
    assert.equal((await storing).bytes, 600);
    const refused = rejected(storeTftp(clock, target(), "up.bin", source()));
    const again = await requested();
    answering.send(encodeError(6, "exists"), again.from);
    assert.equal((await refused).code, "tftp.refused");
  });
});
