/**
 * The engine: one way to change anything. `configure` compares what is wanted with what runs, and starts, stops
 * or restarts only what differs; a changed plan or address goes the same way.
 */

import { networkInterfaces } from "node:os";
import type { Engine } from "../model/api";
import { protocols, type Protocol, type Row, type ServerRow, type Trouble } from "../model/events";
import type { NetworkInterface } from "../model/networks";
import type { Wanted } from "../model/settings";
import { accessFor } from "./access";
import type { BootpServer } from "./bootpServer/bootpServer";
import { BootLog } from "./bootLog/bootLog";
import { systemClock, type Clock } from "./clock";
import { drainAll } from "./draining";
import { checkMachine } from "./doctor/doctor";
import { everyBoard } from "./everyBoard";
import { FaultWatch } from "./faults";
import { followPlan, onceUsable, toWaitFor, usableNow, type Service } from "./following";
import { listeningAddresses, watchInterfaces, type InterfaceTable } from "./interfaces";
import { Journal } from "./journal";
import { Recorder } from "./packets/recorder";
import { listNetworks } from "./networks/networks";
import { notTaken, type LoadedPlan } from "./planFile";
import { PlanNews } from "./planNews";
import { openPlannedRoots, servingTerms } from "./servedRoot/plannedRoot";
import type { BootServer, ServerContext, Situation } from "./server";
import { currentRow, hear, refusedAddresses, type Slot } from "./slot";
import { failureOf, listensOn, rowFor, starters, startServer, waitingFor, warningsOf } from "./starting";
import type { Surroundings } from "./starting";

class BootEngine implements Engine {
  private readonly clock: Clock;
  private readonly journal: Journal;
  private readonly bootLog: BootLog;
  private readonly planNews: PlanNews;
  private readonly faults: FaultWatch;
  private readonly recorder: Recorder;
  /** Absent before the first `configure` and after a stop. */
  private service: Service | undefined;
  private situation: Situation | undefined;
  private readonly slots = new Map<Protocol, Slot>();
  private boards: ServerContext["boards"] = {};
  /** The latest BOOTP server: while it waits for its link, transfers still move the sequences. */
  private bootp: BootpServer | undefined;
  /** Servers whose sockets are closed and whose transfers go on. */
  private readonly draining = new Set<BootServer>();
  /** As they were when they were last looked at for what to serve. */
  private interfaces: InterfaceTable = {};
  private stopInterfaces: (() => void) | undefined;
  private stopAddresses: () => void = () => undefined;
  /** Changes are made one after the other. */
  private lastChange: Promise<void> = Promise.resolve();

  constructor(private readonly surroundings: Surroundings) {
    this.clock = surroundings.clock;
    this.journal = new Journal(this.clock);
    this.planNews = new PlanNews(this.journal);
    this.faults = new FaultWatch(this.journal);
    this.recorder = new Recorder(this.clock, surroundings.capture, () => this.situation);
    this.bootLog = new BootLog(this.journal, (client, { message }) => {
      this.recorder.remark(client, message, this.journal.client(client));
    });
  }

  configure(wanted: Wanted): Promise<void> {
    return this.inTurn(() => this.readAndServe(wanted));
  }

  readonly networks: Engine["networks"] = () => this.surroundings.listNetworks();

  readonly check: Engine["check"] = (wanted) =>
    checkMachine(wanted, [...this.journal.snapshot().servers.values()]);

  readonly everyBoard: Engine["everyBoard"] = (wanted) => everyBoard(wanted);

  readonly packets: Engine["packets"] = (clientId) =>
    Promise.resolve(this.recorder.captureOf(clientId, this.journal.client(clientId)));

  readonly snapshot: Engine["snapshot"] = () => this.journal.snapshot();

  onRow(listener: (row: Row) => void): () => void {
    return this.journal.onRow(listener);
  }

  async drain(lingerSeconds?: number): Promise<void> {
    await this.inTurn(() => this.closeAll());
    await drainAll([...this.draining], this.clock, lingerSeconds);
  }

  async stopNow(): Promise<void> {
    await this.inTurn(() => this.closeAll());
    await Promise.all([...this.draining].map((server) => server.stopNow()));
  }

  cancelTransfer(id: string): void {
    const running = [...this.slots.values()].flatMap(({ server }) => server ?? []);
    for (const server of [...running, ...this.draining]) if (server.cancelTransfer(id)) return;
  }

  restartSequence(clientId: string): void {
    this.bootp?.restartSequence(clientId);
  }

