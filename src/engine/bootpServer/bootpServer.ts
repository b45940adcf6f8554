/** The BOOTP and DHCP server: the pure machine of `protocol/bootp` on its sockets, with rows for its clients. */

import type { LogRow, Trouble } from "../../model/events";
import { effectiveAnswer } from "../../model/settings";
import { errorMessage, printable } from "../../model/text";
import type { BootpSituation, ClientView } from "../../protocol/bootp/clients";
import { defaultPool } from "../../protocol/bootp/defaultPool";
import { Leases, type Lease } from "../../protocol/bootp/leases";
import { bootServerPort } from "../../protocol/bootp/packet";
import { BootpMachine, type Datagram, type Reaction } from "../../protocol/bootp/server";
import { isLoopback, type Network } from "../../protocol/ipv4";
import { clientRow } from "./clientRow";
import { DelayedAnswers } from "./delayedAnswers";
import { DisturbedAnswers } from "./disturbedAnswers";
import { fromStored, LeaseStore, toStored } from "./leaseStore";
import { ProxyPort } from "./proxyPort";
import { Rivals } from "./rivals";
import { questionOf } from "./questions";
import { isOwnProbe } from "../rivalSearch";
import { once, type Receive } from "./once";
import { openBootpSockets, type BootpSockets } from "./sockets";
import type { Timer } from "../clock";
import type { BootServer, Departure, ServerContext } from "../server";
import type { UdpOptions } from "../udp";

export interface BootpServer extends BootServer {
  /** A stage of a TFTP or FTP transfer: what the boot sequences move by. */
  departed(departure: Departure): void;
  /** Something else of TFTP or FTP came from this address; false: its row says nothing new. */
  heard(address: string): boolean;
  /** The client's next request gets the first file; false: no such client. */
  restartSequence(clientId: string): boolean;
  /**
   * The plan or the settings are others: the rows of the listed clients follow. It acts at the next request in any
   * case. Resolves when the ports that it wants now are open, and no others.
   */
  planChanged(): Promise<void>;
}

/** A line of the log for what was dropped, at most one in this time. */
const dropLogMs = 1_000;
/**
 * From one look at the words of all clients to the next, at the least: with 4,096 strangers one takes 30 ms, and the memory
 * of each of them lapses at a time of its own.
 */
const lookMs = 250;

/**
 * Starts the server: on loopback alone it binds that; else the wildcard and each served address.
 * @throws EngineError `port.inUse`, `port.permission`, `address.missing`, `address.noIpv4`; then nothing is left open.
 */
export async function startBootpServer(
  context: ServerContext,
  addresses: readonly string[],
  port: number,
  platform: NodeJS.Platform = process.platform,
): Promise<BootpServer> {
  const store = leaseStore(context);
  const server = new Service(context, store, fromStored((await store?.read()) ?? [], context.clock));
  await server.listen(addresses, port, platform);
  return server;
}

/** The tap of the server's sockets. */
const tapOf = ({ tap }: ServerContext): Pick<UdpOptions, "tap"> =>
  tap === undefined ? {} : { tap: (local) => tap.udp("bootp", local) };

/** Where the leases are kept for the next run; undefined: nowhere. */
function leaseStore(context: ServerContext): LeaseStore | undefined {
  const { stateFolder, folder } = context.situation().wanted;
  if (stateFolder === undefined) return undefined;
  return new LeaseStore(stateFolder, folder, context.clock, (message) => {
    context.journal.log("warning", `BOOTP: ${message}`);
  });
}

