/** The TFTP server: its listening sockets, who may begin a transfer, and the transfers that run (RFC 1350). */

import type { Trouble } from "../../model/events";
import { raiseLimit } from "../../model/settings";
import { MalformedPacket } from "../../protocol/errors";
import {
  decodePacket,
  encodeError,
  errorCode,
  isRequest,
  opcodeOf,
  opcodes,
  type Request,
} from "../../protocol/tftp/packet";
import { busyPoll } from "../busyPoll";
import { OncePerSecond } from "../oncePerSecond";
import type { BootServer, ServerContext, StartServer } from "../server";
import { Admission } from "./admission";
import { Listener, Listeners } from "./listeners";
import { portMemory, TransferPorts } from "./ports";
import { refusalOf, Refusals } from "./refusals";
import { mostHere, Threads } from "./threads";
import { ServedTransfer, type TransferHome } from "./transfer";
import type { Endpoint, UdpOptions, UdpSocket } from "../udp";

/** An upload's window may arrive while the disk is busy. */
const transferBuffer = 1 << 20;
/** Memory for read-ahead: shared by the transfers that run, within these bounds for each. */
const readAheadBytes = 8 * 2 ** 20;
const minChunk = 32 * 1024;
const maxChunk = 512 * 1024;

/** A power of two: chunks of many sizes would be shared by few (`SharedChunks`). */
const chunkSize = (transfers: number): number =>
  Math.min(maxChunk, Math.max(minChunk, 2 ** Math.floor(Math.log2(readAheadBytes / transfers))));

const stopped: Trouble = { code: "server.stopped", message: "server stopped" };
const cancelled: Trouble = { code: "transfer.cancelled", message: "transfer cancelled" };
const evicted: Trouble = {
  code: "tftp.evicted",
  message: "the client never answered a packet, and another request needed the place",
  remedy: `If this many boards start at once, ${raiseLimit("tftpTransfers")}`,
};
const restarted: Trouble = { code: "tftp.askedAgain", message: "the client asked again from the start" };

class TftpServer implements BootServer {
  readonly protocol = "tftp";
  readonly warnings: readonly Trouble[] = [];
  port = 0;
  addresses: readonly string[] = [];
  private readonly listeners: Listeners;
  /** Every transfer that is not closed. */
  private readonly transfers = new Set<ServedTransfer>();
  /** The transfers without an outcome, by the two endpoints: a request that comes again finds its own. */
  private readonly byPeer = new Map<string, ServedTransfer>();
  private readonly ownPorts = new Set<number>();
  private readonly ports: TransferPorts;
  private readonly admission: Admission;
  private readonly errorTo: OncePerSecond;
  private readonly refusals: Refusals;
  private readonly home: TransferHome;
  private readonly tap: Pick<UdpOptions, "tap">;
  private readonly threads: Threads;

  constructor(private readonly context: ServerContext) {
    const { tap } = context;
    this.tap = tap === undefined ? {} : { tap: (local) => tap.udp("tftp", local) };
    this.admission = new Admission(context.clock);
    this.ports = new TransferPorts(context.clock, portMemory());
    this.threads = new Threads(context.clock, this.ownPorts, context.startThread);
    this.errorTo = new OncePerSecond(context.clock);
    this.refusals = new Refusals(context, this.errorTo);
    this.listeners = new Listeners((address) => this.openListener(address));
    this.home = {
      context,
      openPort: (address, onPacket) => this.openPort(address, onPacket),
      foreign: (socket, bytes, from) => {
        this.foreign(socket, bytes, from);
      },
      answered: (transfer) => {
        this.admission.acknowledged(transfer.peer.address);
      },
      concluded: (transfer) => {
        this.forget(transfer);
      },
      inThread: (file, task, events) => {
        const here = this.admission.transfers - this.threads.carried;
        return this.threads.carry(here, file, { ...task, ports: this.ports.memory }, events);
      },
      chunkSize: () => chunkSize(this.admission.transfers),
    };
  }

  /** Begins to listen, all with one port. @throws EngineError; then nothing is left open. */
  async listen(addresses: readonly string[], port: number): Promise<void> {
    this.port = port;
    try {
      await this.listenOn(addresses);
    } catch (error) {
      await this.listeners.close();
      throw error;
    }
  }

  async listenOn(addresses: readonly string[]): Promise<void> {
    this.addresses = addresses;
    await this.listeners.listenOn(addresses);
  }

  private async openListener(address: string): Promise<Listener> {
    const listener = await Listener.open({ address, port: this.port }, this.heard, {
      onError: this.logError,
      ...this.tap,
    });
    this.port = listener.local.port;
    this.ownPorts.add(this.port);
    return listener;
  }

  async drain(): Promise<void> {
    await this.listeners.close();
    while (this.transfers.size > 0) await Promise.all([...this.transfers].map(({ closed }) => closed));
    await this.threads.close();
  }

  async stopNow(): Promise<void> {
    const listening = this.listeners.close();
    for (const transfer of this.transfers) transfer.cancel(stopped);
    await listening;
    await this.drain();
  }

  cancelTransfer(id: string): boolean {
    const transfer = [...this.transfers].find((candidate) => candidate.id === id && candidate.running);
    transfer?.cancel(cancelled);
    return transfer !== undefined;
  }

