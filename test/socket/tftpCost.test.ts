/** What a transfer may cost, counted and not timed: packets, looks at the disk, timers, memory. */

import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import type { OpenedFile, ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { systemClock, type Timer } from "../../src/engine/clock";
import type { FromThread, ToThread } from "../../src/engine/tftpServer/threadMessages";
import { portMemory, TransferPorts } from "../../src/engine/tftpServer/ports";
import { Recorder } from "../../src/engine/packets/recorder";
import { encodeAck, encodeData } from "../../src/protocol/tftp/packet";
import { Receiver } from "../../src/protocol/tftp/receiver";
import { Sender } from "../../src/protocol/tftp/sender";
import { readPcapng } from "../support/pcapng";
import { until } from "../support/ftpWire";
import {
  openRawClient,
  type RawClient,
  requestFor,
  startTestedServer,
  type TestedServer,
} from "../support/tftp";
import { startThreadFromSource } from "../support/threads";
import { VirtualClock } from "../support/virtualClock";

const fileBytes = 2 ** 21;
/** Of read-ahead: two chunks of this size are held for one transfer. */
const chunkBytes = 512 * 1024;

/**
 * A clock that stands still, so that nothing is sent again on a slow machine, and counts the looks at it and the timers
 * that are set on it.
 */
class CountingClock extends VirtualClock {
  timers = 0;
  looks = 0;

  override now(): number {
    this.looks += 1;
    return super.now();
  }

  override at(at: number, callback: () => void): Timer {
    this.timers += 1;
    return super.at(at, callback);
  }
}

/** The door with each look at the disk counted. */
function counted(root: ServedRoot, looks: { reads: number; checks: number }): ServedRoot {
  return {
    ...root,
    async open(requested): Promise<OpenedFile> {
      const file = await root.open(requested);
      return {
        ...file,
        read: (buffer, position) => {
          looks.reads += 1;
          return file.read(buffer, position);
        },
        assertUnchanged: () => {
          looks.checks += 1;
          return file.assertUnchanged();
        },
      };
    },
  };
}

/** What V8 alone can tell, once it is allowed to. */
function comparerOfClasses(): (one: unknown, other: unknown) => boolean {
  setFlagsFromString("--allow-natives-syntax");
  return runInThisContext("(one, other) => %HaveSameMap(one, other)") as ReturnType<typeof comparerOfClasses>;
}

describe("what a TFTP transfer costs", function () {
  this.timeout(60_000);
  let server: TestedServer | undefined;
  let client: RawClient | undefined;

  afterEach(async () => {
    await client?.close();
    await server?.stop();
    client = undefined;
    server = undefined;
  });

  for (const [blksize, windowsize] of [
    [1468, 1],
    [1468, 16],
    // More would not fit into the receive buffer of a socket.
    [8192, 8],
  ] as const) {
    it(`is one packet for each block, one read for half a megabyte, and no timer for each packet: ${blksize} × ${windowsize}`, async () => {
      const clock = new CountingClock();
      const looks = { reads: 0, checks: 0 };
      server = await startTestedServer({ clock, files: { "fw.bin": Buffer.alloc(fileBytes, "boot") } });
      const root = counted(server.situation.rootOf(undefined as never), looks);
      server.situation = { ...server.situation, rootOf: () => root };
      const before = clock.timers;
      client = await openRawClient();
      client.send(requestFor("RRQ", "fw.bin", { blksize, windowsize }), {
        address: "127.0.0.1",
        port: server.port,
      });
      const { from } = await client.next();
      client.send(encodeAck(0), from);
      const blocks = Math.floor(fileBytes / blksize) + 1;
      for (let last = 0; last < blocks;) {
        const window = Array.from({ length: Math.min(windowsize, blocks - last) }, (_, at) => last + at + 1);
        // The system may carry two packets past each other.
        const came = new Set<number>();
        while (came.size < window.length) {
          const { packet } = await client.next();
          assert.ok(
            packet.op === "DATA" && !came.has(packet.block),
            `${packet.op} after ${[...came].join()}`,
          );
          came.add(packet.block);
        }
        assert.deepEqual(new Set(window), came);
        last = window.at(-1) ?? blocks;
        client.send(encodeAck(last), from);
      }
      await server.row(({ state }) => state === "finished");
      assert.equal(client.waiting.length, 0);
      const chunks = Math.ceil(fileBytes / (Math.floor(chunkBytes / blksize) * blksize));
      assert.deepEqual(looks, { reads: chunks, checks: chunks });
      // The rows have theirs; they do not come with the packets.
      assert.ok(clock.timers - before < 10, `${clock.timers - before} timers`);
    });
  }

  it("is of the tap one look at a packet, while nobody looks: no clock, and nothing that is kept", () => {
    const clock = new CountingClock();
    const recorder = new Recorder(clock);
    const [board, tap] = [
      { address: "127.0.0.1", port: 50_000 },
      recorder.udp("tftp", { address: "127.0.0.1", port: 40_000 }),
    ];
    const blocks = 70_000; // Past 65535, where block numbers begin again.
    const before = clock.looks;
    const data = encodeData(0, new Uint8Array(512));
    const ack = encodeAck(0);
    const number = new DataView(data.buffer, data.byteOffset);
    for (let block = 1; block <= blocks; block += 1) {
      number.setUint16(2, block & 0xffff);
      ack.set(data.subarray(2, 4), 2);
      tap.sent(data, board);
      tap.received(ack, board);
    }
    const { packets } = readPcapng(recorder.captureOf(board.address));
    assert.ok(packets.length < 10, `${packets.length} packets are kept`);
    assert.equal(clock.looks - before, packets.length);
  });

  it("is of the tap no comparison of addresses for a block that is sent: a transfer names its peer by one object", () => {
    let looks = 0;
    const board = {
      get address() {
        looks += 1;
        return "127.0.0.1";
      },
      get port() {
        looks += 1;
        return 50_000;
      },
    };
    const tap = new Recorder(new VirtualClock()).udp("tftp", { address: "127.0.0.1", port: 40_000 });
    const send = (from: number, to: number): void => {
      for (let block = from; block <= to; block += 1) tap.sent(encodeData(block, new Uint8Array(512)), board);
    };
    send(1, 3);
    const before = looks;
    send(4, 1_000);
    assert.equal(looks, before);
  });

  it("is of the tap one hidden class of V8 for the packets, whatever is said of them", () => {
    const seen: unknown[] = [];
    const recorder = new Recorder(new VirtualClock(), { packet: (packet) => seen.push(packet) });
    const tap = recorder.udp("tftp", { address: "127.0.0.1", port: 40_000 });
    const board = { address: "127.0.0.1", port: 50_000 };
    for (const note of [undefined, undefined, "injected fault: sent twice"])
      tap.sent(encodeAck(1), board, note);
    const [plain, ...noted] = seen;
    const sameClass = comparerOfClasses();
    assert.equal(noted.length, 2);
    assert.ok(noted.every((packet) => sameClass(packet, plain)));
  });

  it("is memory for one window, whatever the file's length", () => {
    const [blksize, windowsize] = [1024, 8];
    const sender = new Sender({ blksize, windowsize, patience: { giveUpMs: 60_000, firstPackets: 5 } }, 0);
    const memory = new Set<ArrayBufferLike>();
    for (let acknowledged = 0; acknowledged < 100 * windowsize; acknowledged += windowsize) {
      const blocks = Array.from({ length: sender.room }, () => new Uint8Array(blksize));
      for (const packet of sender.supply(blocks, 0).send) memory.add(packet.buffer);
      sender.receive({ op: "ACK", block: acknowledged + windowsize }, 0);
    }
    assert.equal(memory.size, windowsize);
  });

  it("is one hidden class of V8 for the steps of all blocks that come: with many, all that reads them is slow", () => {
    const patience = { giveUpMs: 60_000, firstPackets: 5 };
    const receiver = new Receiver({ blksize: 512, windowsize: 16, patience }, 0);
    const data = new Uint8Array(512);
    const steps = Array.from({ length: 1000 }, (_, index) => {
      const step = receiver.receive({ op: "DATA", block: index + 1, data }, 0);
      receiver.taken(0);
      return step;
    });
    const sameClass = comparerOfClasses();
    const [first, ...others] = steps.slice(500);
    assert.ok(others.every((step) => step.data !== undefined && sameClass(step, first)));
  });

  it("is no look at what was agreed, once it has begun: made with spreads, that is of another hidden class each time", () => {
    const agreed = <T extends object>(value: T): T =>
      new Proxy(value, {
        get: (target, name, receiver) => {
          assert.equal(begun, false, `${String(name)} is read again`);
          return Reflect.get(target, name, receiver) as unknown;
        },
      });
    let begun = false;
    const patience = agreed({ giveUpMs: 60_000, firstPackets: 5, timeoutMs: 1000 });
    const sender = new Sender(agreed({ blksize: 512, windowsize: 2, patience }), 0);
    const receiver = new Receiver(agreed({ blksize: 512, windowsize: 2, patience, expectedSize: 1100 }), 0);
    begun = true;
    sender.start(0);
    receiver.start(0);
    for (const [first, sizes] of [
      [1, [512, 512]],
      [3, [76]],
    ] as const) {
      const blocks = sizes.map((size) => new Uint8Array(size));
      sender.supply(blocks, first);
      sender.timeout(first + 2000);
      sender.receive({ op: "ACK", block: first + blocks.length - 1 }, first + 2001);
      blocks.forEach((data, index) => receiver.receive({ op: "DATA", block: first + index, data }, first));
      receiver.taken(first);
      receiver.timeout(first + 2000);
    }
    assert.equal(sender.acknowledgedBytes, 1100);
    assert.equal(receiver.receivedBytes, 1100);
  });

  it("is one hidden class of V8 for the ports of all transfers", async () => {
    const ports = new TransferPorts(systemClock, portMemory());
    const options = { address: "127.0.0.1", onPacket: () => undefined };
    const sockets = await Promise.all(Array.from({ length: 40 }, () => ports.open({ ...options })));
    await Promise.all(sockets.map((socket) => socket.close()));
    const sameClass = comparerOfClasses();
    const [first, ...others] = sockets;
    assert.ok(others.every((socket) => sameClass(socket, first)));
  });

  it("is the summing of each byte once, for however many load the file side by side", async () => {
    const tested = await startTestedServer({ files: { "fw.bin": Buffer.alloc(1000, "boot") } });
    server = tested;
    const root = tested.situation.rootOf(undefined as never);
    const [first, second] = await Promise.all([root.open("fw.bin"), root.open("fw.bin")]);
    assert.equal(first.sums, second.sums);
    first.sums.pass(Buffer.alloc(600, "boot"), 0);
    assert.equal(first.sums.result(), undefined);
    second.sums.pass(Buffer.alloc(1000, "boot"), 0);
    // Summed in whole by the second: what the first had is not summed again, and a gap never.
    first.sums.pass(Buffer.alloc(400, "else"), 600);
    const whole = second.sums.result();
    await tested.folder.write("fw.bin", Buffer.alloc(1000, "else"));
    const changed = await root.open("fw.bin");
    assert.notEqual(changed.sums, first.sums);
    changed.sums.pass(Buffer.alloc(500, "else"), 500);
    assert.equal(changed.sums.result(), undefined);
    changed.sums.pass(Buffer.alloc(1000, "else"), 0);
    assert.notEqual(changed.sums.result()?.sha256, whole?.sha256);
    for (const file of [first, second, changed]) await file.close();
  });

  it("is one message to a thread at its beginning and one at its end, and none for each block from it", async () => {
    const toThread: ToThread["op"][] = [];
    const fromThread: FromThread["op"][] = [];
    const startThread: typeof startThreadFromSource = () => {
      const thread = startThreadFromSource();
      const post = thread.postMessage.bind(thread);
      thread.postMessage = (message: ToThread) => {
        toThread.push(message.op);
        post(message);
      };
      return thread.on("message", ({ op }: FromThread) => fromThread.push(op));
    };
    const [blksize, blocks] = [512, 4096];
    const tested = await startTestedServer({
      files: { "fw.bin": Buffer.alloc(blocks * blksize, "boot"), "short.bin": "boot" },
      startThread,
    });
    server = tested;
    // So many that wait for their board: the next one goes to a thread.
    client = await openRawClient();
    const waiting = [client];
    while (waiting.length < 4) waiting.push(await openRawClient());
    try {
      for (const board of waiting) {
        board.send(requestFor("RRQ", "short.bin", { blksize }), { address: "127.0.0.1", port: tested.port });
        await board.next();
      }
      const { port } = tested;
      await fetchTftp(systemClock, { host: "127.0.0.1", port }, "fw.bin", () => undefined, undefined, {
        blksize,
      });
    } finally {
      for (const board of waiting.slice(1)) await board.close();
    }
    await tested.row(({ file, state }) => file === "fw.bin" && state === "finished");
    const count = (op: ToThread["op"]): number => toThread.filter((each) => each === op).length;
    await until(() => fromThread.filter((op) => op === "closed").length === count("begin"));
    // Asked for once more, or anew from another port, where the thread takes its time to begin.
    assert.ok(count("begin") > 0);
    assert.equal(count("close"), count("begin"));
    assert.equal(toThread.length - count("repeat"), 2 * count("begin"));
    // How far it is, five times a second at most: with one message a block it would be ten times as many.
    assert.ok(fromThread.length < blocks / 10, `${fromThread.length} messages for ${blocks} blocks`);
  });
});
