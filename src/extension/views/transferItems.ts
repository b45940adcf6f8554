/** The Transfers view as data: what runs first, then what has ended, the latest on top. */

import type { TransferRow, TransferState } from "../../model/events";
import { outsiderOf } from "../../model/outside";
import { wordOnMissing } from "../../model/missing";
import { describeMeasured } from "../../model/measured";
import { describeTransferOptions } from "../../model/quirkWords";
import { formatDuration, formatSize } from "../../model/text";
import { colours, describeTrouble, joined, type Item } from "./item";
import { capitalized, count, formatList, percent, quoted } from "../words";

const looks: Readonly<Record<TransferState, { readonly icon: string; readonly colour?: string }>> = {
  running: { icon: "loading~spin", colour: colours.busy },
  finished: { icon: "pass", colour: colours.good },
  failed: { icon: "error", colour: colours.bad },
  refused: { icon: "circle-slash", colour: colours.warning },
  probe: { icon: "symbol-numeric" },
  cancelled: { icon: "circle-slash", colour: colours.warning },
};

const endedAt = ({ endedAt: end, startedAt }: TransferRow): number => end ?? startedAt;

/** True for a request of a name that is not in the served root. */
export const isMissing = ({ state, trouble, direction }: TransferRow): boolean =>
  state === "refused" && direction === "read" && trouble?.code === "file.missing";

/** True where a file stands behind the row: an upload has none before it is complete. */
const hasFile = ({ state, direction }: TransferRow): boolean =>
  state === "finished" || (direction === "read" && state !== "refused");

/** Who a row is about, by address. */
export type NameOf = (address: string) => string;

const speed = ({ bytesPerSecond }: TransferRow): string => `${formatSize(Math.round(bytesPerSecond))}/s`;

/** `1.2 MiB in 3.4 s`. */
const took = (row: TransferRow): string =>
  `${formatSize(row.bytes)} in ${formatDuration(endedAt(row) - row.startedAt)}`;

/** `80 %`, else the bytes so far. */
const far = ({ bytes, size }: TransferRow): string => percent(bytes, size) ?? formatSize(bytes);

function progress(row: TransferRow, now: number): string {
  const { waitingSince } = row;
  if (waitingSince === undefined) return joined(" · ", far(row), speed(row));
  return `${far(row)} · waiting for the board, ${Math.round((now - waitingSince) / 1000)} s`;
}

function outcome(row: TransferRow, times: number): string {
  const { state, bytes, size, nearest = [], trouble, normal } = row;
  const again = times > 1 && `asked ${times} times`;
  switch (state) {
    case "running":
      return "";
    case "finished":
      return joined(" · ", took(row), speed(row));
    case "probe":
      return joined(" · ", normal?.why ?? "asked for the size only", again);
    case "refused": {
      const why = isMissing(row) ? "not found" : `refused: ${quoted(trouble?.message ?? "")}`;
      const like = nearest.length > 0 && `nearest: ${formatList(nearest.map(quoted))}`;
      return joined(" · ", why, normal && `a ${normal.board} ${normal.why}`, like, again);
    }
    case "failed":
    case "cancelled": {
      const at = bytes > 0 && size !== undefined && `at ${far(row)}`;
      // The trouble of a board that went away says it as well.
      const isSaid = at !== false && trouble?.message.includes(at) === true;
      return joined(" · ", joined(" ", state, !isSaid && at), trouble && quoted(trouble.message));
    }
  }
}

/** What the row is of: a file, or a session that was refused before it asked for one. */
const subject = ({ isSession, file }: TransferRow): string =>
  isSession === true ? "FTP session" : quoted(file);

/** A board gets what it reads; what it writes comes from it, and a session does. */
const goesTo = ({ isSession, direction }: TransferRow): boolean => isSession !== true && direction === "read";

const wayOf = (row: TransferRow): string => `${subject(row)} ${goesTo(row) ? "to" : "from"}`;

/** All there is to know, a line each. */
function tooltip(row: TransferRow, name: string): string {
  const { file, servedFile, nearest = [], trouble, sha256, crc32, retransmissions } = row;
  const who = joined(" ", name, name === row.address ? "" : `(${row.address})`);
  return joined(
    "\n",
    joined(" ", wayOf(row), who, row.isSession !== true && `over ${row.protocol.toUpperCase()}`),
    servedFile !== undefined && servedFile !== file && `Served: ${quoted(servedFile)}`,
    row.root !== undefined && `The board's root: ${quoted(row.root)}`,
    trouble && describeTrouble(trouble),
    nearest.length > 0 && `Nearest in the served root: ${formatList(nearest.map(quoted))}`,
    isMissing(row) && wordOnMissing(file),
    quoted(describeTransferOptions(row).join(", ")),
    row.injected && `Injected: ${row.injected.join(", ")}`,
    retransmissions > 0 && count(retransmissions, "retransmission"),
    row.endedAt !== undefined && row.bytes > 0 && joined(" · ", took(row), speed(row)),
    capitalized(describeMeasured(row).join(", ")),
    sha256 && `SHA-256 ${sha256}`,
    crc32 && `CRC32 ${crc32}`,
  );
}

