/** One transfer as people and the boot sequences see it: its row, and what the sequences are told. */

import type { Socket } from "node:net";
import { noDataConnection, type DiagnosisCode } from "../../model/bootDiagnoses";
import type { TransferRow } from "../../model/events";
import { checkName } from "../../model/names";
import { formatSize } from "../../model/text";
import { unmapped } from "../access";
import { senderAt } from "../boardAt";
import type { FileLines } from "../bootLog/fileLines";
import type { Sums } from "../checksums";
import type { ServerContext } from "../server";
import { rounded, Waits } from "../measuring";
import type { Failure } from "./replies";

/** What a record needs to know of the session. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
}

/** Both ends of a control connection; empty where it has ended. */
export const peerOf = ({ remoteAddress = "", remotePort = 0, localAddress = "" }: Socket): Peer => ({
  address: unmapped(remoteAddress),
  port: remotePort,
  localAddress: unmapped(localAddress),
});

export class TransferRecord {
  readonly id: string;
  private row: TransferRow;
  private readonly startedAt: number;
  private lastMoved: number;
  private serving: string | undefined;
  private readonly waits = new Waits();
  private readonly lines: FileLines;

  constructor(
    private readonly context: ServerContext,
    peer: Peer,
    direction: TransferRow["direction"],
    file: string,
    options: TransferRow["options"],
    /** The board's own root; undefined: it sees everybody's. */
    root: string | undefined,
  ) {
    this.id = context.journal.nextId("ftp");
    this.startedAt = context.clock.now();
    this.lastMoved = this.startedAt;
    this.row = {
      type: "transfer",
      id: this.id,
      protocol: "ftp",
      direction,
      file,
      address: peer.address,
      port: peer.port,
      localAddress: peer.localAddress,
      state: "running",
      bytes: 0,
      startedAt: context.clock.wallTime(),
      bytesPerSecond: 0,
      options,
      ...(root !== undefined && { root }),
      retransmissions: 0,
    };
    const { mode, type, offset } = options;
    const asks = [
      direction === "read" ? "RETR" : "STOR",
      file,
      mode,
      type && `type ${type}`,
      offset && `from ${offset}`,
    ];
    this.lines = context.bootLog.fileOf(
      senderAt(context, peer.address),
      "ftp",
      this.id,
      asks.filter((part) => part !== undefined).join(" "),
    );
  }

  /** It runs. @param name in the served root, aliases resolved; `size` in bytes where it is known. */
  started(name: string, size: number | undefined): void {
    this.serving = name;
    this.lines.granted(size === undefined ? undefined : formatSize(size));
    this.lines.answered();
    this.report({
      ...(this.isOwnName(name) ? {} : { servedFile: name }),
      ...(size === undefined ? {} : { size }),
    });
    if (this.row.direction === "read") this.tellSequences("started");
  }

  /** The file was asked for by its own name. */
  private isOwnName(name: string): boolean {
    const { file } = this.row;
    if (file === name) return true;
    const asked = checkName(file);
    return "path" in asked && asked.path === name;
  }

  /** The first bytes of the file go out, or came. */
  begins(): void {
    if (this.row.firstByteMs !== undefined) return;
    this.row = { ...this.row, firstByteMs: rounded(this.context.clock.now() - this.startedAt) };
    this.lines.begins(this.row);
  }

  /** @param bytes of the file that went so far. */
  progress(bytes: number): void {
    this.waitEnds();
    this.lastMoved = this.context.clock.now();
    this.report({ bytes });
  }

  /** Something moves again, or never will. */
  private waitEnds(): void {
    if (this.row.waitingSince === undefined) return;
    const { waitingSince, ...moving } = this.row;
    const { lastMoved, startedAt } = this;
    const now = this.context.clock.now();
    this.lines.stoodStill(now - lastMoved);
    this.waits.add({ fromMs: lastMoved - startedAt, ms: now - lastMoved, sentAgain: 0 });
    this.row = { ...moving, ...this.waits.told() };
  }

  /** A fault profile has done this to it. */
  injected(what: string): void {
    this.report({ injected: [...(this.row.injected ?? []), what] });
  }

  /** Nothing moves. @returns for how many ms */
  standsStill(): number {
    const idle = this.context.clock.now() - this.lastMoved;
    this.report({ waitingSince: Math.round(this.context.clock.wallTime() - idle) });
    return idle;
  }

  /** The peer acknowledges bytes that were sent before. */
  moves(): void {
    this.progress(this.row.bytes);
  }

  /** @param sums a promise: the row waits for them, and nothing else does. */
  finished(sums: Sums | Promise<Sums | undefined> | undefined): void {
    this.end({ state: "finished" });
    if (sums instanceof Promise)
      void sums.then((late) => {
        this.publish(late);
      });
    else this.publish(sums);
    this.lines.ended(this.row, { silent: false });
    if (this.row.direction !== "read") return;
    this.tellSequences("fetched");
    this.tellSequences("ended");
  }

  failed(failure: Failure, nearest: readonly string[]): void {
    // Bytes have gone: it was begun.
    const began = failure.state === "refused" && this.row.firstByteMs !== undefined;
    this.end({
      state: began ? "failed" : failure.state,
      trouble: failure.trouble,
      ...(nearest.length === 0 ? {} : { nearest }),
    });
    this.publish();
    this.lines.ended(this.row, {
      sent: `${failure.replyCode} ${failure.trouble.message}`,
      silent: false,
      code: this.whyFailed(failure),
    });
    if (this.row.direction === "read") this.tellSequences("ended");
  }

  private whyFailed({ trouble }: Failure): DiagnosisCode | undefined {
    const { mode } = this.row.options;
    if (trouble.code !== "ftp.noDataConnection" || mode === undefined) return undefined;
    return noDataConnection(mode === "active" ? mode : "passive");
  }

  private end(last: Partial<TransferRow>): void {
    this.waitEnds();
    this.change({ ...last, endedAt: this.context.clock.wallTime() });
  }

  private report(patch: Partial<TransferRow>): void {
    const { direction, address } = this.row;
    if (direction === "write" && this.context.journal.isDue(this.id)) this.context.heardFrom?.(address);
    this.change(patch);
    this.publish();
  }

  private change(patch: Partial<TransferRow>): void {
    const row = { ...this.row, ...patch };
    const elapsedMs = Math.max(1, this.context.clock.now() - this.startedAt);
    this.row = { ...row, bytesPerSecond: Math.round((row.bytes * 1000) / elapsedMs) };
  }

  private publish(sums?: Sums): void {
    this.row = { ...this.row, ...sums };
    this.context.journal.report(this.row);
  }

  private tellSequences(stage: "started" | "fetched" | "ended"): void {
    if (this.serving === undefined) return;
    this.context.departed({ protocol: "ftp", address: this.row.address, file: this.serving, stage });
  }
}
