/**
 * What is done otherwise for a board that does not do as the documents say. One table: the plan's parser, the schema,
 * docs/boards.md and the servers go by it.
 */

interface Flag {
  readonly kind: "flag";
}

interface WholeNumber {
  readonly kind: "number";
  readonly min: number;
  readonly max: number;
}

interface QuirkDefinition {
  /** What the servers then do, as schema and documentation say it. */
  readonly meaning: string;
  /** A value to begin with. */
  readonly example: boolean | number;
  readonly value: Flag | WholeNumber;
  /** The TFTP option whose outcome it explains; a row names the quirk there. */
  readonly option?: string;
}

const flag: Flag = { kind: "flag" };
const from = (min: number, max: number): WholeNumber => ({ kind: "number", min, max });

/** Every quirk by its name in a plan. */
export const quirkTable = {
  maxBlksize: {
    value: from(8, 65464),
    example: 1468,
    option: "blksize",
    meaning: "The largest TFTP blksize that is granted (RFC 2348).",
  },
  maxWindowsize: {
    value: from(1, 65535),
    example: 1,
    option: "windowsize",
    meaning: "The largest TFTP windowsize that is granted (RFC 7440).",
  },
  noTsize: {
    value: flag,
    example: true,
    meaning: "TFTP's tsize is left out of the OACK, as if it had not been asked for.",
  },
  noOptions: {
    value: flag,
    example: true,
    option: "blksize",
    meaning: "All TFTP options are ignored: blocks of 512 bytes, one at a time (RFC 1350).",
  },
  rollover: {
    value: from(0, 1),
    example: 1,
    meaning:
      "The number of the TFTP block after 65535: 0, as nearly everybody counts, or 1. With 1 windowsize is 1: in a window, 1 would also mean that 0 was lost.",
  },
  duplicatePackets: {
    value: flag,
    example: true,
    option: "windowsize",
    meaning: "Every TFTP DATA packet is sent twice, 1 ms apart. windowsize is 1 then.",
  },
  answerDelayMs: {
    value: from(0, 5000),
    example: 1000,
    meaning:
      "So many milliseconds pass before a BOOTP or DHCP answer, and before the first packet of a TFTP transfer.",
  },
  alwaysBroadcast: {
    value: flag,
    example: true,
    meaning: "BOOTP and DHCP answers are broadcast, also to a board that says it has an address (ciaddr).",
  },
  singlePort: {
    value: flag,
    example: true,
    meaning: "TFTP transfers stay on the port that was asked, 69, and get no port of their own.",
  },
} as const satisfies Readonly<Record<string, QuirkDefinition>>;

export type QuirkName = keyof typeof quirkTable;

export const quirkNames = Object.keys(quirkTable) as readonly QuirkName[];

export const quirkDefinition = (name: QuirkName): QuirkDefinition => quirkTable[name];

/** Quirks as a plan writes them, or as they hold for one board: what is absent, false or 0 is not done. */
export type Quirks = {
  readonly [Name in QuirkName]?: (typeof quirkTable)[Name]["value"] extends Flag ? boolean : number;
};

const none: Quirks = {};

/** What holds where several places of a plan say something: of each key what stands last. Only what is done is in it. */
export function mergeQuirks(...places: readonly (Quirks | undefined)[]): Quirks {
  const said = places.filter((place) => place !== undefined);
  if (said.length === 0) return none;
  const merged = said.reduce<Quirks>((all, place) => ({ ...all, ...place }), none);
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => Boolean(value)));
}
