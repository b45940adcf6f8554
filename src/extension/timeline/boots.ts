/**
 * Makes boots of the rows that the servers tell. Which boot it is, the boot lines say; a transfer without one belongs to
 * the latest boot at its address, or after a minute of silence begins one.
 */

import { describeBootLine } from "../../model/bootLog";
import type { BootLineRow, ClientRow, Row, TransferRow } from "../../model/events";
import { mostBoots, mostFiles, mostMarks, mostNotes, type Boot, type BootFile, type Mark } from "./boot";

/** After so much silence the next transfer is another boot's. */
const quietMs = 60_000;
/** Rows that are held before those of forgotten boots are let go: more than stay, so that it is seldom. */
const mostRows = 1.25 * mostBoots * (mostFiles + mostMarks);

/** A client at these stages boots from here; others ask for an address at most. */
const bootStages: ReadonlySet<ClientRow["stage"]> = new Set(["answered", "loading", "silent", "booted"]);

interface Told {
  readonly row: TransferRow;
  /** Unix ms: when it ended, or was told of last. */
  readonly until: number;
}

/** Rows of one boot, as they are collected. */
class Draft {
  readonly lines: BootLineRow[] = [];
  readonly transfers: Told[] = [];
  from = Infinity;
  private to = -Infinity;

  /** @param client the id of its row, or its address. */
  constructor(readonly client: string) {}

  addLine(line: BootLineRow): void {
    this.lines.push(line);
    this.reaches(line.at, line.until ?? line.at);
  }

  addTransfer(told: Told): void {
    this.transfers.push(told);
    this.reaches(told.row.startedAt, told.until);
  }

  /** True where this one may be a part of it. */
  fits({ startedAt }: TransferRow): boolean {
    return startedAt >= this.from && startedAt - this.to < quietMs;
  }

  private reaches(from: number, to: number): void {
    this.from = Math.min(this.from, from);
    this.to = Math.max(this.to, to);
  }
}

const latestOf = (drafts: readonly Draft[]): Draft | undefined =>
  drafts.reduce<Draft | undefined>(
    (latest, draft) => (latest === undefined || draft.from > latest.from ? draft : latest),
    undefined,
  );

/** What begins the ids of one run of the servers: it counts its boots from 1. */
const runOf = (id: string): string => id.slice(0, id.indexOf("/") + 1);

/** A line that is drawn, or tells which boot a transfer belongs to. */
const counts = ({ event, transfer, diagnosis }: BootLineRow): boolean =>
  event === "question" || (event === "request" && transfer !== undefined) || diagnosis !== undefined;

/** Nothing that a boot says of its board is another than before. */
const isSameBoard = (known: ClientRow | undefined, { name, mac, address }: ClientRow): boolean =>
  known !== undefined && known.name === name && known.mac === mac && known.address === address;

export class Boots {
  private readonly lines = new Map<string, BootLineRow>();
  private readonly transfers = new Map<string, Told>();
  /** Those that boot from here. */
  private readonly clients = new Map<string, ClientRow>();

  /** True for a transfer of one of the boots. */
  knows(transfer: string): boolean {
    return this.transfers.has(transfer);
  }

  /** @param now Unix ms. @returns true when a boot is another one by it. */
  take(row: Row, now: number): boolean {
    switch (row.type) {
      case "client":
        if (!bootStages.has(row.stage) || row.forgotten === true) return false;
        if (isSameBoard(this.clients.get(row.id), row)) return false;
        this.clients.set(row.id, row);
        break;
      case "bootLine":
        if (!counts(row)) return false;
        this.lines.set(row.id, row);
        break;
      case "transfer":
        // Told again with all that is known.
        if (row.endedAt !== undefined && this.transfers.get(row.id)?.row === row) return false;
        this.transfers.set(row.id, { row, until: row.endedAt ?? now });
        break;
      default:
        return false;
    }
    if (this.lines.size + this.transfers.size + this.clients.size > mostRows) this.forget();
    return true;
  }

  /** The last ones, the oldest first. */
  get all(): readonly Boot[] {
    return this.drafts().map((draft) => bootOf(draft, this.clients.get(draft.client)));
  }