class Service implements BootpServer {
  readonly protocol = "bootp";
  port = 0;
  addresses: readonly string[] = [];
  private readonly machine: BootpMachine;
  private readonly delayed: DelayedAnswers;
  private readonly disturbed: DisturbedAnswers;
  private revision: number;
  private sockets: BootpSockets | undefined;
  private timer: Timer | undefined;
  private wakeAt = Infinity;
  private shownAt: number;
  private plan: BootpSituation["plan"] | undefined;
  private droppedUntil = -Infinity;
  private rivals: Rivals | undefined;
  private proxyPort: ProxyPort | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly context: ServerContext,
    private readonly store: LeaseStore | undefined,
    leases: readonly Lease[],
  ) {
    this.machine = context.boards.machine ??= new BootpMachine(new Leases(leases));
    this.revision = this.machine.leases.revision;
    this.shownAt = context.clock.now();
    this.delayed = new DelayedAnswers(context.clock);
    this.disturbed = new DisturbedAnswers(context);
  }

  async listen(addresses: readonly string[], port: number, platform: NodeJS.Platform): Promise<void> {
    const { clock, journal } = this.context;
    const onError = (error: Error): void => {
      this.logDropped("warning", `a reply could not be sent: ${error.message}`);
    };
    const sockets = await openBootpSockets({
      ...{ addresses, port, platform, onError },
      onPacket: platform === "win32" ? once(this.context, this.receive) : this.receive,
      ...tapOf(this.context),
    });
    this.sockets = sockets;
    this.port = sockets.port;
    this.addresses = addresses;
    const onChange = (): void => {
      this.context.changed("bootp");
    };
    const log = (level: LogRow["level"], message: string): void => {
      journal.log(level, `BOOTP: ${message}`);
    };
    this.rivals = new Rivals({ clock, sockets, onChange, log });
    this.proxyPort = new ProxyPort({
      // Where PXE clients ask once more, under `proxy`.
      port: port === 0 ? 0 : bootServerPort,
      onPacket: (packet, from, on) => {
        this.take({ packet, from, on, toBootServer: true });
      },
      onError,
      ...tapOf(this.context),
      onChange,
      log,
    });
    await this.planChanged();
    // Boards that are known from before may be in the middle of a silence.
    this.wake(this.machine.nextChange(this.situation(), this.context.clock.now()));
  }

  get warnings(): readonly Trouble[] {
    return this.sockets?.warnings ?? [];
  }

  async listenOn(addresses: readonly string[]): Promise<void> {
    this.addresses = addresses;
    await this.sockets?.listenOn(addresses);
  }

  /** Nothing of BOOTP runs on: a request is answered at once. Asked twice, it ends when the leases are written. */
  drain(): Promise<void> {
    return (this.closing ??= this.close());
  }

  stopNow(): Promise<void> {
    return this.drain();
  }

  cancelTransfer(): boolean {
    return false;
  }

  private async close(): Promise<void> {
    const { sockets } = this;
    this.sockets = undefined;
    this.timer?.cancel();
    this.delayed.close();
    this.disturbed.close();
    this.context.bootLog.settle();
    await Promise.all([this.rivals?.close(), this.proxyPort?.close(), sockets?.close(), this.store?.close()]);
  }

  private readonly receive: Receive = (packet, from, on) => {
    this.take({ packet, from, on });
  };

  private take(datagram: Datagram): void {
    const { packet, from, toBootServer = false } = datagram;
    const sender = toBootServer ? this.proxyPort : this.sockets;
    if (this.sockets === undefined) return;
    try {
      this.context.heard("bootp");
      this.followPlan();
      if (isOwnProbe(packet, from)) return;
      this.rivals?.heard(packet);
      const reaction = this.machine.receive(datagram, this.situation(), this.context.clock.now());
      this.send(reaction, sender);
      this.keepLeases();
      for (const id of reaction.forgotten) this.forget(id);
      this.show(reaction.clients);
      this.write(reaction);
      if (reaction.dropped !== undefined) {
        this.logDropped("debug", `dropped a packet of ${from.address}: ${reaction.dropped}`);
      }
    } catch (error) {
      // Nothing that a peer sends may end the server.
      this.logDropped("error", `a packet of ${from.address} was not answered: ${errorMessage(error)}`);
    }
  }

  private send(
    { replies, delayMs, clients }: Reaction,
    sender: Pick<BootpSockets, "send"> | undefined,
  ): void {
    const [client] = clients;
    if (client === undefined || replies.length === 0) return;
    const send = (): void => {
      for (const { packet, via, to } of replies) sender?.send(packet, via, to);
    };
    this.delayed.send(client.id, delayMs, () => {
      this.disturbed.carry(client, send);
    });
  }

  /** Into the boot log. */
  private write(reaction: Reaction): void {
    const { request, clients } = reaction;
    const [client] = clients;
    if (request === undefined || client === undefined) return;
    const { plan, networks } = this.context.situation();
    const isOurs = (siaddr: string): boolean => networks.some(({ address }) => address === siaddr);
    const { id, address, verification } = client;
    const sender = { client: id, address, restartMs: plan.restartSeconds * 1000 };
    this.context.bootLog.asked(sender, questionOf(request, reaction, client, isOurs), !verification);
  }

  readonly departed = (departure: Departure): void => {
    this.followPlan();
    this.show(this.machine.departed(departure, this.situation(), this.context.clock.now()));
  };

  readonly heard = (address: string): boolean => {
    this.followPlan();
    const views = this.machine.heard(address, this.situation(), this.context.clock.now());
    this.show(views);
    return views.length > 0;
  };

  readonly restartSequence = (clientId: string): boolean => {
    const view = this.machine.restart(clientId, this.situation(), this.context.clock.now());
    if (view !== undefined) this.show([view]);
    return view !== undefined;
  };

  readonly planChanged = async (): Promise<void> => {
    this.plan = this.context.situation().plan;
    const situation = this.situation();
    const { answer, proxy, networks } = situation;
    this.show(this.machine.planChanged(situation, this.context.clock.now()));
    const watched = answer === "everyone" ? networks : [];
    void this.rivals?.follow(watched.filter(({ address }) => !isLoopback(address)));
    await this.proxyPort?.follow(proxy ? networks.map(({ address }) => address) : []);
  };

  /** What keeps strangers or PXE clients from an answer, as the server's row says it. */
  news(): readonly Trouble[] {
    return [...(this.rivals?.warnings ?? []), ...(this.proxyPort?.warnings ?? [])];
  }

  /** At most one line a second: a flood must not fill the log. */
  private logDropped(level: "debug" | "warning" | "error", message: string): void {
    const now = this.context.clock.now();
    if (now < this.droppedUntil) return;
    this.droppedUntil = now + dropLogMs;
    this.context.journal.log(level, `BOOTP: ${printable(message)}`);
  }

  private keepLeases(): void {
    const { leases } = this.machine;
    if (leases.revision === this.revision) return;
    this.revision = leases.revision;
    this.store?.save(() => toStored(leases.kept(), this.context.clock));
  }

  private followPlan(): void {
    if (this.context.situation().plan !== this.plan) void this.planChanged();
  }

  private situation(): BootpSituation {
    const { plan, wanted, access, networks } = this.context.situation();
    const addresses = this.sockets?.addresses ?? [];
    const served = networks.filter(({ address }) => addresses.includes(address));
    const answering = effectiveAnswer(wanted.answer, plan.answer);
    return {
      plan: answering.answer === "everyone" ? withPool(plan, served) : plan,
      ...answering,
      obstacle: (address) => this.rivals?.obstacle(address),
      networks: served,
      allows: (address) => access.allows(address),
      allowsPlanned: wanted.allow.length === 0,
      sightings: wanted.limits.sightings,
      directedBroadcast: this.sockets?.wildcardOnly ?? false,
    };
  }

  private show(views: readonly ClientView[]): void {
    for (const view of views) {
      this.context.journal.report(clientRow(view, this.context.clock));
      this.wake(view.changesAt);
    }
  }

  /** A row's words change by the time alone: "silent for 7 s more". */
  private wake(at = Infinity): void {
    if (at >= this.wakeAt || this.sockets === undefined) return;
    this.timer?.cancel();
    this.wakeAt = at;
    this.timer = this.context.clock.at(Math.max(at, this.shownAt + lookMs), () => {
      this.wakeAt = Infinity;
      const now = this.context.clock.now();
      const situation = this.situation();
      const views = this.machine.elapsed(this.shownAt, situation, now);
      this.shownAt = now;
      this.show(views);
      this.wake(this.machine.nextChange(situation, now));
    });
  }

  private forget(id: string): void {
    const row = this.context.journal.client(id);
    if (row !== undefined) this.context.journal.report({ ...row, forgotten: true });
  }
}

/** The plan with addresses for everyone: its own pool, or some of each network. */
const withPool = (plan: BootpSituation["plan"], networks: readonly Network[]): BootpSituation["plan"] =>
  plan.pool.length > 0 ? plan : { ...plan, pool: networks.flatMap((network) => defaultPool(network) ?? []) };
