/**
 * Under `everyone`: asks whether another DHCP server is on the served networks, listens for one as long as strangers
 * are answered, and says what keeps them from an answer (DESIGN §2.1). The deciding is `protocol/bootp/rivals.ts`.
 */

import { randomBytes, randomUUID } from "node:crypto";
import type { LogRow, Trouble } from "../../model/events";
import type { Notice } from "../../protocol/bootp/clients";
import { clientPort, decodePacket, serverPort } from "../../protocol/bootp/packet";
import { RivalWatch, type Standing } from "../../protocol/bootp/rivals";
import { MalformedPacket } from "../../protocol/errors";
import type { Network } from "../../protocol/ipv4";
import type { Clock, Timer } from "../clock";
import { hardwareAddress } from "../interfaces";
import { openUdp, type UdpSocket } from "../udp";
import type { BootpSockets } from "./sockets";

const wildcard = "0.0.0.0";
const broadcast = { address: "255.255.255.255", port: serverPort };

export interface RivalsOptions {
  readonly clock: Clock;
  readonly sockets: Pick<BootpSockets, "port" | "send" | "warnings">;
  /** What keeps strangers from an answer is another than before. */
  readonly onChange: () => void;
  /** A line for the log. */
  readonly log: (level: LogRow["level"], message: string) => void;
  /** Others for tests. */
  readonly openSocket?: typeof openUdp;
  readonly platform?: NodeJS.Platform;
}

export class Rivals {
  private readonly watch: RivalWatch;
  private networks: readonly Network[] = [];
  private socket: UdpSocket | undefined;
  /** There is something to listen for. */
  private listening = false;
  /** Opening and closing, one after the other. */
  private turn = Promise.resolve();
  /** Why no answer of another server could be heard. */
  private deaf: Trouble | undefined;
  private timer: Timer | undefined;
  private shown = "";
  /** The lines of the log that still hold. */
  private said: readonly string[] = [];
  private closed = false;

  constructor(private readonly options: RivalsOptions) {
    this.watch = new RivalWatch({
      id: randomUUID(),
      xid: () => randomBytes(4).readUInt32BE(),
      chaddrOf: hardwareAddress,
    });
  }

  /** The networks on which strangers are to be answered; none: nothing is asked and nothing is listened to. */
  async follow(networks: readonly Network[]): Promise<void> {
    this.networks = networks;
    const settled = this.listen();
    if (networks.length > 0) await settled;
    if (this.closed || this.networks !== networks) return;
    this.watch.follow(networks, this.now());
    this.look();
    await settled;
  }

  /** Takes note of a datagram at port 67 or 68. */
  heard(bytes: Uint8Array): void {
    // Nothing is asked: a packet costs nothing more here.
    if (this.networks.length === 0) return;
    try {
      this.watch.heard(decodePacket(bytes), this.now());
      this.look();
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
    }
  }

  /** What keeps strangers from an answer on this served address; undefined: nothing. */
  obstacle(address: string): Notice | undefined {
    const shared = this.options.sockets.warnings.find(({ code }) => code === "port.shared");
    if (shared !== undefined) {
      return {
        code: "dhcp.portShared",
        message:
          "another program of this computer has the DHCP port, so boards that the plan does not list are left to it",
        remedy: "End that program, or list the boards in the plan.",
      };
    }
    if (this.deaf !== undefined) return this.deaf;
    return describe(this.watch.standing(address, this.now()), address);
  }

  /** What the server's row says: each rival once, and why none could be heard. */
  get warnings(): readonly Trouble[] {
    const told = this.networks.flatMap(({ address }) => this.obstacle(address) ?? []);
    const lasting = told.filter(({ code }) => code !== "dhcp.asking");
    return [...new Map(lasting.map((trouble) => [trouble.message, trouble])).values()];
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.listen();
  }

  /** Opens the socket or closes it, as it is wanted when its turn has come. */
  private listen(): Promise<void> {
    return (this.turn = this.turn.then(async () => {
      const wanted = this.networks.length > 0 && !this.closed;
      if (wanted === this.listening) return;
      this.listening = wanted;
      await (wanted ? this.open() : this.shut());
    }));
  }

  /** Other servers' answers are broadcast to port 68; without it they can be had by asking as a relay agent. */
  private async open(): Promise<void> {
    const { openSocket = openUdp, platform = process.platform, sockets } = this.options;
    try {
      this.socket = await openSocket({
        address: wildcard,
        port: clientPort,
        // Beside the system's own DHCP client. On Windows that would take the port away from it.
        reuseAddr: platform !== "win32",
        onPacket: (packet) => {
          this.heard(packet);
        },
      });
    } catch {
      // Which program has it does not matter: there is the other way, where this server has port 67.
      if (sockets.port === serverPort) this.watch.asRelay = true;
      else {
        this.deaf = {
          code: "dhcp.deaf",
          message:
            "it cannot be heard whether another DHCP server is there, so boards that the plan does not list are not answered",
          remedy: "Serve BOOTP on port 67, or list the boards in the plan.",
        };
      }
    }
  }

  private async shut(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    this.deaf = undefined;
    this.watch.asRelay = false;
    await socket?.close();
  }

  /** Asks what is due, tells what has changed, and sets the alarm for the next look. */
  private look(): void {
    if (this.closed) return;
    for (const { packet, via } of this.watch.timeout(this.now()))
      this.options.sockets.send(packet, via, broadcast);
    this.timer?.cancel();
    const { wakeAt } = this.watch;
    if (wakeAt !== undefined) {
      this.timer = this.options.clock.at(wakeAt, () => {
        this.look();
      });
    }
    const now = JSON.stringify(this.networks.map(({ address }) => this.obstacle(address)));
    if (now === this.shown) return;
    this.shown = now;
    this.options.onChange();
    this.tell();
  }

  /** Each thing that keeps strangers from an answer is one line, and so is that nothing does any more. */
  private tell(): void {
    const lines = new Map(
      this.networks.flatMap(({ address }): [string, LogRow["level"]][] => {
        const obstacle = this.obstacle(address);
        if (obstacle?.code === "dhcp.asking") return [];
        return obstacle === undefined ? [[clear(address), "info"]] : [[obstacle.message, "warning"]];
      }),
    );
    for (const [line, level] of lines) if (!this.said.includes(line)) this.options.log(level, line);
    this.said = [...lines.keys()];
  }

  private now(): number {
    return this.options.clock.now();
  }
}

const clear = (address: string): string =>
  `no other DHCP server answers on the network of ${address}: boards that the plan does not list are answered`;

function describe(standing: Standing, address: string): Notice | undefined {
  switch (standing.kind) {
    case "clear":
      return undefined;
    case "asking":
      return {
        code: "dhcp.asking",
        message:
          "it is being asked whether another DHCP server is there; it is answered in a few seconds if there is none",
      };
    case "rivals":
      return {
        code: "dhcp.rival",
        message: `${describeServers(standing.addresses)} on the network of ${address}, so boards that the plan does not list are left to it`,
        remedy: `List your boards in the plan, have that server name this one (next-server ${address}), or tell PXE clients their file beside it: --answer proxy, setting bootServers.bootp.answer.`,
      };
  }
}

const describeServers = (addresses: readonly string[]): string =>
  addresses.length === 1
    ? `the DHCP server ${addresses.join()} answers`
    : `the DHCP servers ${addresses.join(", ")} answer`;