  private inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.lastChange.then(change);
    this.lastChange = turn.catch(() => undefined); // The caller of this turn gets the error; the next one starts anew.
    return turn;
  }

  /** @throws PlanError, EngineError; then what ran goes on as it did. */
  private async readAndServe(wanted: Wanted): Promise<void> {
    const { folder, planFile } = wanted;
    const { loaded, stopPlan } = await followPlan(folder, planFile, this.planMoved, this.clock);
    try {
      await this.adopt(wanted, loaded);
    } catch (error) {
      stopPlan();
      throw error;
    }
    const earlier = this.service;
    earlier?.stopPlan();
    this.service = { wanted, loaded, stopPlan };
    this.warnOfPlan(undefined);
    this.stopInterfaces ??= watchInterfaces(
      this.clock,
      this.surroundings.readInterfaces,
      () => this.interfaces,
      this.addressesMoved,
    );
    if (earlier !== undefined) this.planNews.changed(earlier.loaded, loaded);
  }

  /** The plan, or a file that it names, is another one. A plan with problems changes nothing. */
  private readonly planMoved = (): void => {
    this.follow(async ({ wanted }) => {
      try {
        await this.readAndServe(wanted);
      } catch (error) {
        this.warnOfPlan(notTaken(error));
        throw error;
      }
    });
  };

  /** A link or an address came or went. */
  private readonly addressesMoved = (): void => {
    this.follow(({ wanted, loaded }) => this.adopt(wanted, loaded));
  };

  private follow(change: (service: Service) => Promise<void>): void {
    void this.inTurn(async () => {
      // It may have been stopped since.
      if (this.service === undefined) return;
      try {
        await change(this.service);
      } catch (error) {
        this.planNews.refused(error);
      }
    });
  }

  /** Every server's row says that the plan was not taken, or no longer. */
  private warnOfPlan(trouble: Trouble | undefined): void {
    if (this.planNews.warns(trouble)) this.reportAll();
  }

  private reportAll(): void {
    this.slots.forEach(this.reportSlot);
  }

  private readonly reportSlot = (slot: Slot): void => {
    this.journal.report(this.rowNow(slot));
  };

  private rowNow(slot: Slot): ServerRow {
    return currentRow(slot, [...this.planNews.warnings, ...this.faults.warnings]);
  }

  /** Makes what runs equal to what is wanted. @throws EngineError when the served root is not to be served. */
  private async adopt(wanted: Wanted, loaded: LoadedPlan): Promise<void> {
    const { plan } = loaded;
    const rootOf = await openPlannedRoots(servingTerms(wanted), plan);
    this.interfaces = this.surroundings.readInterfaces();
    const { networks, ipv6, missing } = listeningAddresses(wanted.addresses, this.interfaces);
    const usableIpv6 = await usableNow(ipv6);
    const unusable = ipv6.filter((address) => !usableIpv6.includes(address));
    const isRelayed = (at: string): boolean => this.boards.machine?.relays.hasBehind(at, plan) === true;
    const access = accessFor(wanted.allow, networks, ipv6, isRelayed);
    if (this.situation !== undefined && !haveSameBoards(this.situation.wanted, wanted)) this.forgetBoards();
    const others = this.faults.adopt(wanted.faults, plan);
    this.situation = { wanted, plan, networks, access, rootOf, injection: this.faults.injection };
    this.journal.transfersKept = wanted.limits.transfersKept;
    this.planNews.taken(loaded);
    this.stopAddresses();
    const ipv4 = networks.map(({ address }) => address);
    const absent = [...missing, ...unusable];
    // Asked at most once: on some systems it takes a second.
    let asked: Promise<readonly NetworkInterface[]> | undefined;
    const all = (): Promise<readonly NetworkInterface[]> => (asked ??= this.networks());
    await Promise.all(
      protocols.map((protocol) =>
        this.settle(protocol, wanted, protocol === "bootp" ? ipv4 : [...ipv4, ...usableIpv6], absent, all),
      ),
    );
    const refused = await toWaitFor([...this.slots.values()].flatMap(refusedAddresses));
    this.stopAddresses = onceUsable([...unusable, ...refused], this.clock, this.addressesMoved);
    if (others) this.reportAll();
    await this.bootp?.planChanged();
  }

  /** Boards of another folder are others: none has a sequence, a lease or a row of the one before. */
  private forgetBoards(): void {
    this.close("bootp");
    // Servers that go on hold the same object.
    delete this.boards.machine;
    this.bootLog.forget();
    this.journal.forgetClients();
  }

  /** Starts, changes, leaves or closes one server. Never throws: what fails is its row. */
  private async settle(
    protocol: Protocol,
    wanted: Wanted,
    addresses: readonly string[],
    missing: readonly string[],
    networks: () => Promise<readonly NetworkInterface[]>,
  ): Promise<void> {
    const port = wanted.ports[protocol];
    const isWanted = wanted.servers.includes(protocol);
    // One that waits is told anew where it waits for another address.
    const key = `${(addresses.length > 0 ? addresses : missing).join(" ")}:${port}`;
    const earlier = this.slots.get(protocol);
    // A server that failed is tried again: what held its port may be gone.
    if (isWanted && earlier?.key === key && earlier.row.state !== "failed") return;
    if (!isWanted) {
      this.close(protocol);
      return;
    }
    const row = rowFor(protocol, addresses, port);
    const place = (server: BootServer | undefined, told: ServerRow, lastPacketAt?: number): void => {
      const slot: Slot = { key, server, row: told, ...(lastPacketAt !== undefined && { lastPacketAt }) };
      this.slots.set(protocol, slot);
      this.reportSlot(slot);
    };
    const running = (server: BootServer, warnings: readonly Trouble[]): ServerRow =>
      rowFor(
        protocol,
        server.addresses,
        server.port,
      )("running", {
        warnings: [...warnings, ...server.warnings],
      });
    if (earlier?.server !== undefined && (await listensOn(earlier.server, addresses, port))) {
      earlier.tellLater?.cancel();
      place(earlier.server, running(earlier.server, warningsOf(wanted)), earlier.lastPacketAt);
      return;
    }
    this.release(protocol);
    if (addresses.length === 0) {
      const trouble = waitingFor(protocol, wanted.addresses, missing, await networks());
      place(undefined, row("waiting", { trouble }));
      return;
    }
    this.journal.report(row("starting"));
    try {
      const start = this.surroundings.starters[protocol];
      const context = this.context(protocol);
      const { server, warnings } = await startServer(start, protocol, context, wanted, addresses);
      if (protocol === "bootp") this.bootp = server as BootpServer;
      place(server, running(server, warnings));
    } catch (error) {
      place(undefined, row(...failureOf(error)));
    }
  }

  private context(protocol: Protocol): ServerContext {
    return {
      clock: this.clock,
      journal: this.journal,
      bootLog: this.bootLog,
      tap: this.recorder,
      boards: this.boards,
      situation: () => {
        if (this.situation === undefined)
          throw new Error(`${protocol} asked before the engine was configured`);
        return this.situation;
      },
      heard: (heard) => {
        this.heard(heard);
      },
      changed: (changed) => {
        const slot = this.slots.get(changed);
        if (slot !== undefined) this.reportSlot(slot);
      },
      startThread: this.surroundings.startThread,
      departed: (departure) => {
        this.bootp?.departed(departure);
      },
      heardFrom: (address) => this.bootp?.heard(address),
    };
  }

  private heard(protocol: Protocol): void {
    const slot = this.slots.get(protocol);
    if (slot?.server === undefined) return;
    hear(slot, this.clock, this.reportSlot);
  }

  /** Closes everything that listens, and follows nothing any more. */
  private closeAll(): Promise<void> {
    this.service?.stopPlan();
    this.service = undefined;
    this.planNews.warns(undefined);
    this.faults.end();
    this.stopInterfaces?.();
    this.stopInterfaces = undefined;
    this.stopAddresses();
    for (const protocol of protocols) this.close(protocol);
    this.boards = {};
    this.bootLog.forget();
    return Promise.resolve();
  }

  /** Stops a server; its transfers go on. */
  private close(protocol: Protocol): void {
    const slot = this.release(protocol);
    if (protocol === "bootp") this.bootp = undefined;
    // After the sockets: who reads this row may bind the port.
    if (slot !== undefined) this.journal.report({ ...this.rowNow(slot), state: "stopped" });
  }

  /** Closes the listening sockets of a server at once. What is told of it is up to the caller. */
  private release(protocol: Protocol): Slot | undefined {
    const slot = this.slots.get(protocol);
    this.slots.delete(protocol);
    slot?.tellLater?.cancel();
    const server = slot?.server;
    if (server === undefined) return slot;
    this.draining.add(server);
    void server.drain().finally(() => this.draining.delete(server));
    return slot;
  }
}

/** Whose leases are kept in one file (`bootpServer/leaseStore.ts`). */
const haveSameBoards = (one: Wanted, other: Wanted): boolean =>
  one.folder === other.folder && one.stateFolder === other.stateFolder;

/** An engine that serves nothing yet. */
export function createEngine(surroundings: Partial<Surroundings> = {}): Engine {
  return new BootEngine({
    clock: systemClock,
    readInterfaces: networkInterfaces,
    listNetworks,
    starters,
    ...surroundings,
  });
}