/** @param times how often the same was asked and refused. */
export function transferItem(row: TransferRow, nameOf: NameOf, now: number, times = 1): Item {
  const name = quoted(nameOf(row.address));
  const arrow = goesTo(row) ? "→" : "←";
  const said = row.state === "running" ? progress(row, now) : outcome(row, times);
  const missing = isMissing(row);
  const injected = row.injected && `injected: ${row.injected.join(", ")}`;
  return {
    id: row.id,
    label: subject(row),
    description: joined(" · ", `${arrow} ${name}`, said, injected),
    tooltip: tooltip(row, name),
    ...(row.normal === undefined ? looks[row.state] : { icon: "circle-outline" }),
    ...(missing && row.normal === undefined && { icon: "question" }),
    context: joined(
      " ",
      "transfer",
      `transfer.${row.state}`,
      missing && "transfer.missing",
      row.isSession && "transfer.session",
      outsiderOf(row.trouble) !== undefined && "transfer.outside",
      hasFile(row) && "transfer.hasFile",
      row.sha256 !== undefined && "transfer.hasSums",
    ),
    spoken: joined(
      ", ",
      `${wayOf(row)} ${name}`,
      row.state === "running" && "running",
      row.state === "finished" && "finished",
      said.replaceAll(" · ", ", "),
      missing && wordOnMissing(row.file),
      row.trouble?.remedy !== undefined && quoted(row.trouble.remedy),
    ),
    row: row.id,
  };
}

/** What one board asked for and did not get or did not want, or what it might not write. */
interface Refusals {
  readonly address: string;
  readonly direction: TransferRow["direction"];
  /** The kind of board for which this is normal; undefined: it is not. */
  readonly normal: string | undefined;
  /** By name and reason: the latest, and how often. */
  readonly names: Map<string, { row: TransferRow; times: number }>;
}

const reason = ({ protocol, direction, file, trouble }: TransferRow): string =>
  [protocol, direction, trouble?.code, file].join("\0");

/** A board that floods stays one group: so many different refused names make one. */
const groupFrom = 3;

/** The refused rows of one address: each name once, and below one row where they are many. */
function refusalItems(
  { address, direction, normal, names }: Refusals,
  nameOf: NameOf,
  now: number,
): { at: number; item: Item }[] {
  const latestFirst = [...names.values()].sort((a, b) => endedAt(b.row) - endedAt(a.row));
  const rows = latestFirst.map(({ row, times }) => ({
    at: endedAt(row),
    item: transferItem(row, nameOf, now, times),
  }));
  if (rows.length < groupFrom && normal === undefined) return rows;
  const name = quoted(nameOf(address));
  if (normal !== undefined) return [{ at: rows[0]?.at ?? 0, item: normalItem(name, address, normal, rows) }];
  const files = count(rows.length, "file");
  const [id, described, hint] =
    direction === "write"
      ? [`refused/write/${address}`, `wanted to write ${files}, and was refused`, ""]
      : [
          `refused/${address}`,
          `asked for ${files} that it did not get`,
          "Boards try many names on their way; the words on each say which are normal to miss.",
        ];
  const item: Item = {
    id,
    label: name,
    description: described,
    tooltip: joined(" ", `${name} ${described}.`, hint),
    icon: "question",
    colour: colours.warning,
    context: "refusals",
    spoken: `${name} ${described}`,
    children: rows.map((row) => row.item),
    folded: true,
  };
  return [{ at: rows[0]?.at ?? 0, item }];
}

/** What looks like failures and is none, of one board. */
function normalItem(
  name: string,
  address: string,
  board: string,
  rows: readonly { readonly item: Item }[],
): Item {
  const described = `looked for ${count(rows.length, "file")} that a ${board} does without or does not load`;
  return {
    id: `normal/${address}`,
    label: name,
    description: described,
    tooltip: `${name} ${described}. That is normal.`,
    icon: "circle-outline",
    context: "normal",
    spoken: `${name} ${described}, that is normal`,
    children: rows.map(({ item }) => item),
    folded: true,
  };
}

/** @param now Unix ms. */
export function transferItems(rows: Iterable<TransferRow>, nameOf: NameOf, now: number): Item[] {
  const running: Item[] = [];
  const ended: { at: number; item: Item }[] = [];
  const refused = new Map<string, Refusals>();
  for (const row of rows) {
    if (row.state === "running") running.push(transferItem(row, nameOf, now));
    else if ((row.state === "refused" && row.isSession !== true) || row.normal !== undefined) {
      const { address, direction, normal } = row;
      const board = normal?.board;
      const group = [address, direction, board].join(" ");
      const refusals: Refusals = refused.get(group) ?? {
        address,
        direction,
        normal: board,
        names: new Map(),
      };
      refused.set(group, refusals);
      const key = reason(row);
      refusals.names.set(key, { row, times: (refusals.names.get(key)?.times ?? 0) + 1 });
    } else ended.push({ at: endedAt(row), item: transferItem(row, nameOf, now) });
  }
  for (const refusals of refused.values()) ended.push(...refusalItems(refusals, nameOf, now));
  // Sorting is stable: of one millisecond the later row stands above.
  ended.reverse().sort((a, b) => b.at - a.at);
  return [...running, ...ended.map(({ item }) => item)];
}
