/** An FTP server of ours on loopback with real files, and a scripted control connection that shows every byte. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { TransferRow } from "../../src/model/events";
import { emptyPlan } from "../../src/model/plan";
import { defaultLimits, defaultWanted, type LimitName, type Wanted } from "../../src/model/settings";
import { accessFor } from "../../src/engine/access";
import { systemClock, type Clock } from "../../src/engine/clock";
import { startFtpServer } from "../../src/engine/ftpServer/ftpServer";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { Journal } from "../../src/engine/journal";
import type { BootServer, Departure, ServerContext } from "../../src/engine/server";
import { openServedRoot, type DoorOptions, type ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { descriptors } from "./descriptors";
import { randomBytes } from "./random";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";
import type { VirtualClock } from "./virtualClock";

/** More than the sockets of loopback hold, so that a transfer waits for its reader: 16 MiB. */
export const large = Buffer.alloc(16 * 1024 * 1024, randomBytes(4099, 1));

export interface FtpOptions {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly wanted?: Partial<Omit<Wanted, "limits">>;
  readonly limits?: Partial<Record<LimitName, number>>;
  readonly door?: Partial<DoorOptions>;
  readonly clock?: Clock;
  readonly addresses?: readonly string[];
  readonly startThread?: ServerContext["startThread"];
  /** Stands between the server and the door. */
  readonly root?: (door: ServedRoot) => ServedRoot;
}

export interface FtpHouse {
  readonly server: BootServer;
  readonly folder: TemporaryFolder;
  readonly journal: Journal;
  readonly departures: readonly Departure[];
  /** What the boot sequences are told of beside these: an address each time. */
  readonly heardFrom: readonly string[];
  readonly heard: () => number;
  /** The transfer rows as they stand, oldest first. */
  rows(): TransferRow[];
  /** Resolves with the first row that `wanted` accepts. */
  row(wanted: (row: TransferRow) => boolean): Promise<TransferRow>;
  /** A control connection that has read the greeting. */
  connect(from?: string): Promise<Wire>;
  /** The same, logged in. */
  login(user?: string, password?: string): Promise<Wire>;
  close(): Promise<void>;
}

