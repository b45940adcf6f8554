/**
 * What happens to the packets of one TFTP transfer under a fault profile. Pure: packets and the time go in, packets and
 * when they are due come out; the same seed and the same packets give the same faults.
 */

import { formatDuration } from "../text";
import { dataHeader, defaultBlksize, packetOf, type Packet } from "../../protocol/tftp/packet";
import type { PacketFault, PacketName, Rates } from "./profile";

/** How long a packet waits that others are to overtake. */
const reorderMs = 20;

/** One packet that is to arrive. */
export interface Carried {
  readonly packet: Uint8Array;
  /** Monotonic ms; undefined: at once. */
  readonly at: number | undefined;
  /** What was done to it, for who looks at the packets; undefined: nothing that shows in it. */
  readonly note: string | undefined;
  /** It comes from a port that has nothing to do with the transfer. */
  readonly foreign: boolean;
}

/** What is said of a packet, beside its bytes. */
const inNote = (what: string): string => `injected fault: ${what}`;

/** Counts what was done, in the words of the rows: `DATA 17 dropped ×2`. */
export class Told {
  private readonly counts = new Map<string, number>();
  /** What was done to the packet that came last. */
  private latest: string[] = [];

  /** @param packet what it is called. */
  constructor(private packet = "packet") {}

  /** Another packet comes. */
  next(packet: string): void {
    this.packet = packet;
    this.latest = [];
  }

  /** For who looks at the packets; undefined: nothing that is worth a word. */
  get note(): string | undefined {
    return this.latest.length === 0 ? undefined : inNote(this.latest.join(", "));
  }

  add(what: string): void {
    this.latest.push(what);
    this.count(what);
  }

  /** A rate has done this to it. */
  drawn(what: "lost" | "doubled" | "overtaken" | "delayed"): void {
    // Where packets are delayed all of them are.
    if (what !== "delayed") this.latest.push(`${this.packet} ${what}`);
    this.count(`packet ${what}`);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  get lines(): readonly string[] {
    return [...this.counts].map(([what, times]) => (times === 1 ? what : `${what} ×${times}`));
  }
}

/** Draws for the packets of one direction. */
export class Chance {
  constructor(
    private readonly rates: Rates,
    private readonly random: () => number,
  ) {}

  /** When each copy of a packet is due, in ms from now; none: it is lost. */
  draw(told: Told): readonly number[] {
    const { loss, duplicate, reorder } = this.rates;
    if (this.happens(loss)) {
      told.drawn("lost");
      return [];
    }
    const copies = this.happens(duplicate) ? 2 : 1;
    if (copies === 2) told.drawn("doubled");
    return Array.from({ length: copies }, () => {
      const late = this.happens(reorder);
      if (late) told.drawn("overtaken");
      return this.delay(told) + (late ? reorderMs : 0);
    });
  }

  private happens(percent = 0): boolean {
    return percent > 0 && this.random() * 100 < percent;
  }

  private delay(told: Told): number {
    const { delay } = this.rates;
    if (delay === undefined) return 0;
    told.drawn("delayed");
    return delay[0] + this.random() * (delay[1] - delay[0]);
  }
}

/** Faults with a number of times each: which of them still happen. */
export class Remaining<Fault extends { readonly times: number }> {
  private readonly left: { readonly fault: Fault; times: number }[];

  constructor(faults: readonly Fault[]) {
    this.left = faults.map((fault) => ({ fault, times: fault.times }));
  }

  /** Those that are left and fit. */
  which(fits: (fault: Fault) => boolean): readonly Fault[] {
    return this.left.flatMap(({ fault, times }) => (times > 0 && fits(fault) ? [fault] : []));
  }

