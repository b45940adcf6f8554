import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { Worker } from "node:worker_threads";
import { systemClock } from "../../src/engine/clock";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import type { ToThread } from "../../src/engine/tftpServer/threadMessages";
import { encodeAck, encodeError } from "../../src/protocol/tftp/packet";
import { unlikeBytes } from "../support/files";
import { until } from "../support/ftpWire";
import { startThreadFromSource } from "../support/threads";
import {
  endedRow,
  openRawClient,
  type RawClient,
  type Received,
  requestFor,
  startTestedServer,
  type TestedServer,
} from "../support/tftp";
import { VirtualClock } from "../support/virtualClock";

/** Longer than what is worth a thread. */
const content = unlikeBytes(2 ** 20 + 100_001);
/** So many transfers run on the server's own thread before another one is started. */
const busy = 4;

describe("TFTP transfers in threads", function () {
  this.timeout(180_000);
  let server: TestedServer | undefined;
  let clients: RawClient[] = [];
  let threads: Worker[] = [];

  const start = async (options: Parameters<typeof startTestedServer>[0] = {}): Promise<TestedServer> => {
    server = await startTestedServer({
      files: { "fw.bin": content, "short.bin": content.subarray(0, 2 ** 19) },
      limits: { tftpTransfers: 200, perAddress: 200, firstPackets: 1000 },
      startThread: () => {
        const thread = startThreadFromSource();
        threads.push(thread);
        return thread;
      },
      ...options,
    });
    return server;
  };

  afterEach(async () => {
    for (const client of clients) await client.close();
    await server?.stop();
    clients = [];
    threads = [];
    server = undefined;
  });

  const fetchAll = async ({ port }: TestedServer, file: string): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
    const options = { blksize: 1428, windowsize: 8 };
    await fetchTftp(systemClock, { host: "127.0.0.1", port }, file, sink, undefined, options);
    return Buffer.concat(chunks);
  };

  /** Asks, and gets the first answer, an OACK. */
  const ask = async (
    { port }: TestedServer,
    file = "fw.bin",
    request = requestFor("RRQ", file, { blksize: 1024 }),
  ): Promise<{ client: RawClient; oack: Received }> => {
    const client = await openRawClient();
    clients.push(client);
    client.send(request, { address: "127.0.0.1", port });
    return { client, oack: await client.next() };
  };

  /** So many that wait for their client: the next one goes to a thread. */
  const occupy = async (tested: TestedServer): Promise<void> => {
    for (let count = 0; count < busy; count += 1) await ask(tested, "short.bin");
  };

  /** The next packet that is this one; others are what goes out again. */
  const nextOf = async (
    client: RawClient,
    fits: (packet: Received["packet"]) => boolean,
  ): Promise<Received> => {
    for (;;) {
      const received = await client.next();
      if (fits(received.packet)) return received;
    }
  };

  it("bring each of a crowd of boards the same bytes, with rows, sums and departures as ever", async () => {
    const tested = await start();
    const got = await Promise.all(Array.from({ length: 24 }, () => fetchAll(tested, "fw.bin")));
    for (const bytes of got) assert.ok(bytes.equals(content));
    assert.ok(threads.length > 0, "no thread was started");
    await until(() => tested.departures.filter(({ stage }) => stage === "ended").length === got.length);
    const rows = tested.rows();
    assert.equal(rows.length, 24);
    const [first] = rows;
    assert.match(first?.sha256 ?? "", /^[0-9a-f]{64}$/);
    for (const { bytes, sha256, crc32, firstByteMs, firstAckMs } of rows) {
      assert.deepEqual([bytes, sha256, crc32], [content.length, first?.sha256, first?.crc32]);
      assert.ok(firstByteMs !== undefined && firstByteMs >= 0 && firstAckMs !== undefined);
    }
    for (const stage of ["started", "sent", "fetched", "ended"] as const)
      assert.equal(tested.departures.filter((departure) => departure.stage === stage).length, 24, stage);
  });

  it("are none while few run, nor for short files", async () => {
    const tested = await start();
    await Promise.all(Array.from({ length: busy }, () => fetchAll(tested, "fw.bin")));
    await Promise.all(Array.from({ length: 12 }, () => fetchAll(tested, "short.bin")));
    assert.equal(threads.length, 0);
  });

  it("end with the servers, while files are on their way", async () => {
    const tested = await start();
    await occupy(tested);
    const { client } = await ask(tested);
    assert.equal(threads.length, 1);
    const ended = once(threads[0]!, "exit");
    await tested.server.stopNow();
    await ended;
    const { packet } = await nextOf(client, ({ op }) => op === "ERROR");
    assert.ok(packet.op === "ERROR" && packet.message === "server stopped");
    assert.deepEqual(new Set(tested.rows().map(({ state }) => state)), new Set(["cancelled"]));
  });

  it("let a single transfer be cancelled, and tell its client from its port", async () => {
    const tested = await start();
    await occupy(tested);
    const { client, oack } = await ask(tested);
    const [row] = tested.rows().filter(({ port }) => port === client.local.port);
    assert.equal(tested.server.cancelTransfer(row!.id), true);
    const { packet, from } = await nextOf(client, ({ op }) => op === "ERROR");
    assert.ok(packet.op === "ERROR" && packet.message === "transfer cancelled");
    assert.equal(from.port, oack.from.port);
    assert.equal(
      (await tested.row(({ id, state }) => id === row!.id && state !== "running")).state,
      "cancelled",
    );
  });

  it("answer a stranger at their port with ERROR 5 and go on; a client that asks again gets the first packet again", async () => {
    const tested = await start();
    await occupy(tested);
    // So long the thread sends nothing again by itself.
    const request = requestFor("RRQ", "fw.bin", { blksize: 1024, timeout: 60 });
    const { client, oack } = await ask(tested, "fw.bin", request);
    const stranger = await openRawClient();
    clients.push(stranger);
    stranger.send(encodeAck(0), oack.from);
    const { packet, from } = await stranger.next();
    assert.ok(packet.op === "ERROR" && packet.code === 5);
    assert.equal(from.port, oack.from.port);
    client.send(request, { address: "127.0.0.1", port: tested.port });
    const again = await client.next();
    assert.deepEqual([again.packet.op, again.from.port], ["OACK", oack.from.port]);
    client.send(encodeAck(0), oack.from);
    const first = await nextOf(client, ({ op }) => op === "DATA");
    assert.ok(first.packet.op === "DATA" && first.packet.block === 1);
    assert.ok(Buffer.from(first.packet.data).equals(content.subarray(0, 1024)));
    assert.equal(tested.rows().length, busy + 1);
  });

  it("end a transfer whose file is written over, before a byte of the other one leaves", async () => {
    const tested = await start();
    await occupy(tested);
    const { client, oack } = await ask(tested);
    await tested.folder.write("fw.bin", Buffer.alloc(content.length, "other"));
    // What has been read ahead is the old file, and may go out.
    for (let block = 0; ; block += 1) {
      client.send(encodeAck(block), oack.from);
      const { packet } = await nextOf(
        client,
        (candidate) => candidate.op === "ERROR" || (candidate.op === "DATA" && candidate.block === block + 1),
      );
      if (packet.op === "ERROR") {
        assert.match(packet.message, /changed/);
        break;
      }
      assert.ok(packet.op === "DATA");
      const at = block * 1024;
      assert.ok(Buffer.from(packet.data).equals(content.subarray(at, at + 1024)), `block ${block + 1}`);
    }
    const row = await tested.row(endedRow("fw.bin"));
    assert.deepEqual([row.state, row.trouble?.code], ["failed", "file.changed"]);
  });

  it("fail alone where one dies: the others go on, and the next ones stay with the server", async () => {
    const tested = await start();
    await occupy(tested);
    const { client } = await ask(tested);
    const [row] = tested.rows().filter(({ port }) => port === client.local.port);
    await threads[0]!.terminate();
    const failed = await tested.row(({ id, state }) => id === row!.id && state !== "running");
    assert.deepEqual([failed.state, failed.trouble?.code], ["failed", "tftp.threadEnded"]);
    assert.ok((await fetchAll(tested, "fw.bin")).equals(content));
    assert.equal(threads.length, 1);
    await until(() => tested.rows().filter(({ state }) => state === "running").length === busy);
  });

  it("and the server remember together which ports rest: either may be given the other's (S15)", async () => {
    const told: ToThread[] = [];
    const tested = await start({
      startThread: () => {
        const thread = startThreadFromSource();
        const post = thread.postMessage.bind(thread);
        thread.postMessage = (message: ToThread) => {
          told.push(message);
          post(message);
        };
        return thread;
      },
    });
    await occupy(tested);
    const { client, oack } = await ask(tested);
    const [memory] = told.flatMap((message) => (message.op === "begin" ? message.task.ports : []));
    assert.ok(memory);
    assert.equal(memory.latest[1], oack.from.port);
    client.send(encodeError(0, "no more"), oack.from);
    await until(() => memory.endedAt[oack.from.port] !== 0);
    const [row] = tested.rows().filter(({ file }) => file === "short.bin");
    tested.server.cancelTransfer(row!.id);
    await until(() => (memory.latest[0] ?? 0) >= 2);
  });

  it("that can have no port tell the client by the listening port (X11)", async () => {
    // As one that the system gives no descriptor.
    const thread = Object.assign(new EventEmitter(), {
      postMessage: ({ op, id }: ToThread) => {
        const trouble = { code: "tftp.noPort", message: "no port for the transfer can be had (EMFILE)" };
        if (op === "begin")
          setImmediate(() => thread.emit("message", { op: "failed", id, kind: "busy", trouble }));
        if (op === "close") setImmediate(() => thread.emit("message", { op: "closed", id }));
      },
      terminate: () => Promise.resolve(thread.emit("exit", 0)),
    });
    const tested = await start({ startThread: () => thread as unknown as Worker });
    await occupy(tested);
    const { oack: answer } = await ask(tested);
    assert.deepEqual(answer.packet, {
      op: "ERROR",
      code: 0,
      message: "no port for the transfer can be had (EMFILE)",
    });
    assert.equal(answer.from.port, tested.port);
    assert.equal((await tested.row(endedRow("fw.bin"))).trouble?.code, "tftp.noPort");
  });

  it("go when they have had nothing to do for a while", async () => {
    const clock = new VirtualClock();
    const tested = await start({ clock });
    await occupy(tested);
    await fetchAll(tested, "fw.bin");
    await until(() => tested.departures.some(({ file, stage }) => file === "fw.bin" && stage === "ended"));
    const ended = once(threads[0]!, "exit");
    clock.advance(10_000);
    await ended;
    assert.ok((await fetchAll(tested, "fw.bin")).equals(content));
    assert.equal(threads.length, 2);
  });
});