  private readonly logError = (error: Error): void => {
    if (this.errorTo.allows("log")) this.context.journal.log("debug", `TFTP socket: ${error.message}`);
  };

  /** One datagram at a listening port. Only requests are answered, nothing else ever is (T4, T5). */
  private readonly heard = (listener: Listener, bytes: Uint8Array, from: Endpoint): void => {
    // Port 0 cannot be answered; a packet from one of our own ports would be a conversation with ourselves.
    if (from.port === 0 || this.isOurs(from)) return;
    this.context.heard("tftp");
    if (!isRequest(bytes)) {
      if (this.errorTo.allows(`stray ${from.address}`)) {
        const opcode = opcodeOf(bytes) ?? "none";
        this.context.journal.log(
          "debug",
          `TFTP: ${from.address} sent opcode ${opcode} to the listening port`,
        );
      }
      return;
    }
    let request: Request;
    try {
      request = decodePacket(bytes) as Request;
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      const verdict = this.admission.judge(from.address, this.context.situation());
      const quiet = verdict.kind === "no" && verdict.quiet;
      this.refusals.refuseMalformed(listener, bytes, from, error.message, quiet);
      return;
    }
    this.request(listener, request, bytes, from);
  };

  private request(listener: Listener, request: Request, bytes: Uint8Array, from: Endpoint): void {
    const localAddress = listener.local.address;
    const key = peerKey(localAddress, from);
    const earlier = this.byPeer.get(key);
    if (earlier?.repeats(bytes) === true) return;
    const situation = this.context.situation();
    const verdict = this.admission.judge(from.address, situation, () =>
      this.evict(2 * situation.wanted.limits.tftpTransfers),
    );
    const refusal = refusalOf(request, verdict);
    if (refusal?.quiet !== true) this.context.heardFrom?.(from.address);
    if (refusal !== undefined) {
      this.refusals.refuse(listener, request, from, refusal);
      return;
    }
    // Without an ERROR: it would reach the client as the answer to what it asks now.
    earlier?.cancel(restarted, true);
    this.admission.began(from.address);
    const transfer = new ServedTransfer(
      this.home,
      bytes,
      request,
      from,
      localAddress,
      listener,
      earlier?.closed,
    );
    this.transfers.add(transfer);
    this.byPeer.set(key, transfer);
    if (transfer.sharesPort) listener.share(transfer);
    void transfer.closed.then(() => {
      this.transfers.delete(transfer);
    });
  }

  /**
   * Ends the oldest transfer whose peer never answered; false: there is none. Without an ERROR: it may be a board
   * that asks again, and one that is not there gets no packet more than it must (DESIGN §6).
   * @param most transfers that may be open, the ones that are closing included: a flood cannot outrun their sockets.
   */
  private evict(most: number): boolean {
    if (this.transfers.size >= most) return false;
    for (const transfer of this.transfers) {
      if (!transfer.running || transfer.answered) continue;
      transfer.cancel(evicted, true);
      return true;
    }
    return false;
  }

  private forget(transfer: ServedTransfer): void {
    const key = peerKey(transfer.localAddress, transfer.peer);
    if (this.byPeer.get(key) === transfer) this.byPeer.delete(key);
    this.admission.ended(transfer.peer.address);
  }

  private async openPort(
    address: string,
    onPacket: (bytes: Uint8Array, from: Endpoint) => void,
  ): Promise<UdpSocket> {
    const limitMs = this.context.situation().wanted.limits.busyPollMicroseconds / 1000;
    const socket = await this.ports.open({
      address,
      onPacket,
      // More transfers keep the loop awake by themselves; and boards on this computer need its cores.
      poll: busyPoll(() => (this.admission.transfers <= mostHere ? limitMs : 0), this.context.clock),
      receiveBufferSize: transferBuffer,
      onError: this.logError,
      ...this.tap,
    });
    const { port } = socket.local;
    this.ownPorts.add(port);
    return {
      local: socket.local,
      send: socket.send,
      close: async () => {
        await socket.close();
        this.ownPorts.delete(port);
      },
    };
  }

  /** The wrong TID gets ERROR 5 and the transfer goes on; an ERROR is never answered (RFC 1350 §4, §7). */
  private foreign(socket: Pick<UdpSocket, "send">, bytes: Uint8Array, from: Endpoint): void {
    const isError = opcodeOf(bytes) === opcodes.ERROR;
    if (isError || from.port === 0 || this.isOurs(from) || !this.errorTo.allows(`tid ${from.address}`))
      return;
    socket.send(encodeError(errorCode.unknownTid, "unknown transfer ID"), from);
  }

  private isOurs({ address, port }: Endpoint): boolean {
    return this.ownPorts.has(port) && this.addresses.includes(address);
  }
}

function peerKey(localAddress: string, { address, port }: Endpoint): string {
  return `${localAddress} ${address} ${port}`;
}

/** One listener for each address. IPv6 addresses listen on IPv6 alone. */
export const startTftpServer: StartServer = async (context, addresses, port) => {
  const server = new TftpServer(context);
  await server.listen(addresses, port);
  return server;
};
