/** What is injected into whose packets: chooses for each transfer and each board what its profiles say together. */

import { Recent } from "../../protocol/recent";
import { Chance, Disturber, Remaining, Told } from "./disturber";
import { formatBytes, formatTime } from "./parser";
import type { DataFault, FaultProfile, Faults, PacketFault, Place, Rates, ReplyFault } from "./profile";
import { seededRandom } from "./random";

/** Who is at the other end, as far as it is known. */
export interface FaultBoard {
  readonly address: string;
  /** Lower case with colons. */
  readonly mac?: string | undefined;
  /** In the plan. */
  readonly name?: string | undefined;
}

/** Boards whose counts are remembered; a flood must not fill the memory. */
const mostBoards = 1024;
/** Far from the streams of the transfers. */
const boardStreams = 0x4000_0000;

/** Another stream of numbers for each: the golden ratio keeps neighbours apart. */
const streamOf = (seed: number, stream: number): (() => number) =>
  seededRandom((seed ^ Math.imul(stream + 1, 0x9e37_79b9)) >>> 0);

const isAbout = ({ board }: FaultProfile, { address, mac, name }: FaultBoard): boolean =>
  board === undefined || board === address || board === mac || board === name;

const isPacketFault = (place: Place): place is PacketFault => "packet" in place;
const isAnswer = (place: Place): place is PacketFault => isPacketFault(place) && place.packet === "answer";
const isDataFault = (place: Place): place is DataFault => "bytes" in place;
const isReplyFault = (place: Place): place is ReplyFault => place.fault === "ftp";

/** What happens to the answers and the data connections of one board, counted from the profile's beginning on. */
export class BoardFaults {
  private readonly answers: Remaining<PacketFault>;
  private readonly replies: Remaining<ReplyFault>;
  private readonly data: Remaining<DataFault>;
  private readonly chance: Chance;

  constructor(rates: Rates, places: readonly Place[], random: () => number) {
    this.answers = new Remaining(places.filter(isAnswer));
    this.replies = new Remaining(places.filter(isReplyFault));
    this.data = new Remaining(places.filter(isDataFault));
    this.chance = new Chance(rates, random);
  }

  /** What happens to one answer of BOOTP: when its copies go, in ms from now, and how that is told. */
  answer(): Pick<Told, "lines" | "note"> & { readonly dueMs: readonly number[] } {
    const told = new Told("answer");
    const due = (...dueMs: readonly number[]): ReturnType<BoardFaults["answer"]> => ({
      dueMs,
      lines: told.lines,
      note: told.note,
    });
    let [copies, heldMs] = [1, 0];
    for (const fault of this.answers.which(() => true)) {
      this.answers.take(fault);
      if (fault.fault === "drop") {
        told.add("answer dropped");
        return due();
      }
      if (fault.fault === "double") copies += 1;
      heldMs += fault.ms ?? 0;
      told.add(fault.fault === "stall" ? `answer held for ${formatTime(fault.ms ?? 0)}` : "answer doubled");
    }
    const drawn = Array.from({ length: copies }, () => this.chance.draw(told)).flat();
    return due(...drawn.map((ms) => ms + heldMs));
  }

  /** The code that the next RETR or STOR is answered with; undefined: it is carried out. */
  reply(): number | undefined {
    const [fault] = this.replies.which(() => true);
    if (fault !== undefined) this.replies.take(fault);
    return fault?.code;
  }

  /** The first thing that happens to a data connection between two of its bytes, `from` not included. */
  within(from: number, to: number): DataFault | undefined {
    return this.data
      .which(({ bytes }) => bytes > from && bytes <= to)
      .reduce<DataFault | undefined>(
        (first, each) => (first && first.bytes <= each.bytes ? first : each),
        undefined,
      );
  }

  /** It has happened. @returns how that is told. */
  happened(fault: DataFault): string {
    this.data.take(fault);
    const where = formatBytes(fault.bytes);
    return fault.ms === undefined
      ? `data connection cut after ${where}`
      : `data held after ${where} for ${formatTime(fault.ms)}`;
  }
}

export class Injection {
  private transfers = 0;
  private boards = 0;
  private readonly byBoard = new Recent<BoardFaults>(mostBoards);

  constructor(private readonly faults: Faults) {}

  /** Of a new TFTP transfer; undefined: nothing happens to it. */
  transfer(board: FaultBoard): Disturber | undefined {
    const { rates, places } = this.of(board);
    const packets = places.filter((place) => isPacketFault(place)).filter((place) => !isAnswer(place));
    if (packets.length === 0 && !hasRates(rates)) return undefined;
    const { seed } = this.faults;
    const stream = 2 * this.transfers++;
    return new Disturber(rates, packets, { out: streamOf(seed, stream), in: streamOf(seed, stream + 1) });
  }

  /** Of a board's answers and data connections; undefined: nothing happens to them. */
  board(board: FaultBoard): BoardFaults | undefined {
    const key = board.mac ?? board.address;
    const known = this.byBoard.get(key);
    if (known !== undefined) return known;
    const { rates, places } = this.of(board);
    if (places.length === 0 && !hasRates(rates)) return undefined;
    const faults = new BoardFaults(rates, places, streamOf(this.faults.seed, boardStreams + this.boards++));
    this.byBoard.set(key, faults);
    return faults;
  }

  /** What all profiles about a board say together: of each rate what stands last. */
  private of(board: FaultBoard): { readonly rates: Rates; readonly places: readonly Place[] } {
    const profiles = this.faults.profiles.filter((profile) => isAbout(profile, board));
    return {
      rates: Object.assign({}, ...profiles.map(({ rates }) => rates)) as Rates,
      places: profiles.flatMap(({ places }) => places),
    };
  }
}

const hasRates = ({ loss, duplicate, reorder, delay }: Rates): boolean =>
  [loss, duplicate, reorder, delay?.[1]].some((rate = 0) => rate > 0);