  private drafts(): readonly Draft[] {
    const drafts = new Map<string, Draft>();
    const homes = new Map<string, Draft>();
    for (const line of this.lines.values()) {
      const key = `${runOf(line.id)} ${line.client} ${line.boot}`;
      const draft = drafts.get(key) ?? new Draft(line.client);
      drafts.set(key, draft);
      draft.addLine(line);
      if (line.transfer !== undefined) homes.set(line.transfer, draft);
    }
    for (const [id, told] of this.transfers) homes.get(id)?.addTransfer(told);
    const all = [...drafts.values()];
    const byAddress = this.byAddress(all);
    const strays = [...this.transfers.values()].filter(({ row }) => !homes.has(row.id));
    for (const stray of strays.sort((a, b) => a.row.startedAt - b.row.startedAt)) {
      const { address } = stray.row;
      const there = byAddress.get(address) ?? [];
      byAddress.set(address, there);
      let home = latestOf(there.filter((draft) => draft.fits(stray.row)));
      if (home === undefined) {
        home = new Draft(address);
        all.push(home);
        there.push(home);
      }
      home.addTransfer(stray);
    }
    // Who asks for an address alone does not boot.
    const booted = all.filter(({ transfers, client }) => transfers.length > 0 || this.clients.has(client));
    return booted.sort((a, b) => a.from - b.from).slice(-mostBoots);
  }

  /** The boots of the boards at each address, as BOOTP or their transfers tell it. */
  private byAddress(drafts: readonly Draft[]): Map<string, Draft[]> {
    const byAddress = new Map<string, Draft[]>();
    for (const draft of drafts) {
      const told = draft.transfers.map(({ row }) => row.address);
      for (const address of new Set([...told, this.clients.get(draft.client)?.address ?? ""])) {
        byAddress.set(address, [...(byAddress.get(address) ?? []), draft]);
      }
    }
    return byAddress;
  }

  private forget(): void {
    const drafts = this.drafts();
    const lines = new Set(drafts.flatMap((draft) => draft.lines.slice(-mostMarks).map(({ id }) => id)));
    const transfers = new Set(
      drafts.flatMap((draft) => draft.transfers.slice(0, mostFiles).map(({ row }) => row.id)),
    );
    const clients = new Set(drafts.map(({ client }) => client));
    for (const id of this.lines.keys()) if (!lines.has(id)) this.lines.delete(id);
    for (const id of this.transfers.keys()) if (!transfers.has(id)) this.transfers.delete(id);
    for (const id of this.clients.keys()) if (!clients.has(id)) this.clients.delete(id);
  }
}

function bootOf({ client: row, from, lines, transfers }: Draft, known: ClientRow | undefined): Boot {
  const client = known?.mac ?? row;
  const markOf = (line: BootLineRow): Mark => ({
    at: line.at - from,
    ms: Math.max(0, (line.until ?? line.at) - line.at),
    text: describeBootLine(line),
  });
  const notes = new Set(lines.flatMap(({ diagnosis }) => diagnosis?.message ?? []));
  return {
    id: `${client} ${from}`,
    client,
    row,
    name: known?.name ?? client,
    startedAt: from,
    marks: lines
      .filter(({ event }) => event === "question")
      .map(markOf)
      .slice(-mostMarks),
    files: transfers.slice(0, mostFiles).map((told) => fileOf(told, from)),
    notes: [...notes].slice(0, mostNotes),
  };
}

function fileOf({ row, until }: Told, from: number): BootFile {
  const { id, protocol, direction, file, state, bytes, bytesPerSecond, retransmissions, options } = row;
  const { firstByteMs, firstAckMs, roundTripMs, waits, trouble, startedAt } = row;
  return {
    ...{ id, protocol, direction, file, state, bytes, bytesPerSecond, retransmissions, options },
    at: startedAt - from,
    ms: Math.max(0, until - startedAt),
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(firstAckMs !== undefined && { firstAckMs }),
    ...(roundTripMs !== undefined && { roundTripMs }),
    ...(waits !== undefined && { waits }),
    ...(trouble !== undefined && { trouble: trouble.message }),
  };
}
