/**
 * The one snapshot that the views, the status bar and the commands look at, made of the rows that the child
 * process sends. Knows nothing of VS Code; `onChange` has the shape of a VS Code event.
 */

import { BootLogs } from "../model/bootLog";
import { injectsFaults, protocols, type Row, type ServerRow, type TransferRow } from "../model/events";
import { defaultLimits, type Wanted } from "../model/settings";
import { applyRow, newState, snapshotOf, type Snapshot, type State } from "../model/snapshot";

/** The rows that changed; undefined: anything may have. */
export type Change = readonly Row[] | undefined;

/** The servers of a folder, as the views name it. */
export interface ServedFolder {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
}

const diedTrouble = {
  code: "engine.died",
  message: "the servers' process ended while this ran",
  remedy: "Show Log says what it wrote last.",
};

const quietTrouble = {
  code: "engine.quiet",
  message: "the servers' process was started and has told nothing yet",
  remedy:
    "A wrapper (bootServers.launch) must not wait for a password. Show Log has its command line; Stop Boot Servers ends it.",
};

export class Store {
  transfersKept: number = defaultLimits.transfersKept;
  private readonly state: State = newState();
  /** True from the end of a process until the next tells of its servers: where a board stood is history then. */
  private between = false;
  private servedFolder: ServedFolder | undefined;
  /** The folders of transfers that outlasted the service of theirs. */
  private readonly leftFolders = new Map<string, ServedFolder>();
  /** Unix ms since when a server runs, by its id. */
  readonly runningSince = new Map<string, number>();
  /** The lines of every board's boots. */
  readonly bootLogs = new BootLogs();
  private readonly listeners = new Set<(change: Change) => void>();

  /** The folder that is being served, or was last. */
  get folder(): ServedFolder | undefined {
    return this.servedFolder;
  }

  set folder(folder: ServedFolder | undefined) {
    if (this.servedFolder?.path !== folder?.path) this.leaveFolder();
    this.servedFolder = folder;
    this.tell(undefined);
  }

  /** The folder that a transfer's files are in. */
  folderOf(transfer: string): ServedFolder | undefined {
    return this.leftFolders.get(transfer) ?? this.servedFolder;
  }

  /** What is true now: later rows do not change it. */
  get snapshot(): Snapshot {
    return snapshotOf(this.state);
  }

  /** The same without a copy, for who only looks. */
  get now(): Snapshot {
    return this.state;
  }

  onChange(listener: (change: Change) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  }

  constructor(private readonly wallTime: () => number = Date.now) {}

  apply(row: Row): void {
    if (this.between && row.type === "server") {
      this.between = false;
      this.state.clients.clear();
      this.bootLogs.clear();
      this.tell(undefined);
    }
    applyRow(this.state, row, this.transfersKept);
    if (row.type === "server") this.followServer(row);
    if (row.type === "bootLine") this.bootLogs.apply(row);
    if (row.type !== "log") this.tell([row]);
  }

  /**
   * Servers are about to start: a row each from the first moment, until their process tells of them.
   * @returns what takes back those that it has told nothing of.
   */
  announce({ servers, addresses, ports }: Wanted): () => void {
    const starting = servers.map((protocol): ServerRow => {
      const port = ports[protocol];
      return { type: "server", id: protocol, protocol, state: "starting", addresses, port, warnings: [] };
    });
    this.replaceServers((row) => row, starting);
    return () => {
      this.replaceServers((row) => (row.state === "starting" ? stopped(row) : row));
    };
  }

  /** The process has told nothing for a while: the rows of what it is to start say so. */
  quiet(): void {
    this.replaceServers((row) => (row.state === "starting" ? { ...row, warnings: [quietTrouble] } : row));
  }

  /**
   * The process that told of servers and boards was let go, or has ended. Where each board stood is shown until the
   * next one tells anew; none of them is loading any more.
   */
  left(): void {
    this.between = true;
    this.runningSince.clear();
    for (const row of [...this.state.clients.values()]) {
      if (row.stage === "loading") applyRow(this.state, { ...row, stage: "answered" }, this.transfersKept);
    }
    this.replaceServers(stopped);
  }

  /** A process has ended: of its transfers, those that still ran have failed. */
  ended(runs: (transferId: string) => boolean): void {
    const at = this.wallTime();
    for (const row of this.runningTransfers()) {
      if (runs(row.id)) applyRow(this.state, died(row, at), this.transfersKept);
    }
    this.tell(undefined);
  }

  /** Forgets every transfer that has ended. */
  clearFinished(): void {
    for (const id of this.state.ended) this.state.transfers.delete(id);
    this.state.ended.clear();
    this.tell(undefined);
  }

  runningTransfers(): TransferRow[] {
    return [...this.state.transfers.values()].filter(isRunning);
  }

  hasFinished(): boolean {
    return this.state.ended.size > 0;
  }

  hasRunning(): boolean {
    return this.runningCount() > 0;
  }

  /** Those that have not ended; no row is looked at for it. */
  runningCount(): number {
    return this.state.transfers.size - this.state.ended.size;
  }

  /** In the order of a boot: BOOTP, TFTP, FTP. */
  serverRows(): ServerRow[] {
    return protocols.flatMap((protocol) => this.state.servers.get(protocol) ?? []);
  }

  /** True while a server starts, waits or runs. */
  isServing(): boolean {
    return this.serverRows().some(({ state }) => state !== "stopped" && state !== "failed");
  }

  /** True while a fault profile holds. */
  injectsFaults(): boolean {
    return injectsFaults(this.serverRows());
  }

  /** True from a start to the next stop, also where every server failed. */
  isWanted(): boolean {
    return this.serverRows().some(({ state }) => state !== "stopped");
  }

  private leaveFolder(): void {
    const { servedFolder, leftFolders } = this;
    const { transfers } = this.state;
    for (const id of leftFolders.keys()) if (!transfers.has(id)) leftFolders.delete(id);
    if (servedFolder === undefined) return;
    for (const id of transfers.keys()) if (!leftFolders.has(id)) leftFolders.set(id, servedFolder);
  }

  private replaceServers(change: (row: ServerRow) => ServerRow, more: readonly ServerRow[] = []): void {
    for (const row of [...this.serverRows().map(change), ...more]) {
      applyRow(this.state, row, this.transfersKept);
    }
    this.tell(undefined);
  }

  private followServer({ id, state }: ServerRow): void {
    if (state !== "running") this.runningSince.delete(id);
    else if (!this.runningSince.has(id)) this.runningSince.set(id, this.wallTime());
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }
}

const isRunning = ({ state }: TransferRow): boolean => state === "running";

const died = (row: TransferRow, at: number): TransferRow => ({
  ...row,
  state: "failed",
  endedAt: at,
  trouble: diedTrouble,
});

/** What was wrong with it is no longer: nobody is to mend what does not run. */
const stopped = ({ type, id, protocol, addresses, port }: ServerRow): ServerRow => ({
  type,
  id,
  protocol,
  state: "stopped",
  addresses,
  port,
  warnings: [],
});
