/** A board's side of BOOTP on real sockets: the pure question of `protocol/bootp`, asked on the way that is answered. */

import { randomBytes } from "node:crypto";
import { BootpQuestion, encodeRelease } from "../../protocol/bootp/client";
import type { Board, BootpReply, QuestionOutcome, Speech } from "../../protocol/bootp/client";
import { fileOf } from "../../protocol/bootp/describe";
import { getOption, optionTable } from "../../protocol/bootp/options";
import { clientPort, parseMac, serverPort, unspecified } from "../../protocol/bootp/packet";
import { readUint32 } from "../../protocol/bytes";
import type { Clock } from "../clock";
import { Driver } from "../driver";
import { errorMessage } from "../../model/text";
import { EngineError } from "../errors";
import type { Endpoint } from "../udp";
import type { BootpAnswer, BootpAsker, BootpOptions } from "./boardIo";
import { openWay, waysOf, type Channel, type Way, type WayPorts } from "./bootpWays";

/** What a test may want otherwise. */
export interface BootpTiming {
  readonly tries: number;
  readonly tryMs: number;
  readonly ports: WayPorts;
}

const defaultTiming: BootpTiming = {
  tries: 3,
  tryMs: 2_000,
  ports: { client: clientPort, relay: serverPort },
};

/** @throws EngineError `mac.invalid` */
export function openBootp(
  clock: Clock,
  options: BootpOptions,
  timing: Partial<BootpTiming> = {},
): BootpAsker {
  return new Asker(clock, options, { ...defaultTiming, ...timing });
}

const newXid = (): number => readUint32(randomBytes(4), 0);

class Asker implements BootpAsker {
  triedClientPort = false;
  private readonly board: Board;
  private readonly told = new Set<string>();
  private channel: Channel | undefined;
  /** How the channel was answered; undefined: not yet. */
  private kept: Speech | undefined;
  private firstAsk = true;
  private acknowledged: BootpReply | undefined;
  private onPacket: (packet: Uint8Array, from: Endpoint) => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: BootpOptions,
    private readonly timing: BootpTiming,
  ) {
    const chaddr = parseMac(options.mac);
    if (chaddr === undefined) {
      throw new EngineError({
        code: "mac.invalid",
        message: `"${options.mac}" is not a MAC`,
        remedy: "Write it as six bytes in hex, such as 52:54:00:12:34:56.",
      });
    }
    const { clientIdentifier } = options;
    const all = new Map(options.options);
    if (clientIdentifier !== undefined) all.set(optionTable.clientIdentifier.code, clientIdentifier);
    this.board = { chaddr, options: all };
  }

  get obstacles(): readonly string[] {
    return [...this.told];
  }

  async ask(signal?: AbortSignal): Promise<BootpAnswer | undefined> {
    signal?.throwIfAborted();
    if (this.kept !== undefined) return this.question(this.kept, newXid(), signal);
    const first = this.firstAsk;
    this.firstAsk = false;
    // The same `xid` on each way: it is one question, and a server that counts by `xid` must not move on.
    const xid = newXid();
    for (const way of waysOf(this.options)) {
      if (!(await this.open(way))) continue;
      const answer = await this.question("bootp", xid, signal);
      if (answer !== undefined) return answer;
    }
    // A DHCP-only server says nothing to BOOTP. The last way is the one most like a board's own.
    return first && this.channel !== undefined ? this.question("dhcp", newXid(), signal) : undefined;
  }

  async close(): Promise<void> {
    if (this.options.release && this.acknowledged !== undefined) {
      this.channel?.send(encodeRelease(this.board, this.acknowledged.packet, newXid()));
    }
    this.acknowledged = undefined;
    await this.channel?.close();
    this.channel = undefined;
  }

  /** Opens this way instead of the last one; false, and an obstacle, where it cannot be gone. */
  private async open(way: Way): Promise<boolean> {
    try {
      const channel = await openWay(way, this.options, this.timing.ports, (packet, from) => {
        this.onPacket(packet, from);
      });
      await this.channel?.close();
      this.channel = channel;
    } catch (error) {
      this.told.add(errorMessage(error));
      return false;
    }
    // A relay that was wished for is answered on its own port as surely as a board on 68.
    if (way === "clientPort" || way === "broadcast" || way === this.options.way) this.triedClientPort = true;
    return true;
  }

  private async question(
    speech: Speech,
    xid: number,
    signal?: AbortSignal,
  ): Promise<BootpAnswer | undefined> {
    const reply = await this.converse(speech, xid, signal);
    if (reply === undefined) return undefined;
    this.kept = speech;
    if (speech === "dhcp") this.acknowledged = reply;
    return answerOf(reply, speech);
  }

  private converse(speech: Speech, xid: number, signal?: AbortSignal): Promise<BootpReply | undefined> {
    const { channel, board, clock } = this;
    if (channel === undefined) return Promise.resolve(undefined);
    const { tries, tryMs } = this.timing;
    const machine = new BootpQuestion({
      ...{ board, speech, xid, tries, tryMs },
      envelope: speech === "dhcp" ? { ...channel.envelope, ciaddr: unspecified } : channel.envelope,
      serverPort: this.options.port,
    });
    return new Promise((resolve, reject) => {
      const end = (): void => {
        driver.close();
        this.onPacket = () => undefined;
        signal?.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      const driver = new Driver<QuestionOutcome>(
        clock,
        (packet) => {
          channel.send(packet);
        },
        (now) => machine.timeout(now),
        (outcome) => {
          end();
          resolve(outcome.reply);
        },
      );
      this.onPacket = (packet, from) => {
        driver.apply(machine.receive(packet, from, clock.now()));
      };
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener("abort", abort, { once: true });
      driver.apply(machine.start(clock.now()));
    });
  }
}

/** `file` and option 67 say the same to a board: the field first, as every boot loader reads it. */
function answerOf({ packet, from }: BootpReply, by: Speech): BootpAnswer {
  const { siaddr, yiaddr, sname, options } = packet;
  const tftpServerName = options && getOption(options, "tftpServerName");
  return {
    file: fileOf(packet),
    siaddr,
    yiaddr,
    sname,
    ...(tftpServerName === undefined ? {} : { tftpServerName }),
    sender: from.address,
    by,
  };
}
