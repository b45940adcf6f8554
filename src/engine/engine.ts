/**
 * The engine: one way to change anything. `configure` compares what is wanted with what runs, and starts, stops
 * or restarts only what differs; a changed plan or address goes the same way.
 */

import { networkInterfaces } from "node:os";
import type { Engine } from "../model/api";
import { protocols, type Protocol, type Row, type ServerRow, type Trouble } from "../model/events";
import { highPorts, standardPorts, type Wanted } from "../model/settings";
import type { Snapshot } from "../model/snapshot";
import { accessFor } from "./access";
import { startBootpServer, type BootpServer } from "./bootpServer";
import { systemClock, type Clock } from "./clock";
import { EngineError, errorMessage } from "./errors";
import { startFtpServer } from "./ftpServer/ftpServer";
import {
  describeMissing,
  isEveryInterface,
  onlyLoopback,
  servedAddresses,
  watchInterfaces,
} from "./interfaces";
import { Journal } from "./journal";
import { describeProblem, loadPlan, publishedFiles, watchPlan } from "./planFile";
import { openServedRoot } from "./servedRoot";
import type { BootServer, ServerContext, Situation, StartServer } from "./server";
import { startTftpServer } from "./tftpServer";

/** A row about a server that just heard something goes out once in this time. */
const heardEveryMs = 1000;

/** One of the three: what was asked for, and what came of it. */
interface Slot {
  /** Addresses and port that the server was started for; another key means a restart. */
  readonly key: string;
  readonly server: BootServer | undefined;
  readonly row: ServerRow;
}

class BootEngine implements Engine {
  private readonly journal: Journal;
  private situation: Situation | undefined;
  private readonly slots = new Map<Protocol, Slot>();
  /** Servers whose sockets are closed and whose transfers go on. */
  private readonly draining = new Set<BootServer>();
  private readonly heardAt = new Map<Protocol, number>();
  /** What the plan names, as absolute paths: a file that comes or goes is worth a look. */
  private watched: readonly string[] = [];
  private unwatch: () => void = () => undefined;
  /** Changes are made one after the other. */
  private lastChange: Promise<void> = Promise.resolve();

  constructor(private readonly clock: Clock) {
    this.journal = new Journal(clock);
  }

  configure(wanted: Wanted): Promise<void> {
    return this.inTurn(async () => {
      await this.adopt(wanted);
      this.watch(wanted);
    });
  }

  snapshot(): Snapshot {
    return this.journal.snapshot();
  }

  onRow(listener: (row: Row) => void): () => void {
    return this.journal.onRow(listener);
  }

  async drain(): Promise<void> {
    await this.inTurn(() => {
      this.unwatch();
      for (const protocol of protocols) this.close(protocol);
      return Promise.resolve();
    });
    await Promise.all([...this.draining].map((server) => server.drain()));
  }

  async stopNow(): Promise<void> {
    await this.inTurn(() => {
      this.unwatch();
      for (const protocol of protocols) this.close(protocol);
      return Promise.resolve();
    });
    await Promise.all([...this.draining].map((server) => server.stopNow()));
  }

  cancelTransfer(id: string): void {
    const running = [...this.slots.values()].flatMap(({ server }) => server ?? []);
    for (const server of [...running, ...this.draining]) if (server.cancelTransfer(id)) return;
  }

  restartSequence(clientId: string): void {
    this.bootpServer()?.restartSequence(clientId);
  }

  private bootpServer(): BootpServer | undefined {
    return this.slots.get("bootp")?.server as BootpServer | undefined;
  }

