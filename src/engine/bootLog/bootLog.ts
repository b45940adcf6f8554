/**
 * Writes the boot log: what the servers heard and decided becomes lines, in one log for each client. The rows are kept
 * by whoever shows them (`model/bootLog.ts`); here is only what the next packet may change.
 */

import type { BootLineRow } from "../../model/events";
import { Recent } from "../../protocol/recent";
import type { Journal } from "../journal";
import { ClientLog, type Question } from "./clientLog";
import { FileLines } from "./fileLines";
import type { Diagnosed } from "./line";
import { SessionLines } from "./sessionLines";

/** Clients that are remembered at a time; of others the next packet begins a log anew. */
const mostClients = 1_000;

/** Who sent a packet. */
export interface Sender {
  /** The id of its client; its address, where no client is known. */
  readonly client: string;
  readonly address: string | undefined;
  /** After so much silence it boots anew. */
  readonly restartMs: number;
}

export class BootLog {
  private readonly logs = new Recent<ClientLog>(mostClients);
  /** The highest number of a boot of clients that were forgotten: who shows them may have them still. */
  private lastBoot = 0;

  /** @param diagnosed hears of each diagnosis when it is made. */
  constructor(
    private readonly journal: Journal,
    private readonly diagnosed: Diagnosed = () => undefined,
  ) {}

  /** A BOOTP or DHCP request. @param claims its address is its own, and what came from there was its as well. */
  asked(sender: Sender, question: Question, claims: boolean): void {
    if (claims) this.claim(sender);
    this.logOf(sender).asked(question, sender.restartMs);
  }

  /** A file is asked for. @param transfer the id of its row. */
  fileOf(sender: Sender, protocol: BootLineRow["protocol"], transfer: string, request: string): FileLines {
    return new FileLines(this.journal, this.logOf(sender), sender.restartMs, protocol, transfer, request);
  }

  /** An FTP session begins. @param sender who is at its other end, as it is known at the time. */
  sessionOf(sender: () => Sender): SessionLines {
    return new SessionLines(() => {
      const from = sender();
      return { log: this.logOf(from), restartMs: from.restartMs };
    });
  }

  /** No question is heard any more: its lines are told as they stand. */
  settle(): void {
    for (const log of this.logs.values()) log.settleNow();
  }

  /** Every client is forgotten: no later boot has the number of one of its own. Transfers that run go on writing. */
  forget(): void {
    for (const log of this.logs.values()) this.forgetLog(log);
    this.logs.clear();
  }

  private forgetLog(log: ClientLog): void {
    log.settleNow();
    this.lastBoot = Math.max(this.lastBoot, log.boot);
  }

  private logOf({ client, address }: Sender): ClientLog {
    const log =
      this.logs.get(client) ??
      new ClientLog(this.journal, client, client === address, this.diagnosed, this.lastBoot);
    const forgotten = this.logs.set(client, log);
    if (forgotten !== undefined) this.forgetLog(forgotten);
    return log;
  }

  /** What came from an address of which no client was known. */
  private claim({ client, address, restartMs }: Sender): void {
    const stray = address === undefined || address === client ? undefined : this.logs.get(address);
    if (address === undefined || stray === undefined) return;
    this.logs.delete(address);
    if (stray.isStale(restartMs)) {
      this.forgetLog(stray);
      return;
    }
    const known = this.logs.get(client);
    stray.become(client, known);
    if (known === undefined) this.logs.set(client, stray);
  }
}