  /** It has happened once more. */
  take(fault: Fault): void {
    const entry = this.left.find((each) => each.fault === fault);
    if (entry !== undefined) entry.times -= 1;
  }
}

type Direction = "out" | "in";

/** A packet as places name it. */
interface Name {
  readonly op: Packet["op"];
  readonly block: number | undefined;
  readonly last: boolean;
}

const words: Readonly<Partial<Record<PacketName, string>>> = {
  oack: "OACK",
  "last-data": "last DATA",
  "last-ack": "last ACK",
};

/** `DATA 17`, `last ACK`. */
const describePacket = ({ packet, block }: PacketFault): string =>
  words[packet] ?? `${packet.toUpperCase()} ${block ?? 0}`;

/** `DATA 17 dropped`, `OACK held for 20.0 s`. */
function describeFault(fault: PacketFault): string {
  const time = fault.ms === undefined ? "" : ` for ${formatDuration(fault.ms)}`;
  return `${describePacket(fault)} ${done[fault.fault]}${time}`;
}

/** A copy with another byte in the middle of its data. */
function spoilt(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  const at = dataHeader + Math.floor((copy.length - dataHeader) / 2);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

const half = (packet: Uint8Array): Uint8Array =>
  packet.slice(0, dataHeader + Math.floor((packet.length - dataHeader) / 2));

export class Disturber {
  /** What was agreed: a shorter DATA is the last one. */
  blksize = defaultBlksize;
  private readonly told = new Told();
  private readonly faults: Remaining<PacketFault>;
  private readonly chances: Readonly<Record<Direction, Chance>>;
  /** Until then nothing comes, each way. */
  private readonly stalled: Record<Direction, number> = { out: -Infinity, in: -Infinity };
  /** What waits for that: what is sent again meanwhile is not sent twice. */
  private readonly held: Readonly<Record<Direction, Set<string>>> = { out: new Set(), in: new Set() };
  /** The number of the last block, once it was seen. */
  private lastBlock: number | undefined;

  /** @param random of each direction: what the other one does changes nothing. */
  constructor(
    rates: Rates,
    faults: readonly PacketFault[],
    random: Readonly<Record<Direction, () => number>>,
  ) {
    this.faults = new Remaining(faults);
    this.chances = { out: new Chance(rates, random.out), in: new Chance(rates, random.in) };
  }

  /** What was done so far, as the row says it. */
  get lines(): readonly string[] {
    return this.told.lines;
  }

  /** What was done to the packet that came last, lost ones included; undefined: nothing that is worth a word. */
  get note(): string | undefined {
    return this.told.note;
  }

  /** Longest that a packet may be held back by its place. */
  get longestStallMs(): number {
    return Math.max(0, ...this.faults.which(({ ms }) => ms !== undefined).map(({ ms = 0 }) => ms));
  }

  /** True where another port is needed. */
  get wantsForeignPort(): boolean {
    return this.faults.which(({ fault }) => fault === "wrong-tid").length > 0;
  }

  /** @param direction `out`: the server sends it. @returns what arrives of it, and when. */
  disturb(direction: Direction, packet: Uint8Array, now: number): readonly Carried[] {
    const name = this.nameOf(packet);
    let carried = packet;
    let copies = 1;
    const foreign: Carried[] = [];
    this.told.next(name.block === undefined ? name.op : `${name.op} ${name.block}`);
    for (const fault of this.faults.which((each) => fits(each, name, direction))) {
      this.faults.take(fault);
      const what = describeFault(fault);
      this.told.add(what);
      if (fault.fault === "drop") return [];
      if (fault.fault === "double") copies += 1;
      if (fault.fault === "corrupt") carried = spoilt(carried);
      if (fault.fault === "truncate") carried = half(carried);
      if (fault.fault === "wrong-tid")
        foreign.push({ packet: spoilt(packet), at: undefined, note: inNote(what), foreign: true });
      if (fault.fault === "stall") this.stalled[direction] = now + (fault.ms ?? 0);
    }
    const due = this.dueAfterStall(direction, name, now);
    if (due === undefined) return foreign;
    const times = Array.from({ length: copies }, () => this.chances[direction].draw(this.told)).flat();
    const { note } = this.told;
    return [
      ...foreign,
      ...times.map((ms) => {
        const at = due + ms;
        return { packet: carried, at: at > now ? at : undefined, note, foreign: false };
      }),
    ];
  }

  /** When a packet may go that is on its way now; undefined: the same one waits already. */
  private dueAfterStall(direction: Direction, { op, block }: Name, now: number): number | undefined {
    const held = this.held[direction];
    const until = this.stalled[direction];
    if (until <= now) {
      held.clear();
      return now;
    }
    const key = `${op} ${block ?? ""}`;
    if (held.has(key)) return undefined;
    held.add(key);
    return until;
  }

  private nameOf(packet: Uint8Array): Name {
    const decoded = packetOf(packet);
    if (decoded?.op === "DATA") {
      const last = decoded.data.length < this.blksize;
      if (last) this.lastBlock = decoded.block;
      return { op: "DATA", block: decoded.block, last };
    }
    if (decoded?.op === "ACK")
      return { op: "ACK", block: decoded.block, last: decoded.block === this.lastBlock };
    return { op: decoded?.op ?? "ERROR", block: undefined, last: false };
  }
}

const done: Readonly<Record<PacketFault["fault"], string>> = {
  drop: "dropped",
  double: "doubled",
  stall: "held",
  corrupt: "corrupted",
  truncate: "cut short",
  "wrong-tid": "sent from another port too",
};

/** True where the fault is about this packet. */
function fits({ fault, packet, block }: PacketFault, name: Name, direction: Direction): boolean {
  // What comes from another port comes from the server's side.
  if (fault === "wrong-tid" && direction === "in") return false;
  switch (packet) {
    case "data":
    case "ack":
      return name.op === packet.toUpperCase() && name.block === block;
    case "oack":
      return name.op === "OACK";
    case "last-data":
      return name.op === "DATA" && name.last;
    case "last-ack":
      return name.op === "ACK" && name.last;
    case "answer":
      return false;
  }
}
