/**
 * The engine: one way to change anything. `configure` compares what is wanted with what runs, and starts, stops
 * or restarts only what differs; a changed plan or address goes the same way.
 */

import { networkInterfaces } from "node:os";
import type { Engine } from "../model/api";
import type { Row, Trouble } from "../model/events";
import type { Wanted } from "../model/settings";
import { accessFor } from "./access";
import { BootLog } from "./bootLog/bootLog";
import { systemClock, type Clock } from "./clock";
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
import type { Situation } from "./server";
import { Servers } from "./servers";
import { starters, type Surroundings } from "./starting";

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
  private readonly servers: Servers;
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
    const { journal, bootLog, recorder: tap } = this;
    this.servers = new Servers(surroundings, {
      ...{ journal, bootLog, tap },
      situation: () => this.situation,
      warnings: () => [...this.planNews.warnings, ...this.faults.warnings],
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
    await this.servers.drained(lingerSeconds);
  }

  async stopNow(): Promise<void> {
    await this.inTurn(() => this.closeAll());
    await this.servers.stopNow();
  }

  cancelTransfer(id: string): void {
    this.servers.cancelTransfer(id);
  }

  restartSequence(clientId: string): void {
    this.servers.bootp?.restartSequence(clientId);
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
    if (this.planNews.warns(trouble)) this.servers.reportAll();
  }

  /** Makes what runs equal to what is wanted. @throws EngineError when the served root is not to be served. */
  private async adopt(wanted: Wanted, loaded: LoadedPlan): Promise<void> {
    const { plan } = loaded;
    const rootOf = await openPlannedRoots(servingTerms(wanted), plan);
    this.interfaces = this.surroundings.readInterfaces();
    const { networks, ipv6, missing } = listeningAddresses(wanted.addresses, this.interfaces);
    const usableIpv6 = await usableNow(ipv6);
    const unusable = ipv6.filter((address) => !usableIpv6.includes(address));
    const isRelayed = (at: string): boolean =>
      this.servers.boards.machine?.relays.hasBehind(at, plan) === true;
    const access = accessFor(wanted.allow, networks, ipv6, isRelayed);
    if (this.situation !== undefined && !haveSameBoards(this.situation.wanted, wanted)) this.forgetBoards();
    const others = this.faults.adopt(wanted.faults, plan);
    this.situation = { wanted, plan, networks, access, rootOf, injection: this.faults.injection };
    this.journal.transfersKept = wanted.limits.transfersKept;
    this.planNews.taken(loaded);
    this.stopAddresses();
    const ipv4 = networks.map(({ address }) => address);
    await this.servers.settle(wanted, ipv4, usableIpv6, [...missing, ...unusable]);
    const refused = await toWaitFor(this.servers.refusedAddresses);
    this.stopAddresses = onceUsable([...unusable, ...refused], this.clock, this.addressesMoved);
    if (others) this.servers.reportAll();
    await this.servers.bootp?.planChanged();
  }

  /** Boards of another folder are others: none has a sequence, a lease or a row of the one before. */
  private forgetBoards(): void {
    this.servers.forgetBoards();
    this.bootLog.forget();
    this.journal.forgetClients();
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
    this.servers.close();
    this.bootLog.forget();
    return Promise.resolve();
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
