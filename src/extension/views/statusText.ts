/** What the status bar says, as data. */

import { injectsFaults, type ServerRow, type TransferRow } from "../../model/events";
import { describeTrouble, joined } from "./item";
import { askedAddresses, listensOn } from "./serverItems";
import { count, percent, quoted, unadorned } from "../words";

export interface StatusText {
  /** `$(icon)` and words. */
  readonly text: string;
  readonly tooltip: string;
  readonly spoken: string;
  /** Set when a person should act. */
  readonly failed: boolean;
  /** Set while a fault profile holds. */
  readonly injecting: boolean;
}

/** @param folder name of the folder that is served. */
export function statusText(
  servers: readonly ServerRow[],
  running: readonly TransferRow[],
  folder: string | undefined,
): StatusText {
  const of = (state: ServerRow["state"]): ServerRow[] => servers.filter((row) => row.state === state);
  const [up, waiting, failed, starting] = [of("running"), of("waiting"), of("failed"), of("starting")];
  const busy =
    running.length === 0
      ? undefined
      : joined(" ", count(running.length, "transfer"), running.length === 1 && percentOf(running[0]));
  const [icon, words] =
    up.length > 0
      ? ["broadcast", joined(" · ", whereOf(up), busy)]
      : waiting.length > 0
        ? ["watch", "waiting for link"]
        : starting.length > 0
          ? ["loading~spin", "starting"]
          : failed.length > 0
            ? ["error", "failed"]
            : busy !== undefined
              ? ["loading~spin", `stopping · ${busy}`]
              : ["circle-slash", "stopped"];
  const ill = up.length > 0 && failed.length + waiting.length > 0;
  const injecting = injectsFaults(up);
  const said = joined(
    " · ",
    words,
    injecting && "injecting faults",
    ill && `not ${[...failed, ...waiting].map(nameOf).join(", ")}`,
  );
  return {
    text: `$(${icon}) Boot: ${unadorned(said)}`,
    tooltip: joined(
      "\n",
      folder !== undefined && servers.some(({ state }) => state !== "stopped") && `Serving ${quoted(folder)}`,
      ...servers.map((row) => `${nameOf(row)}: ${stateOf(row)}`),
      ...running.slice(0, 5).map((row) => joined(" ", quoted(row.file), percentOf(row))),
      "Click for what can be done now.",
    ),
    spoken: `Boot Servers: ${said}`,
    injecting,
    failed: failed.length > 0 && up.length === 0 && waiting.length === 0,
  };
}

/** `192.168.7.1 +1`: what boards ask, and how many more there are. */
function whereOf(up: readonly ServerRow[]): string {
  const [first, ...others] = askedAddresses([...new Set(up.flatMap(({ addresses }) => addresses))]);
  return joined(" ", first, others.length > 0 && `+${others.length}`);
}

const nameOf = ({ protocol }: ServerRow): string => protocol.toUpperCase();

const stateOf = (row: ServerRow): string =>
  row.state === "running"
    ? listensOn(row)
    : joined(": ", row.state, row.trouble === undefined ? undefined : describeTrouble(row.trouble));

const percentOf = (row: TransferRow | undefined): string | undefined =>
  row === undefined ? undefined : percent(row.bytes, row.size);