  private inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.lastChange.then(change);
    this.lastChange = turn.catch(() => undefined); // The caller of this turn gets the error; the next one starts anew.
    return turn;
  }

  /** Reads the plan, opens the served root, and makes what runs equal to what is wanted. */
  private async adopt(wanted: Wanted): Promise<void> {
    const { plan, problems, files } = await loadPlan(wanted.folder, wanted.planFile);
    for (const problem of problems) this.journal.log("warning", describeProblem(problem));
    this.watched = files;
    const { networks, ipv6, missing } = servedAddresses(wanted.addresses, networkInterfaces());
    this.situation = {
      wanted,
      plan,
      networks,
      access: accessFor(wanted.allow, networks, ipv6),
      root: await openServedRoot({
        folder: wanted.folder,
        root: plan.root,
        aliases: plan.aliases,
        published: publishedFiles(plan),
        alsoServe: wanted.alsoServe,
        uploads: wanted.uploads,
        uploadSize: wanted.limits.uploadSize,
      }),
    };
    const ipv4 = networks.map(({ address }) => address);
    await Promise.all(
      protocols.map((protocol) =>
        this.settle(protocol, wanted, protocol === "bootp" ? ipv4 : [...ipv4, ...ipv6], missing),
      ),
    );
    this.bootpServer()?.planChanged();
  }

  /** Starts, restarts, leaves or closes one server. Never throws: what fails is its row. */
  private async settle(
    protocol: Protocol,
    wanted: Wanted,
    addresses: readonly string[],
    missing: readonly string[],
  ): Promise<void> {
    const port = wanted.ports[protocol];
    const key = wanted.servers.includes(protocol) ? `${addresses.join(" ")}:${port}` : "";
    const earlier = this.slots.get(protocol);
    // A server that failed is tried again: what held its port may be gone.
    if (earlier?.key === key && earlier.row.state !== "failed") return;
    this.close(protocol);
    if (key === "") return;
    const row = (state: ServerRow["state"], rest: Partial<ServerRow> = {}): ServerRow => ({
      type: "server",
      id: protocol,
      protocol,
      state,
      addresses,
      port,
      warnings: [],
      ...rest,
    });
    if (addresses.length === 0) {
      this.place(protocol, {
        key,
        server: undefined,
        row: row("waiting", { trouble: waitingFor(protocol, missing) }),
      });
      return;
    }
    this.journal.report(row("starting"));
    try {
      const { server, warnings } = await this.start(protocol, wanted, addresses);
      const facts = { addresses: server.addresses, port: server.port };
      this.place(protocol, {
        key,
        server,
        row: row("running", { ...facts, warnings: [...warnings, ...server.warnings] }),
      });
    } catch (error) {
      const trouble: Trouble =
        error instanceof EngineError
          ? {
              code: error.code,
              message: error.message,
              ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
            }
          : { code: "server.failed", message: errorMessage(error) };
      this.place(protocol, { key, server: undefined, row: row("failed", { trouble }) });
    }
  }

  /** Starts a server; on loopback a standard port that needs rights becomes the high one (DESIGN §3). */
  private async start(
    protocol: Protocol,
    wanted: Wanted,
    addresses: readonly string[],
  ): Promise<{ server: BootServer; warnings: Trouble[] }> {
    const port = wanted.ports[protocol];
    const warnings: Trouble[] = wanted.addresses.some(isEveryInterface) ? [everyInterface] : [];
    try {
      return { server: await starters[protocol](this.context(protocol), addresses, port), warnings };
    } catch (error) {
      const noRight = error instanceof EngineError && error.code === "port.permission";
      const mayFallBack =
        wanted.fallBackToHighPorts && port === standardPorts[protocol] && onlyLoopback(addresses);
      if (!noRight || !mayFallBack) throw error;
      const high = highPorts[protocol];
      return {
        server: await starters[protocol](this.context(protocol), addresses, high),
        warnings: [
          ...warnings,
          { code: "port.high", message: `port ${port} needs rights; it listens on ${high}` },
        ],
      };
    }
  }

  private context(protocol: Protocol): ServerContext {
    return {
      clock: this.clock,
      journal: this.journal,
      situation: () => {
        if (this.situation === undefined)
          throw new Error(`${protocol} asked before the engine was configured`);
        return this.situation;
      },
      heard: (heard) => {
        this.heard(heard);
      },
      departed: (departure) => {
        this.bootpServer()?.departed(departure);
      },
    };
  }

  private heard(protocol: Protocol): void {
    const now = this.clock.now();
    const slot = this.slots.get(protocol);
    if (slot === undefined || now - (this.heardAt.get(protocol) ?? -Infinity) < heardEveryMs) return;
    this.heardAt.set(protocol, now);
    this.place(protocol, { ...slot, row: { ...slot.row, lastPacketAt: this.clock.wallTime() } });
  }

  private place(protocol: Protocol, slot: Slot): void {
    this.slots.set(protocol, slot);
    this.journal.report(slot.row);
  }

  /** Closes the listening sockets of a server at once; its transfers go on. */
  private close(protocol: Protocol): void {
    const slot = this.slots.get(protocol);
    if (slot === undefined) return;
    this.slots.delete(protocol);
    this.journal.report({ ...slot.row, state: "stopped" });
    const { server } = slot;
    if (server === undefined) return;
    this.draining.add(server);
    void server.drain().finally(() => this.draining.delete(server));
  }

  /** Follows the plan, the files it names, and the computer's addresses. */
  private watch(wanted: Wanted): void {
    this.unwatch();
    const follow = (): void => {
      void this.inTurn(async () => {
        try {
          await this.adopt(wanted);
          this.watch(wanted);
        } catch (error) {
          // What runs goes on with the plan it had; the sentence says what to mend.
          this.journal.log("error", errorMessage(error));
        }
      });
    };
    const stops = [
      watchPlan(wanted.folder, wanted.planFile, this.watched, follow, this.clock),
      watchInterfaces(this.clock, follow),
    ];
    this.unwatch = () => {
      for (const stop of stops) stop();
      this.unwatch = () => undefined;
    };
  }
}

const starters: Readonly<Record<Protocol, StartServer>> = {
  bootp: startBootpServer,
  tftp: startTftpServer,
  ftp: startFtpServer,
};

const everyInterface: Trouble = {
  code: "address.every",
  message: "every interface is served: anyone who reaches this computer can ask",
  remedy: "Name one interface to serve that network only.",
};

/** Why a server has no address to listen on. */
function waitingFor(protocol: Protocol, missing: readonly string[]): Trouble {
  if (missing.length === 0 && protocol === "bootp") {
    return {
      code: "address.noIpv4",
      message: "BOOTP needs an IPv4 address, and the served addresses have none",
      remedy: "Serve an interface with an IPv4 address.",
    };
  }
  return {
    code: "address.waiting",
    message: `${describeMissing(missing)}; it starts as soon as there is one`,
    remedy: "Plug the cable in, or give the interface an address.",
  };
}

/** An engine that serves nothing yet. */
export function createEngine(clock: Clock = systemClock): Engine {
  return new BootEngine(clock);
}
