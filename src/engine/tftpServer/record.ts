/** What people see of one transfer of the server: its row, from the request to the outcome. */

import type { TransferRow } from "../../model/events";
import { checkName } from "../../model/names";
import { describeAgreement, describeRequest } from "../../protocol/tftp/describe";
import type { Agreement } from "../../protocol/tftp/options";
import type { Request } from "../../protocol/tftp/packet";
import type { ServerContext } from "../server";
import type { Exchange } from "../tftpExchange";
import type { Choice } from "../../protocol/bootp/choice";
import type { Quirks } from "../../protocol/quirks";
import { senderAt } from "../boardAt";
import type { FileLines } from "../bootLog/fileLines";
import { lastPacketsOf, normalEnd, type ServedEnd, verdictOf } from "./words";
import type { Endpoint } from "../udp";
import { measuredOf, waitMs, Waits } from "../measuring";

/** Silence of this length is worth a word in the row. */
const silenceMs = 2000;

export class TransferRecord {
  readonly id: string;
  /** True once it was refused since there is no such file, which is not normal for such a board. */
  isMissing = false;
  private readonly startedAt: number;
  private readonly startedNow: number;
  private heardNow: number;
  /** Packets sent again until then. */
  private sentAgain = 0;
  private readonly waits = new Waits();
  private readonly lines: FileLines;
  private details: Partial<TransferRow> = {};

  constructor(
    private readonly context: ServerContext,
    private readonly request: Request,
    private readonly peer: Endpoint,
    private readonly localAddress: string,
    private readonly giveUpSeconds: number,
    /** What the plan has for the peer. */
    private readonly board: Pick<Choice, "profile" | "root">,
  ) {
    const { clock, journal } = context;
    this.id = journal.nextId("tftp");
    this.lines = context.bootLog.fileOf(
      senderAt(context, peer.address),
      "tftp",
      this.id,
      describeRequest(request),
    );
    this.startedAt = clock.wallTime();
    this.startedNow = clock.now();
    this.heardNow = this.startedNow;
  }

  /** More of the row, over what is known. */
  add(details: Partial<TransferRow>): void {
    this.details = { ...this.details, ...details };
  }

  /** The file in the served root, and its size where it is known. It is open, and the peer's turn from here on. */
  names(servedFile: string, size: number | undefined): void {
    this.heardNow = this.context.clock.now();
    const asked = checkName(this.request.file);
    if (!("path" in asked) || asked.path !== servedFile) this.add({ servedFile });
    if (size !== undefined) this.add({ size });
  }

  /** What the request was answered with. @param quirks those that made a difference. */
  granted({ options: oack, blksize, windowsize, timeoutSeconds }: Agreement, quirks: Quirks): void {
    this.lines.granted(describeAgreement(this.request, oack), { blksize, windowsize });
    const options = { mode: this.request.mode, blksize, windowsize };
    this.add({
      options: timeoutSeconds === undefined ? options : { ...options, timeout: timeoutSeconds },
      ...(Object.keys(quirks).length > 0 && { quirks }),
    });
  }

  /** A packet of the peer came then; it is dealt with after this. */
  heard(machine: Exchange["machine"], at: number): void {
    const { retransmissions } = machine;
    if (at - this.heardNow >= waitMs) this.waited(at, retransmissions);
    this.lines.heard(machine, retransmissions - this.sentAgain, at - this.heardNow);
    this.heardNow = at;
    this.sentAgain = retransmissions;
  }

  /** Nothing came until now. */
  private waited(now: number, sentAgain: number): void {
    const { heardNow, startedNow } = this;
    this.waits.add({
      fromMs: heardNow - startedNow,
      ms: now - heardNow,
      sentAgain: sentAgain - this.sentAgain,
    });
  }

  /** How long nothing came from the peer. */
  silentMs(): number {
    return this.context.clock.now() - this.heardNow;
  }

  /** False right after a report: nobody reads rows that fast. */
  isDue(): boolean {
    return this.context.journal.isDue(this.id);
  }

  /** @param outcome absent while it runs. */
  report(exchange: Exchange | undefined, outcome: ServedEnd | undefined): void {
    const { clock, journal } = this.context;
    const now = clock.now();
    if (outcome !== undefined && exchange !== undefined) {
      this.waited(now, exchange.machine.retransmissions);
    }
    const row = this.row(exchange, outcome?.kind === "complete", now);
    if (outcome !== undefined) {
      const verdict = verdictOf(outcome, row, this.giveUpSeconds, exchange !== undefined);
      const normal = normalEnd(this.board.profile, outcome, row);
      const missing = outcome.kind === "refused" && outcome.refusal.kind === "missing";
      this.isMissing = missing && row.direction === "read" && normal === undefined;
      // A refusal keeps its reason; what was no failure at all has none.
      const last = { ...row, ...(normal?.state === "probe" ? {} : verdict), ...normal };
      journal.report(last);
      this.lines.ended(last, lastPacketsOf(outcome));
      return;
    }
    const silentMs = this.silentMs();
    if (exchange !== undefined) {
      this.lines.waits(exchange.machine, exchange.machine.retransmissions - this.sentAgain, silentMs);
    }
    const waiting = silentMs < silenceMs ? {} : { waitingSince: Math.round(clock.wallTime() - silentMs) };
    journal.report({ ...row, ...waiting });
  }

  private row(exchange: Exchange | undefined, complete: boolean, now: number): TransferRow {
    const isRead = this.request.op === "RRQ";
    // In netascii more bytes pass than the file has.
    const size = this.details.size ?? Infinity;
    const bytes = complete && isRead ? size : Math.min(exchange?.bytes ?? 0, size);
    const elapsedMs = now - this.startedNow;
    return {
      type: "transfer",
      id: this.id,
      protocol: "tftp",
      direction: isRead ? "read" : "write",
      file: this.request.file,
      address: this.peer.address,
      port: this.peer.port,
      localAddress: this.localAddress,
      state: "running",
      bytes,
      startedAt: this.startedAt,
      bytesPerSecond: elapsedMs > 0 ? Math.round((bytes * 1000) / elapsedMs) : 0,
      options: { mode: this.request.mode },
      ...(this.board.root !== undefined && { root: this.board.root }),
      retransmissions: exchange?.machine.retransmissions ?? 0,
      ...(exchange !== undefined && measuredOf(exchange.machine, this.startedNow)),
      ...this.waits.told(),
      ...this.details,
    };
  }
}