const loopback = [{ address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" }];

/** Password of servers that allow uploads. */
export const secret = "canary-7f3a";

export async function ftpHouse(options: FtpOptions = {}): Promise<FtpHouse> {
  const clock = options.clock ?? systemClock;
  const folder = await temporaryFolder(options.files);
  const wanted: Wanted = {
    ...defaultWanted,
    folder: folder.path,
    ...options.wanted,
    limits: { ...defaultLimits, ...options.limits },
  };
  const door = await openServedRoot({
    folder: folder.path,
    root: ".",
    aliases: {},
    published: [],
    alsoServe: [],
    uploads: wanted.uploads,
    uploadSize: wanted.limits.uploadSize,
    ...options.door,
  });
  const root = options.root?.(door) ?? door;
  const journal = new Journal(clock);
  const departures: Departure[] = [];
  const heardFrom: string[] = [];
  let heard = 0;
  const access = accessFor(wanted.allow, loopback, ["::1"]);
  const server = await startFtpServer(
    {
      clock,
      journal,
      bootLog: new BootLog(journal),
      situation: () => ({ wanted, plan: emptyPlan, rootOf: () => root, access, networks: loopback }),
      changed: () => undefined,
      heard: () => (heard += 1),
      boards: {},
      startThread: options.startThread,
      departed: (departure) => departures.push(departure),
      heardFrom: (address) => heardFrom.push(address),
    },
    options.addresses ?? ["127.0.0.1"],
    0,
  );
  const wires = new Set<Wire>();
  const rows = (): TransferRow[] => [...journal.snapshot().transfers.values()];
  const house: FtpHouse = {
    server,
    folder,
    journal,
    departures,
    heardFrom,
    heard: () => heard,
    rows,
    row: (accept) =>
      new Promise((resolve) => {
        const look = (): boolean => {
          const found = rows().find(accept);
          if (found !== undefined) resolve(found);
          return found !== undefined;
        };
        if (look()) return;
        const off = journal.onRow(() => {
          if (look()) off();
        });
      }),
    async connect(from) {
      const wire = await openWire(server.port, from);
      wires.add(wire);
      return wire;
    },
    async login(
      user = wanted.ftpPassword === undefined ? "anonymous" : wanted.ftpUser,
      password = wanted.ftpPassword ?? "guest",
    ) {
      const wire = await house.connect();
      await wire.expect(`USER ${user}`, 331);
      await wire.expect(`PASS ${password}`, 230);
      return wire;
    },
    async close() {
      for (const wire of wires) wire.destroy();
      await server.stopNow();
      await folder.remove();
    },
  };
  return house;
}

/** A server where the user `boot` may upload. */
export const uploadHouse = (options: FtpOptions = {}): Promise<FtpHouse> =>
  ftpHouse({ ...options, wanted: { ftpPassword: secret, uploads: "overwrite", ...options.wanted } });

export interface Reply {
  readonly code: number;
  /** The last line, without its code. */
  readonly text: string;
  /** Every line as it came. */
  readonly lines: readonly string[];
}

export interface Wire {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** The next reply. It fails when the connection ends first, and on anything that is no reply (RFC 959 §4.2). */
  reply(): Promise<Reply>;
  /** Sends one command and reads its reply. */
  command(line: string): Promise<Reply>;
  /** The same, and the reply has this code. */
  expect(line: string, code: number): Promise<Reply>;
  /** Resolves when the connection is closed; the replies that came before are left to read. */
  readonly closed: Promise<void>;
  /** EPSV, and a data connection to it. */
  passive(from?: string): Promise<Data>;
  /** A transfer in one go: EPSV, the command, 150, all data, and the last reply. */
  fetch(line: string): Promise<{ data: Buffer; reply: Reply }>;
  store(line: string, data: Uint8Array | string): Promise<Reply>;
  /** True once the server has closed the connection, or a reply is there that nobody read. */
  readonly unread: () => number;
  destroy(): void;
}

/** A data connection. */
export interface Data {
  readonly socket: Socket;
  /** All that comes until its end, a reset included. */
  readonly all: () => Promise<Buffer>;
  readonly closed: Promise<void>;
}

async function openSocket(port: number, from?: string): Promise<Socket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    allowHalfOpen: true,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  await once(socket, "connect");
  socket.on("error", () => undefined); // Resets are part of the tests; "close" follows.
  return socket;
}

const closing = (socket: Socket): Promise<void> =>
  new Promise((resolve) =>
    socket.once("close", () => {
      resolve();
    }),
  );

export async function openData(port: number, from?: string): Promise<Data> {
  const socket = await openSocket(port, from);
  const closed = closing(socket);
  return {
    socket,
    closed,
    async all() {
      const chunks: Buffer[] = [];
      socket.on("data", (chunk) => chunks.push(chunk));
      const end = new Promise<void>((resolve) =>
        socket.once("end", () => {
          resolve();
        }),
      );
      if (!socket.readableEnded && !socket.destroyed) await Promise.race([end, closed]);
      socket.destroy();
      return Buffer.concat(chunks);
    },
  };
}

export async function openWire(port: number, from?: string): Promise<Wire> {
  const socket = connect({ host: "127.0.0.1", port, ...(from === undefined ? {} : { localAddress: from }) });
  socket.setNoDelay(true);
  const replies: Reply[] = [];
  const waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  const closed = closing(socket);
  const dataConnections: Data[] = [];
  let text = "";
  let lines: string[] = [];
  let broken: Error | undefined;
  socket.on("error", () => undefined); // Resets are part of the tests; "close" follows.
  socket.on("data", (chunk) => {
    text += chunk.toString("utf8");
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      lines.push(line);
      const code = Number(/^\d{3}/.exec(lines[0] ?? "")?.[0]);
      if (!(code >= 100 && code <= 599)) {
        broken ??= new Error(`no reply code: ${JSON.stringify(lines[0])}`);
        for (const each of waiting.splice(0)) each.reject(broken);
        return;
      }
      if (!line.startsWith(`${code} `)) continue; // A line of several (RFC 959 §4.2).
      const reply = { code, text: line.slice(4), lines };
      lines = [];
      const next = waiting.shift();
      if (next === undefined) replies.push(reply);
      else next.resolve(reply);
    }
  });
  void closed.then(() => {
    for (const each of waiting.splice(0)) each.reject(new Error("the control connection ended"));
  });
  const wire: Wire = {
    socket,
    closed,
    unread: () => replies.length,
    send: (bytes) => socket.write(bytes),
    reply: () =>
      new Promise((resolve, reject) => {
        const ready = replies.shift();
        if (ready !== undefined) resolve(ready);
        else if (broken !== undefined) reject(broken);
        else if (socket.destroyed) reject(new Error("the control connection ended"));
        else waiting.push({ resolve, reject });
      }),
    command(line) {
      wire.send(`${line}\r\n`);
      return wire.reply();
    },
    async expect(line, code) {
      const reply = await wire.command(line);
      assert.equal(reply.code, code, `${line}: ${reply.lines.join(" / ")}`);
      return reply;
    },
    async passive(dataFrom) {
      const { text: answer } = await wire.expect("EPSV", 229);
      const data = await openData(Number(/\|\|\|(\d+)\|/.exec(answer)?.[1]), dataFrom);
      dataConnections.push(data);
      return data;
    },
    async fetch(line) {
      const data = await wire.passive();
      const bytes = data.all();
      const first = await wire.command(line);
      if (first.code >= 400) data.socket.destroy();
      const reply = first.code === 150 ? await wire.reply() : first;
      return { data: await bytes, reply };
    },
    async store(line, bytes) {
      const data = await wire.passive();
      const first = await wire.command(line);
      if (first.code !== 150) {
        data.socket.destroy();
        return first;
      }
      data.socket.end(bytes);
      data.socket.resume();
      return wire.reply();
    },
    destroy() {
      socket.destroy();
      for (const data of dataConnections) data.socket.destroy();
    },
  };
  const greeting = await wire.reply();
  if (greeting.code !== 220) {
    replies.unshift(greeting);
  }
  return wire;
}

