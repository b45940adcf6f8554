/**
 * Fault profiles: how the servers are to misbehave towards a board, for who wants to see its boot loader recover.
 * One table: the parser, its messages, docs/faults.md and the editor's list go by it.
 */

/** Shares of the packets in percent; milliseconds. */
export interface Rates {
  readonly loss?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly delay?: readonly [min: number, max: number];
  readonly seed?: number;
}

export type RateName = keyof Rates;

interface RateDefinition {
  /** How its value is written. */
  readonly value: string;
  readonly meaning: string;
  readonly example: string;
}

export const rateTable: Readonly<Record<RateName, RateDefinition>> = {
  loss: {
    value: "PERCENT",
    example: "loss=5",
    meaning: "So many packets in a hundred are lost, each way.",
  },
  duplicate: {
    value: "PERCENT",
    example: "duplicate=1",
    meaning: "So many packets in a hundred come twice, each way.",
  },
  reorder: {
    value: "PERCENT",
    example: "reorder=2",
    meaning: "So many packets in a hundred come 20 ms later, so that the next ones overtake them.",
  },
  delay: {
    value: "MS or MS-MS",
    example: "delay=20-50",
    meaning: "Every packet comes so many milliseconds later, at least and at most.",
  },
  seed: {
    value: "NUMBER",
    example: "seed=7",
    meaning: "What all of these are drawn from: with the same seed the same packets are chosen again.",
  },
};

export const rateNames = Object.keys(rateTable) as readonly RateName[];

/** Packets that can be named; `data` and `ack` are followed by the block's number. */
export const packetTable = {
  data: "DATA N, as its number stands in the packet (0–65535)",
  ack: "ACK N, likewise",
  oack: "the OACK",
  "last-data": "the last DATA of the file",
  "last-ack": "the ACK of the last DATA",
  answer: "an answer of BOOTP or DHCP",
} as const;

export type PacketName = keyof typeof packetTable;

/** Something that happens to a packet. */
export interface PacketFault {
  readonly fault: "drop" | "double" | "stall" | "corrupt" | "truncate" | "wrong-tid";
  readonly packet: PacketName;
  /** Of `data` and `ack`. */
  readonly block?: number;
  /** Of `stall`. */
  readonly ms?: number;
  readonly times: number;
}

/** Something that happens to a data connection of FTP after so many bytes. */
export interface DataFault {
  readonly fault: "cut-data" | "stall-data";
  readonly bytes: number;
  /** Of `stall-data`. */
  readonly ms?: number;
  readonly times: number;
}

/** FTP answers RETR and STOR with this code, and nothing is transferred. */
export interface ReplyFault {
  readonly fault: "ftp";
  readonly code: number;
  readonly times: number;
}

export type Place = PacketFault | DataFault | ReplyFault;
export type FaultName = Place["fault"];

/** What follows the name of a fault, in this order. */
type Argument = "packet" | "size" | "time" | "code";

interface FaultDefinition {
  readonly takes: readonly Argument[];
  /** Of those that are about a packet: which. */
  readonly packets?: readonly PacketName[];
  /** The packet where none is named. */
  readonly otherwise?: { readonly packet: PacketName; readonly block: number };
  readonly example: string;
  readonly meaning: string;
}

const anyPacket = Object.keys(packetTable) as readonly PacketName[];

export const faultTable: Readonly<Record<FaultName, FaultDefinition>> = {
  drop: {
    takes: ["packet"],
    packets: anyPacket,
    example: "drop data 17 x2",
    meaning: "The packet is lost. Sent again, it is lost again until it was lost so many times.",
  },
  double: {
    takes: ["packet"],
    packets: anyPacket,
    example: "double ack 3",
    meaning: "The packet comes twice.",
  },
  stall: {
    takes: ["packet", "time"],
    packets: anyPacket,
    example: "stall data 100 20s",
    meaning: "From this packet on nothing comes for so long; then it goes on where it stood.",
  },
  corrupt: {
    takes: ["packet"],
    packets: ["data", "last-data"],
    example: "corrupt data 3",
    meaning: "A byte in the middle of its data is another one, and no checksum of the network says so.",
  },
  truncate: {
    takes: ["packet"],
    packets: ["data"],
    otherwise: { packet: "data", block: 1 },
    example: "truncate data 3",
    meaning:
      "Only the first half of its data comes, so that the file seems to end there. Without a packet: DATA 1.",
  },
  "wrong-tid": {
    takes: ["packet"],
    packets: ["data", "ack"],
    otherwise: { packet: "data", block: 2 },
    example: "wrong-tid data 2",
    meaning:
      "Before this packet of the server a spoilt copy comes from another port: a board answers that with ERROR 5 and goes on (RFC 1350 §4). Without a packet: DATA 2.",
  },
  ftp: {
    takes: ["code"],
    example: "ftp 425",
    meaning:
      "RETR and STOR are answered with this code (400–599) and nothing else; 421 ends the session too.",
  },
  "cut-data": {
    takes: ["size"],
    example: "cut-data 1MB",
    meaning: "FTP's data connection is reset after so many bytes, and the reply is 426.",
  },
  "stall-data": {
    takes: ["size", "time"],
    example: "stall-data 64KiB 20s",
    meaning: "FTP's data connection stands still for so long after so many bytes.",
  },
};

export const faultNames = Object.keys(faultTable) as readonly FaultName[];

/** `drop PACKET [xN]`: how a fault is written. */
export function formOf(name: FaultName): string {
  const { takes, otherwise } = faultTable[name];
  const words = takes.map((argument) => {
    const word = argument.toUpperCase();
    return otherwise === undefined ? word : `[${word}]`;
  });
  return [name, ...words, "[xN]"].join(" ");
}

/** What happens to whom. */
export interface FaultProfile {
  /** A MAC (lower case with colons), an address, or a client's name in the plan; absent: every board. */
  readonly board?: string;
  readonly rates: Rates;
  readonly places: readonly Place[];
}

/** All that is to be injected. */
export interface Faults {
  readonly profiles: readonly FaultProfile[];
  readonly seed: number;
}

/** Seeds are 32 bits. */
export const mostSeed = 0xffff_ffff;

/** A seed that is drawn lies below it: it is written down and typed again. */
export const shownSeeds = 10_000;

/** @param otherwise the seed where no profile has one. */
export function faultsOf(profiles: readonly FaultProfile[], otherwise: number): Faults {
  const seed = profiles.reduce<number | undefined>((last, { rates }) => rates.seed ?? last, undefined);
  return { profiles, seed: seed ?? otherwise };
}
