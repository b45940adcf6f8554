/** A TFTP server of ours on loopback with everything a test wants to see, and raw sockets to talk to it. */

import { accessFor } from "../../src/engine/access";
import { systemClock, type Clock } from "../../src/engine/clock";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { Journal } from "../../src/engine/journal";
import { openServedRoot, type DoorOptions } from "../../src/engine/servedRoot/servedRoot";
import type { BootServer, Departure, ServerContext, Situation } from "../../src/engine/server";
import { startTftpServer } from "../../src/engine/tftpServer/tftpServer";
import { type Endpoint, openUdp } from "../../src/engine/udp";
import type { Row, TransferRow } from "../../src/model/events";
import { emptyPlan } from "../../src/model/plan";
import { defaultLimits, defaultWanted, type Limits } from "../../src/model/settings";
import { decodePacket, encodeRequest, type Packet, type Request } from "../../src/protocol/tftp/packet";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";

export interface TftpServerOptions {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly door?: Partial<DoorOptions>;
  readonly limits?: Partial<Limits>;
  readonly addresses?: readonly string[];
  readonly clock?: Clock;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: everything is sent by the server's own thread. */
  readonly startThread?: ServerContext["startThread"];
  /** Networks that may ask; default: loopback. */
  readonly allow?: readonly string[];
}

export interface TestedServer {
  readonly server: BootServer;
  readonly folder: TemporaryFolder;
  readonly departures: Departure[];
  /** What the boot sequences are told of beside these: an address each time. */
  readonly heardFrom: readonly string[];
  readonly journal: Journal;
  situation: Situation;
  /** Datagrams that were judged so far. */
  readonly heard: number;
  readonly port: number;
  /** The transfer rows as they stand. */
  rows(): TransferRow[];
  /** Resolves with the first transfer row that fits, now or later. */
  row(fits: (row: TransferRow) => boolean): Promise<TransferRow>;
  /** Stops the server and removes the folder. */
  stop(): Promise<void>;
}

const ended = (row: TransferRow): boolean => row.state !== "running";

export async function startTestedServer(options: TftpServerOptions = {}): Promise<TestedServer> {
  const clock = options.clock ?? systemClock;
  const folder = await temporaryFolder(options.files ?? {});
  const addresses = options.addresses ?? ["127.0.0.1"];
  const networks = addresses
    .filter((address) => !address.includes(":"))
    .map((address) => ({ address, netmask: "255.0.0.0", interfaceName: "lo" }));
  const ipv6 = addresses.filter((address) => address.includes(":"));
  const root = await openServedRoot({
    folder: folder.path,
    root: ".",
    aliases: {},
    published: [],
    alsoServe: [],
    uploads: "deny",
    uploadSize: defaultLimits.uploadSize,
    ...options.door,
  });
  const wanted = { ...defaultWanted, folder: folder.path, limits: { ...defaultLimits, ...options.limits } };
  const access = accessFor(options.allow ?? [], networks, ipv6);
  const journal = new Journal(clock);
  const departures: Departure[] = [];
  const heardFrom: string[] = [];
  const tested = {
    situation: { wanted, plan: emptyPlan, rootOf: () => root, access, networks } as Situation,
    heard: 0,
  };
  const context: ServerContext = {
    clock,
    journal,
    bootLog: new BootLog(journal),
    situation: () => tested.situation,
    changed: () => undefined,
    heard: () => {
      tested.heard += 1;
    },
    boards: {},
    startThread: options.startThread,
    departed: (departure) => departures.push(departure),
    heardFrom: (address) => heardFrom.push(address),
  };
  const server = await startTftpServer(context, addresses, options.port ?? 0);
  const rows = (): TransferRow[] => [...journal.snapshot().transfers.values()];
  return Object.assign(tested, {
    server,
    folder,
    departures,
    heardFrom,
    journal,
    port: server.port,
    rows,
    row: (fits: (row: TransferRow) => boolean) =>
      new Promise<TransferRow>((resolve) => {
        const found = rows().find(fits);
        if (found !== undefined) {
          resolve(found);
          return;
        }
        const off = journal.onRow((row: Row) => {
          if (row.type !== "transfer" || !fits(row)) return;
          off();
          resolve(row);
        });
      }),
    stop: async () => {
      await server.stopNow();
      await folder.remove();
    },
  });
}

/** True for the last row of a transfer of this file. */
export const endedRow =
  (file: string) =>
  (row: TransferRow): boolean =>
    row.file === file && ended(row);

export interface Received {
  readonly packet: Packet;
  readonly bytes: Uint8Array;
  readonly from: Endpoint;
}

/** A client socket that a test drives by hand. */
export interface RawClient {
  readonly local: Endpoint;
  send(packet: Uint8Array, to: Endpoint): void;
  /** The next packet that came. */
  next(): Promise<Received>;
  /** Packets that came and were not asked for by `next`. */
  readonly waiting: readonly Received[];
  close(): Promise<void>;
}

export async function openRawClient(address = "127.0.0.1", broadcast = false, port = 0): Promise<RawClient> {
  const waiting: Received[] = [];
  let asked: ((received: Received) => void) | undefined;
  const socket = await openUdp({
    address,
    port,
    broadcast,
    onPacket: (bytes, from) => {
      const received = { packet: decodePacket(bytes), bytes, from };
      const resolve = asked;
      asked = undefined;
      if (resolve === undefined) waiting.push(received);
      else resolve(received);
    },
  });
  return {
    local: socket.local,
    send: (packet, to) => {
      socket.send(packet, to);
    },
    next: () => {
      const first = waiting.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve) => {
        asked = resolve;
      });
    },
    waiting,
    close: () => socket.close(),
  };
}

/** The bytes of a request. */
export function requestFor(
  op: Request["op"],
  file: string,
  options: Readonly<Record<string, string | number>> = {},
  mode = "octet",
): Uint8Array {
  const entries = Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]);
  return encodeRequest({ op, file, mode, options: new Map(entries) });
}
