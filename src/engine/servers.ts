/** The three servers: each is started, changed, left or stopped until it is as it is wanted, and its row says how it is. */

import { protocols, type Protocol, type ServerRow, type Trouble } from "../model/events";
import type { NetworkInterface } from "../model/networks";
import type { Wanted } from "../model/settings";
import type { BootpServer } from "./bootpServer/bootpServer";
import type { Clock } from "./clock";
import { drainAll } from "./draining";
import type { BootServer, ServerContext, Situation } from "./server";
import { currentRow, hear, refusedAddresses, type Slot } from "./slot";
import { failureOf, listensOn, rowFor, startServer, waitingFor, warningsOf } from "./starting";
import type { Surroundings } from "./starting";

/** What all three are given. */
interface Shared extends Required<Pick<ServerContext, "journal" | "bootLog" | "tap">> {
  /** Undefined before the first `settle`. */
  situation(): Situation | undefined;
  /** For every server's row. */
  warnings(): readonly Trouble[];
}

export class Servers {
  /** What BOOTP knows of the boards. */
  boards: ServerContext["boards"] = {};
  /** The latest BOOTP server: while it waits for its link, transfers still move the sequences. */
  bootp: BootpServer | undefined;
  private readonly clock: Clock;
  private readonly slots = new Map<Protocol, Slot>();
  /** Servers whose sockets are closed and whose transfers go on. */
  private readonly draining = new Set<BootServer>();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly shared: Shared,
  ) {
    this.clock = surroundings.clock;
  }

  /** The addresses that servers were refused although they are listed. */
  get refusedAddresses(): readonly string[] {
    return [...this.slots.values()].flatMap(refusedAddresses);
  }

  /** Makes them as they are wanted. @param missing addresses and interfaces that are wanted and cannot be served now. */
  async settle(
    wanted: Wanted,
    ipv4: readonly string[],
    ipv6: readonly string[],
    missing: readonly string[],
  ): Promise<void> {
    // Asked at most once: on some systems it takes a second.
    let asked: Promise<readonly NetworkInterface[]> | undefined;
    const networks = (): Promise<readonly NetworkInterface[]> => (asked ??= this.surroundings.listNetworks());
    await Promise.all(
      protocols.map((protocol) =>
        this.settleOne(protocol, wanted, protocol === "bootp" ? ipv4 : [...ipv4, ...ipv6], missing, networks),
      ),
    );
  }

  /** Closes the listening sockets; transfers go on, and no board is known any more. */
  close(): void {
    for (const protocol of protocols) this.stop(protocol);
    this.boards = {};
  }

  /** Resolves when the last transfer of the stopped servers has ended, at most after that time. */
  drained(lingerSeconds: number | undefined): Promise<void> {
    return drainAll([...this.draining], this.clock, lingerSeconds);
  }

  /** Ends the transfers of the stopped servers. */
  async stopNow(): Promise<void> {
    await Promise.all([...this.draining].map((server) => server.stopNow()));
  }

  cancelTransfer(id: string): void {
    const running = [...this.slots.values()].flatMap(({ server }) => server ?? []);
    for (const server of [...running, ...this.draining]) if (server.cancelTransfer(id)) return;
  }

  /** BOOTP stops, and what it knows of boards is gone: they are another folder's. */
  forgetBoards(): void {
    this.stop("bootp");
    // Servers that go on hold the same object.
    delete this.boards.machine;
  }

  reportAll(): void {
    this.slots.forEach(this.reportSlot);
  }

  private readonly reportSlot = (slot: Slot): void => {
    this.shared.journal.report(this.rowNow(slot));
  };

  private rowNow(slot: Slot): ServerRow {
    return currentRow(slot, this.shared.warnings());
  }

  /** Never throws: what fails is its row. */
  private async settleOne(
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
      this.stop(protocol);
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
    this.shared.journal.report(row("starting"));
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
    const { clock, boards } = this;
    const { journal, bootLog, tap } = this.shared;
    return {
      ...{ clock, journal, bootLog, tap, boards },
      situation: () => {
        const situation = this.shared.situation();
        if (situation === undefined) throw new Error(`${protocol} asked before the engine was configured`);
        return situation;
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

  /** Stops a server; its transfers go on. */
  private stop(protocol: Protocol): void {
    const slot = this.release(protocol);
    if (protocol === "bootp") this.bootp = undefined;
    // After the sockets: who reads this row may bind the port.
    if (slot !== undefined) this.shared.journal.report({ ...this.rowNow(slot), state: "stopped" });
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
