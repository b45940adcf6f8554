/** The Servers view as data. */

import { isIP, isIPv4 } from "node:net";
import {
  faultsInjected,
  planNotTaken,
  type Protocol,
  type ServerRow,
  type ServerState,
} from "../../model/events";
import { onlyLoopback } from "../../model/networks";
import { commandIds } from "../ids";
import { ago, colours, describeTrouble, joined, troubleItem, type Item } from "./item";
import { formatList, unadorned } from "../words";

const names: Readonly<Record<Protocol, string>> = { bootp: "BOOTP", tftp: "TFTP", ftp: "FTP" };

const looks: Readonly<Record<ServerState, { readonly icon: string; readonly colour?: string }>> = {
  stopped: { icon: "circle-outline" },
  starting: { icon: "loading~spin" },
  waiting: { icon: "watch", colour: colours.warning },
  running: { icon: "circle-filled", colour: colours.good },
  failed: { icon: "error", colour: colours.bad },
};

/** After so long a silence the view says what keeps boards from being heard. */
const silenceMs = 60_000;

/**
 * The addresses that boards ask, of one family: IPv4 before IPv6, loopback only where nothing else is served. Before a
 * start, names of interfaces and the wildcard may stand for them: those are left out.
 */
export function askedAddresses(addresses: readonly string[]): readonly string[] {
  const known = addresses.filter((each) => isIP(each) !== 0 && each !== "0.0.0.0" && each !== "::");
  const outside = known.filter((each) => !onlyLoopback([each]));
  const some = outside.length > 0 ? outside : known;
  const ipv4 = some.filter((each) => isIPv4(each));
  return ipv4.length > 0 ? ipv4 : some;
}

const host = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** Where a server listens: `192.168.7.1:69 and 10.0.0.1:69`. */
export function listensOn({ addresses, port }: Pick<ServerRow, "addresses" | "port">): string {
  return formatList(addresses.map((address) => `${host(address)}:${port}`));
}

/**
 * "Running" does not lie: where it listens, and whether anything was heard (DESIGN §2.1). Short, so that a side bar
 * as narrow as it comes shows both.
 */
function describe(row: ServerRow, now: number): string {
  const heard =
    row.lastPacketAt === undefined ? "nothing received yet" : `last packet ${ago(now - row.lastPacketAt)}`;
  switch (row.state) {
    case "running":
      return `${listensOn(row)}, ${heard}`;
    case "waiting":
      return "waiting for an address";
    case "failed":
      return "failed";
    case "starting":
      return "starting";
    case "stopped":
      return "stopped";
  }
}

/** What to look at when no board is heard. */
function nothingArrives(row: ServerRow): Item {
  const port = `${row.protocol === "ftp" ? "TCP" : "UDP"} port ${row.port}`;
  const alone = onlyLoopback(row.addresses);
  const text = alone
    ? "Only this computer can ask. Click to choose the network that the boards are on."
    : `Nothing has arrived for a minute. Is the cable plugged in, is the board on this network, and does the firewall of this computer let ${port} in? Click to check this machine.`;
  return {
    id: `${row.id}/nothingArrives`,
    label: "Nothing Arrives?",
    description: text,
    tooltip: text,
    icon: "question",
    context: "nothingArrives",
    spoken: `Nothing arrives? ${text}`,
    command: alone ? commandIds.chooseNetwork : commandIds.checkThisMachine,
  };
}

/** What concerns all servers alike: that faults are injected, that the plan was changed and is not the one served. */
const common = [faultsInjected, planNotTaken];

/** What the view says above its rows. */
export function serversMessage(rows: readonly ServerRow[]): string | undefined {
  const warnings = rows.flatMap((row) => row.warnings);
  const told = common.flatMap((code) => warnings.find((warning) => warning.code === code) ?? []);
  return told.length === 0 ? undefined : unadorned(told.map(describeTrouble).join(" "));
}

/**
 * @param runningSince Unix ms since when a server runs, by its id.
 * @param now Unix ms.
 */
export function serverItems(
  rows: readonly ServerRow[],
  runningSince: ReadonlyMap<string, number>,
  now: number,
): Item[] {
  // Three rows that say "stopped" say less than the words on how to start.
  if (rows.every(({ state }) => state === "stopped")) return [];
  return rows.map((row) => {
    const { id, protocol, state, trouble } = row;
    // The view says these once.
    const warnings = row.warnings.filter(({ code }) => !common.includes(code));
    const silentSince = row.lastPacketAt === undefined ? runningSince.get(id) : undefined;
    const silent = state === "running" && silentSince !== undefined && now - silentSince >= silenceMs;
    const children = [
      ...(trouble === undefined
        ? []
        : [troubleItem(`${id}/trouble`, trouble, state === "failed" ? "bad" : "warning")]),
      ...warnings.map((warning) => troubleItem(`${id}/${warning.code}`, warning, "warning")),
      ...(silent ? [nothingArrives(row)] : []),
    ];
    const description = describe(row, now);
    const sentence = joined(" ", state === "running" && "listening on", description);
    return {
      // VS Code keeps a row folded that had nothing below it; a new one is open, and shows what is to be done.
      id: children.length > 0 ? `${id}+` : id,
      label: names[protocol],
      description,
      tooltip: joined("\n", `${names[protocol]}: ${sentence}`, ...children.map(({ spoken }) => spoken)),
      ...looks[state],
      context: `server server.${state}`,
      spoken: joined(", ", `${names[protocol]} server`, sentence),
      ...(children.length > 0 && { children }),
      row: id,
    };
  });
}
