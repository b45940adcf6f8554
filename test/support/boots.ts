/** Boots and rows for tests of the timeline: each says only what it is about. */

import type { Boot, BootFile } from "../../src/extension/timeline/boot";
import { Boots } from "../../src/extension/timeline/boots";
import { page } from "../../src/extension/timeline/page";
import type { Shape } from "../../src/extension/timeline/shape";
import type { BootLineRow, ClientRow, Row, TransferRow } from "../../src/model/events";
import { client } from "./viewRows";

/** A drawing and all that it is made of. */
export const every = (shape: Shape): Shape[] => [
  shape,
  ...shape.children.flatMap((child) => (typeof child === "string" ? [] : every(child))),
];

export const withClass = (shape: Shape, name: string): Shape[] =>
  every(shape).filter(({ attributes }) => (attributes["class"] ?? "").split(" ").includes(name));

/** What the timeline says of the boots in these rows, as a screen reader tells it: a text for each of its rows. */
export function spokenTimeline(rows: readonly Row[]): string[] {
  const boots = new Boots();
  const now = Date.now();
  for (const row of rows) boots.take(row, now);
  const open = boots.all.map(({ id }) => id);
  return withClass(page(boots.all, { compare: [], open }, now), "row").map(
    ({ attributes }) => attributes["aria-label"] ?? "",
  );
}

export const bootFile = (name: string, at: number, ms: number, more: Partial<BootFile> = {}): BootFile => ({
  id: `1/${name}-${at}`,
  protocol: "tftp",
  direction: "read",
  file: name,
  state: "finished",
  at,
  ms,
  bytes: 1024,
  bytesPerSecond: ms > 0 ? Math.round(1_024_000 / ms) : 0,
  retransmissions: 0,
  options: { blksize: 1468 },
  ...more,
});

export const bootOf = (files: readonly BootFile[], more: Partial<Boot> = {}): Boot => {
  const { client = "52:54:00:12:34:56", startedAt = 1_000_000 } = more;
  return {
    id: `${client} ${startedAt}`,
    client,
    name: "bench-1",
    startedAt,
    marks: [],
    files,
    notes: [],
    ...more,
  };
};

export const bootClient = (lastSeenAt: number, more: Partial<ClientRow> = {}): ClientRow =>
  client({ detail: "", lastSeenAt, ...more });

export const bootTransfer = (
  file: string,
  startedAt: number,
  more: Partial<TransferRow> = {},
): TransferRow => ({
  type: "transfer",
  id: `1/tftp-${file}-${startedAt}`,
  protocol: "tftp",
  direction: "read",
  file,
  address: "192.168.7.10",
  port: 2000,
  localAddress: "192.168.7.1",
  state: "finished",
  bytes: 1024,
  size: 1024,
  startedAt,
  endedAt: startedAt + 500,
  bytesPerSecond: 2048,
  options: { mode: "octet", blksize: 1468 },
  retransmissions: 0,
  ...more,
});

/** Of a question, or of the request of a transfer, in the first boot of the client. */
export const bootLine = (at: number, more: Partial<BootLineRow> = {}): BootLineRow => ({
  type: "bootLine",
  id: `1/boot-${at}`,
  client: "52:54:00:12:34:56",
  boot: 1,
  at,
  protocol: "bootp",
  event: "question",
  request: "BOOTP xid 1",
  answer: "192.168.7.10 file u-boot.bin",
  ...more,
});
