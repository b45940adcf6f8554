/** Whose transfer it was: TFTP and FTP know an address, boot sequences know clients (DESIGN §2.1, "That client"). */

import type { BootpPlan, Client } from "./clients";
import { waitsFor, type TransferStage } from "./sequence";

/** A stage of a transfer, as `engine/server.ts` tells it. */
export interface TransferNews {
  readonly protocol: string;
  readonly address: string;
  /** In the served root, aliases resolved. */
  readonly file: string;
  readonly stage: TransferStage;
}

const plainName = (name: string): string => name.replace(/[\\/]+/g, "/").replace(/^(\.?\/)+/, "");

/**
 * True for every name that leads to this file: its own, and the plan's aliases of it. Each name is followed once: it is
 * asked for every client that waits, and strangers are many.
 */
export function leadsTo(plan: BootpPlan, file: string): (name: string) => boolean {
  const wanted = plainName(file);
  const followed = new Map<string, boolean>();
  const follow = (name: string): boolean => {
    const plain = plainName(name);
    const alias = Object.entries(plan.aliases).find(([requested]) => plainName(requested) === plain)?.[1];
    return plainName(alias ?? name) === wanted;
  };
  return (name) => {
    const leads = followed.get(name) ?? follow(name);
    followed.set(name, leads);
    return leads;
  };
}

/**
 * The client at the transfer's address, else the only one that waits for the file. Of several at one address: those
 * whose last answer named this very file, of these the last asker.
 * @param there those with this address as `ciaddr`, source or `yiaddr` of their last request.
 */
export function clientOf(
  there: readonly Client[],
  all: Iterable<Client>,
  isFile: (name: string) => boolean,
): Client | undefined {
  if (there.length > 0) {
    const named = there.filter(({ file }) => file !== undefined && file !== "" && isFile(file));
    return lastAsker(named.length > 0 ? named : there);
  }
  // Where a verification fetches from is always known: from the address that it asked from.
  const waiting = [...all].filter(({ cursor, verification }) => !verification && waitsFor(cursor, isFile));
  return waiting.length === 1 ? waiting[0] : undefined;
}

/** The one that asked last. */
export const lastAsker = (clients: readonly Client[]): Client | undefined =>
  clients.reduce<Client | undefined>(
    (last, client) =>
      last === undefined || (client.cursor.lastRequestAt ?? 0) >= (last.cursor.lastRequestAt ?? 0)
        ? client
        : last,
    undefined,
  );

interface Running {
  readonly clientId: string | undefined;
  readonly stage: TransferStage;
}

const order: readonly TransferStage[] = ["started", "sent", "fetched", "ended"];

/**
 * Transfers that run, so that one stays its client's although another client at the same address asks meanwhile.
 * Several of one file to one address cannot be told apart; the one that is furthest behind moves first.
 */
export class RunningTransfers {
  private readonly byKey = new Map<string, Running[]>();

  /** The id of the client that this news is about; `find` says it for a transfer that has none yet. */
  owner(news: TransferNews, find: () => string | undefined): string | undefined {
    const key = `${news.protocol} ${news.address} ${news.file}`;
    const running = this.byKey.get(key) ?? [];
    if (news.stage === "started") {
      const clientId = find();
      running.push({ clientId, stage: "started" });
      this.byKey.set(key, running);
      return clientId;
    }
    const index = this.subject(running, news.stage);
    const subject = running[index];
    // News of a transfer whose start was not told.
    if (subject === undefined) return news.stage === "ended" ? undefined : find();
    const { clientId } = subject;
    running.splice(index, 1);
    if (news.stage !== "ended") running.push({ clientId, stage: news.stage });
    else if (running.length === 0) this.byKey.delete(key);
    return clientId;
  }

  /** Which one it is about: the first that has not come so far; of the ending ones the one that came furthest. */
  private subject(running: readonly Running[], stage: TransferStage): number {
    if (stage !== "ended")
      return running.findIndex((each) => order.indexOf(each.stage) < order.indexOf(stage));
    const furthest = running.reduce((most, each) => Math.max(most, order.indexOf(each.stage)), 0);
    return running.findIndex((each) => order.indexOf(each.stage) === furthest);
  }
}
