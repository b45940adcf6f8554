/** The rows of TFTP: one board with each block and window size, many at once, the first byte, uploads. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Reader, Reading, Task } from "./reader";
import type { Goal, Row, Sample } from "./row";
import { median, quantile } from "./statistics";

/** The files that the rows ask for; sizes in bytes. */
export interface Sizes {
  readonly whole: number;
  readonly each: number;
  /** Boards of the crowd, which load at the same time. */
  readonly clients: number;
  /** Boards of the storm, each with a small file. */
  readonly storm: number;
  readonly probes: number;
  /** Repeats of the rows in which servers differ by less than one repeat from the next. */
  readonly closeRepeats: number;
}

export const wholeFile = "whole.bin";
export const eachFile = "each.bin";
export const smallFile = "small.bin";
export const tinyFile = "tiny.bin";
export const smallBytes = 64 * 1024;
export const tinyBytes = 1024;

const cpuTime = "CPU s/GB";

const megabytesPerSecond = ({ bytes, us }: Reading): number => bytes / us;

/** Speed, and what it cost; a window that was refused is told, for then it is another race. */
function sampleOf(reading: Reading, { windowsize, blksize }: Task): Sample {
  const notes = [
    ...(reading.blksize === blksize ? [] : [`blksize ${reading.blksize}`]),
    ...(reading.windowsize === windowsize ? [] : [`×${reading.windowsize}`]),
  ];
  const also = { [cpuTime]: (reading.cpuSeconds * 1e9) / reading.bytes, resent: reading.resent };
  return {
    value: megabytesPerSecond(reading),
    also,
    ...(notes.length === 0 ? {} : { note: notes.join(", ") }),
  };
}

/** Block after block, each of which is waited for; Python's threads are the least that a user would write. */
const lockStep: readonly Goal[] = [{ ratio: 0.9 }, { ratio: 1, peer: "Python threads" }];
const windowed: readonly Goal[] = [{ ratio: 1 }];

const table: readonly (readonly [blksize: number, windowsize: number, goals: readonly Goal[]])[] = [
  [512, 1, lockStep],
  [1428, 1, lockStep],
  [1468, 1, lockStep],
  [1468, 16, windowed],
  [1468, 64, windowed],
  [8192, 32, windowed],
  [65464, 1, [{ ratio: 0.9 }]],
];

/** Bytes in flight up to which it is the waking up that takes the time, and not what bounds all servers alike. */
const smallWindow = 2048;

/** Round trip of a link of 100 metres with a switch and a board at its end. */
const linkUs = 300;

/** @param folder the served one, to take uploads away again. */
export function tftpRows(read: Reader, folder: string, sizes: Sizes): Row[] {
  const speed = (name: string, title: string, goals: readonly Goal[], task: Task): Row => ({
    name,
    title,
    unit: "MB/s",
    better: "more",
    kind: task.op === "put" ? "upload" : "tftp",
    goals,
    ...(task.windowsize * task.blksize > smallWindow && { repeats: sizes.closeRepeats }),
    async measure(peer) {
      try {
        return sampleOf(await read(peer, task), task);
      } finally {
        // The next peer writes the same name.
        if (task.op === "put") rmSync(join(folder, task.file), { force: true });
      }
    },
  });
  const whole = { op: "get", file: wholeFile } as const;
  const content = join(folder, wholeFile);
  const upload = { op: "put", file: "upload.bin", content } as const;
  const crowd = { clients: sizes.clients, file: eachFile, bytes: sizes.each, windowsize: 16 };
  return [
    ...table.map(([blksize, windowsize, goals]) =>
      speed(`read-${blksize}x${windowsize}`, `read ${blksize} × ${windowsize}`, goals, {
        ...whole,
        blksize,
        windowsize,
      }),
    ),
    overLink(read, 1, 3),
    overLink(read, 16, Math.min(sizes.closeRepeats, 9)),
    speed("upload-1468x1", "write 1468 × 1", [], { ...upload, blksize: 1468, windowsize: 1 }),
    speed("upload-1468x16", "write 1468 × 16", [], { ...upload, blksize: 1468, windowsize: 16 }),
    crowdRow(read, { ...crowd, name: "crowd", goals: crowdGoals }),
    unseen(crowdRow(read, { ...crowd, name: "unseen", goals: [] })),
    crowdRow(read, {
      ...{ name: "storm", goals: stormGoals, clients: sizes.storm },
      ...{ file: smallFile, bytes: smallBytes, windowsize: 1, few: fewAtOnce },
    }),
    firstByte(read, sizes.probes),
  ];
}

