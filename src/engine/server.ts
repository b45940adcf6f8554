/** What the three servers have in common: what they are given, and how they are run. */

import type { Worker } from "node:worker_threads";
import type { BootpMachine } from "../protocol/bootp/server";
import type { Network } from "../protocol/ipv4";
import type { Protocol, Trouble } from "../model/events";
import type { Injection } from "../model/faults/injection";
import type { Plan } from "../model/plan";
import type { Wanted } from "../model/settings";
import type { Access } from "./access";
import type { BootLog } from "./bootLog/bootLog";
import type { Clock } from "./clock";
import type { Journal } from "./journal";
import type { Tap } from "./packets/tap";
import type { LentFile } from "./servedRoot/contract";
import type { RootOf } from "./servedRoot/plannedRoot";

/** A file that left, as the boot sequences need to know it. */
export interface Departure {
  readonly protocol: "tftp" | "ftp";
  readonly address: string;
  /** The name in the served root, aliases resolved. */
  readonly file: string;
  /** `started`: the transfer runs; `sent`: all of it was sent; `fetched`: acknowledged, or completed. */
  readonly stage: "started" | "sent" | "fetched" | "ended";
}

/** What the servers may ask at any time; the engine replaces it when plan or settings change. */
export interface Situation {
  readonly wanted: Wanted;
  readonly plan: Plan;
  /** The doors of the plan. */
  readonly rootOf: RootOf;
  readonly access: Access;
  /** The served IPv4 networks, loopback included. */
  readonly networks: readonly Network[];
  /** Absent: no fault profile is set. */
  readonly injection?: Injection | undefined;
}

export interface ServerContext {
  readonly clock: Clock;
  readonly journal: Journal;
  /** What every client's boot is told by, line by line. */
  readonly bootLog: BootLog;
  /** What BOOTP knows of the boards. It outlives the sockets: a board's reset may take the link away. */
  readonly boards: { machine?: BootpMachine };
  /** Is told each packet; absent: nobody wants to know. */
  readonly tap?: Tap;
  /** What holds at this moment. A running transfer keeps what it was started with. */
  situation(): Situation;
  /** A packet or connection came: the server row's `lastPacketAt`. */
  heard(protocol: Protocol): void;
  /** What a server's `news` says is another than before. */
  changed(protocol: Protocol): void;
  /**
   * Starts a thread that sums this file, or without one runs `sendInThread`; undefined: this machine lets none run now.
   * Absent: everything stays on this one.
   */
  readonly startThread?: ((summed?: LentFile) => Worker | undefined) | undefined;
  /** Tells the boot sequences about a transfer. */
  departed(departure: Departure): void;
  /** Tells them of all else that a board at this address does; absent: there are none. */
  readonly heardFrom?: (address: string) => void;
}

/** One server that listens. */
export interface BootServer {
  readonly protocol: Protocol;
  /** The addresses that it listens on now. */
  readonly addresses: readonly string[];
  /** The port that it listens on. */
  readonly port: number;
  readonly warnings: readonly Trouble[];
  /** More of them, which come and go while it runs. */
  news?(): readonly Trouble[];
  /**
   * Listens on these addresses and on no other, with the port that it has. What listens on one of both stays open,
   * with all that runs there.
   * @throws EngineError as `StartServer` does; then it may listen on fewer.
   */
  listenOn(addresses: readonly string[]): Promise<void>;
  /** Closes the listening sockets at once; resolves when the last transfer has ended. */
  drain(): Promise<void>;
  /** Ends everything within a second, and tells the peers where the protocol can. */
  stopNow(): Promise<void>;
  /** Ends one transfer; false when it is none of this server's. */
  cancelTransfer(id: string): boolean;
}

/**
 * Starts a server on these addresses, all with one port; 0 is any free port.
 * @throws EngineError (`port.inUse`, `port.permission`, `address.missing`); then nothing is left open.
 */
export type StartServer = (
  context: ServerContext,
  addresses: readonly string[],
  port: number,
) => Promise<BootServer>;
