/** How one of the three servers is started, and what is said where it cannot be. */

import type { Protocol, ServerRow, Trouble } from "../model/events";
import { onlyLoopback, type NetworkInterface } from "../model/networks";
import { highPorts, standardPorts, type Wanted } from "../model/settings";
import { errorMessage } from "../model/text";
import { describeAbsence, fixesFor } from "./absence";
import { startBootpServer } from "./bootpServer/bootpServer";
import type { Clock } from "./clock";
import { EngineError, plainTrouble } from "./errors";
import { startFtpServer } from "./ftpServer/ftpServer";
import { heldPorts } from "./heldPorts";
import type { CaptureSink } from "./packets/recorder";
import { isEveryInterface, type InterfaceTable } from "./interfaces";
import type { BootServer, ServerContext, StartServer } from "./server";
import { startTftpServer } from "./tftpServer/tftpServer";

export type Starters = Readonly<Record<Protocol, StartServer>>;

export const starters: Starters = {
  bootp: startBootpServer,
  tftp: startTftpServer,
  ftp: startFtpServer,
};

/** The world as the engine sees it; tests give another one. */
export interface Surroundings {
  readonly clock: Clock;
  readonly readInterfaces: () => InterfaceTable;
  readonly listNetworks: () => Promise<readonly NetworkInterface[]>;
  readonly starters: Starters;
  /** Is told each packet of the servers; absent: no capture runs. */
  readonly capture?: CaptureSink;
  readonly startThread?: ServerContext["startThread"];
}

export interface Started {
  readonly server: BootServer;
  /** What is worth knowing of the way it was started; the server has its own beside these. */
  readonly warnings: readonly Trouble[];
}

/** What is said wherever 0.0.0.0 or :: is served. */
export const everyInterface: Trouble = {
  code: "address.every",
  message: "every interface is served: anyone who reaches this computer can ask",
  remedy: "Name one interface to serve that network only.",
};

/** Makes the rows of a server that is to listen there. */
export const rowFor =
  (protocol: Protocol, addresses: readonly string[], port: number) =>
  (state: ServerRow["state"], rest: Pick<Partial<ServerRow>, "trouble" | "warnings"> = {}): ServerRow => ({
    type: "server",
    id: protocol,
    protocol,
    state,
    addresses,
    port,
    warnings: [],
    ...rest,
  });

/** Nobody tells a board another port (RFC 951 §3). */
const portOfNoBoard = (port: number): Trouble => ({
  code: "port.noBoard",
  message: `boards ask BOOTP on port ${standardPorts.bootp} and never on ${port}`,
  remedy: `Use port ${standardPorts.bootp}; this one is for verify, and for programs that are told of it.`,
});

/** What is worth knowing of the way it is to be served. */
export const warningsOf = (wanted: Wanted): readonly Trouble[] =>
  wanted.addresses.some(isEveryInterface) ? [everyInterface] : [];

/**
 * Starts a server; on loopback a standard port that needs rights becomes the high one (DESIGN §3).
 * @throws EngineError as `StartServer` does.
 */
export async function startServer(
  start: StartServer,
  protocol: Protocol,
  context: ServerContext,
  wanted: Wanted,
  addresses: readonly string[],
): Promise<Started> {
  const port = wanted.ports[protocol];
  const warnings = warningsOf(wanted);
  try {
    const server = await start(context, addresses, port);
    const isLost = protocol === "bootp" && server.port !== standardPorts.bootp && !onlyLoopback(addresses);
    return { server, warnings: isLost ? [...warnings, portOfNoBoard(server.port)] : warnings };
  } catch (error) {
    const noRight = error instanceof EngineError && error.code === "port.permission";
    const mayFallBack =
      wanted.fallBackToHighPorts && port === standardPorts[protocol] && onlyLoopback(addresses);
    if (!noRight || !mayFallBack) throw error;
    const high = highPorts[protocol];
    const moved = { code: "port.high", message: `port ${port} needs rights; it listens on ${high}` };
    return { server: await start(context, addresses, high), warnings: [...warnings, moved] };
  } finally {
    heldPorts.release(port);
  }
}

/** Has a server that runs listen on these addresses; false: it is to be started anew. */
export async function listensOn(
  server: BootServer,
  addresses: readonly string[],
  port: number,
): Promise<boolean> {
  // On loopback it may have another port than the one that is wanted.
  if (addresses.length === 0 || (port !== 0 && port !== server.port)) return false;
  try {
    await server.listenOn(addresses);
    return true;
  } catch {
    // The start says what is in the way.
    return false;
  }
}

/** What its row says of a server that could not be started. */
export function failureOf(error: unknown): ["failed" | "waiting", { readonly trouble: Trouble }] {
  if (!(error instanceof EngineError))
    return [
      "failed",
      {
        trouble: {
          code: "server.failed",
          message: errorMessage(error),
          remedy: "See the log, and start again.",
        },
      },
    ];
  const { code, fixes } = error;
  const trouble = { ...plainTrouble(error), ...(fixes !== undefined && { fixes }) };
  // One whose process is started again for it has not failed.
  return [code === "port.rootGone" ? "waiting" : "failed", { trouble }];
}

/**
 * Why a server has no address to listen on.
 * @param wanted the addresses and interfaces to serve; `missing` are those of them that are not there.
 * @param networks the interfaces of this computer.
 */
export function waitingFor(
  protocol: Protocol,
  wanted: readonly string[],
  missing: readonly string[],
  networks: readonly NetworkInterface[],
): Trouble {
  if (missing.length === 0 && protocol === "bootp") {
    return {
      code: "address.noIpv4",
      message: "BOOTP needs an IPv4 address, and the served addresses have none",
      remedy: "Serve an interface with an IPv4 address.",
      ...fixesFor(wanted, networks),
    };
  }
  const absence = describeAbsence(missing, networks);
  return {
    ...absence,
    code: "address.waiting",
    message: `${absence.message}; it starts as soon as there is one`,
  };
}