const ofTheLink = "of what the link allows";

/**
 * A link with delay. What it allows with this window is the window in the time that it takes without delay, and a
 * round trip more: the same file is read without delay right before, and both figures are those that were measured.
 */
function overLink(read: Reader, windowsize: number, repeats: number): Row {
  const task: Task = { op: "get", file: eachFile, blksize: 1468, windowsize };
  return {
    name: `link-1468x${windowsize}`,
    title: `read 1468 × ${windowsize}, round trip 0.3 ms`,
    unit: "MB/s",
    better: "more",
    kind: "tftp",
    goals: [{ ratio: 0.97 }, { also: ofTheLink, atLeast: 0.95 }],
    repeats,
    async measure(peer) {
      const rate = megabytesPerSecond(await read(peer, task));
      const reading = await read(peer, { ...task, delayUs: linkUs });
      const roundTrip = reading.heldUs ?? linkUs;
      const window = reading.windowsize * reading.blksize;
      const allowed = window / (roundTrip + window / rate);
      const sample = sampleOf(reading, task);
      const link = {
        [ofTheLink]: sample.value / allowed,
        "round trip µs": roundTrip,
        "MB/s without it": rate,
      };
      return { ...sample, also: { ...sample.also, ...link } };
    },
  };
}

/** So many boards, a few at a time, are what a board costs where they are not many. */
const fewAtOnce = 50;
const growth = `CPU × that of ${fewAtOnce} at a time`;

const crowdGoals: readonly Goal[] = [
  { ratio: 1 },
  { also: "p99/median", atMost: 1.5 },
  { also: "MB memory", atMost: 200 },
];
const stormGoals: readonly Goal[] = [{ ratio: 1 }, { also: growth, atMost: 2 }];

interface Crowd {
  readonly name: string;
  readonly goals: readonly Goal[];
  readonly clients: number;
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  readonly windowsize: number;
  /**
   * The same boards again, so many at a time: what each costs must not grow with their number, but for what a thousand
   * sockets do to the caches; a list that is searched would make it 20.
   */
  readonly few?: number;
}

/** Many boards at once: what passes in all, and whether one waits longer than another. */
function crowdRow(read: Reader, { name, goals, clients, file, bytes, windowsize, few }: Crowd): Row {
  return {
    name,
    title: `${clients} clients at once, ${bytes / 1024} KiB each, 1468 × ${windowsize}`,
    unit: "MB/s",
    better: "more",
    kind: "tftp",
    goals,
    repeats: 3,
    async measure(peer) {
      const task = { op: "get", file, blksize: 1468, windowsize, clients } as const;
      const reading = await read(peer, task);
      const sample = sampleOf(reading, task);
      const fairness = quantile(reading.endedUs, 0.99) / median(reading.endedUs);
      const grown =
        few === undefined
          ? {}
          : { [growth]: reading.cpuSeconds / (await read(peer, { ...task, atOnce: few })).cpuSeconds };
      return {
        ...sample,
        also: { ...sample.also, "p99/median": fairness, "MB memory": reading.memory / 1e6, ...grown },
      };
    },
  };
}

/**
 * What it costs that the packets are seen while nobody looks: beside the same program without tap and boot log. CPU time
 * is the bound of such a crowd, and its speed the inverse of that.
 */
const unseen = (row: Row): Row => ({
  ...row,
  title: `${row.title}, nobody looks`,
  unit: cpuTime,
  better: "less",
  kind: "unseen",
  goals: [{ ratio: 1.02 }],
  together: true,
  repeats: 24,
  async measure(peer) {
    const { value, also: { [cpuTime]: seconds = NaN, ...also } = {} } = await row.measure(peer);
    return { value: seconds, also: { [row.unit]: value, ...also } };
  },
});

/** One board after the other asks for a tiny file. */
export const probing = (probes: number): Task => ({
  op: "get",
  file: tinyFile,
  blksize: 512,
  windowsize: 1,
  clients: probes,
  atOnce: 1,
});

/** The wait of such a board for DATA 1. */
function firstByte(read: Reader, probes: number): Row {
  return {
    name: "first-byte",
    title: "first byte after RRQ, median",
    unit: "µs",
    better: "less",
    kind: "tftp",
    goals: [{ ratio: 1.2, peer: "in.tftpd" }],
    async measure(peer) {
      const { firstUs } = await read(peer, probing(probes));
      return { value: median(firstUs), also: { "p99 µs": quantile(firstUs, 0.99) } };
    },
  };
}