/** A listener for the server's own connection (PORT); `next` is the connection. */
export async function activeListener(): Promise<{ port: number; next: Promise<Data>; close(): void }> {
  const listener = createServer({ allowHalfOpen: true });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const next = new Promise<Data>((resolve) =>
    listener.once("connection", (socket) => {
      socket.on("error", () => undefined);
      const closed = closing(socket);
      const chunks: Buffer[] = [];
      socket.on("data", (chunk) => chunks.push(chunk));
      resolve({
        socket,
        closed,
        async all() {
          if (!socket.readableEnded) await once(socket, "end");
          socket.destroy();
          return Buffer.concat(chunks);
        },
      });
    }),
  );
  return { port: (listener.address() as AddressInfo).port, next, close: () => listener.close() };
}

/** What this process holds open: descriptors (Linux), sockets, listeners. */
export function openThings(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind.startsWith("TCP")) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  counts["descriptors"] = descriptors().filter((target) => /^socket:|^\//.test(target)).length;
  return Object.fromEntries(Object.entries(counts).sort());
}

/**
 * Waits until a condition holds, a turn of the event loop at a time, and later with pauses, which leave the processor to
 * others. It fails before mocha's limit, with what `state` tells.
 */
export async function until(condition: () => boolean, state: () => unknown = () => ""): Promise<void> {
  const deadline = performance.now() + 50_000;
  for (let turn = 0; !condition(); turn += 1) {
    if (performance.now() > deadline) throw new Error(`waited in vain ${JSON.stringify(state())}`);
    await new Promise((resolve) => (turn < 1000 ? setImmediate(resolve) : setTimeout(resolve, 5)));
  }
}

/** Waits until nothing more is open than `before`. */
export async function nothingLeft(before: Record<string, number>): Promise<void> {
  await until(
    () => Object.entries(openThings()).every(([kind, count]) => count <= (before[kind] ?? 0)),
    () => ({ before, now: openThings() }),
  );
}

/** Lets virtual time pass, and the real sockets do what they do, until something ends. */
export async function standStill(clock: VirtualClock, ended: () => boolean): Promise<void> {
  await until(() => {
    if (!ended()) clock.advance(1_000);
    return ended();
  });
}
