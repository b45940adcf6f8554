/** How one of the three servers is started, and what is said where it cannot be. */

import type { Protocol, Trouble } from "../model/events";
import { highPorts, standardPorts, type Wanted } from "../model/settings";
import { startBootpServer } from "./bootpServer/bootpServer";
import { EngineError, errorMessage } from "./errors";
import { startFtpServer } from "./ftpServer/ftpServer";
import { describeMissing, isEveryInterface, onlyLoopback } from "./interfaces";
import type { BootServer, ServerContext, StartServer } from "./server";
import { startTftpServer } from "./tftpServer/tftpServer";

export type Starters = Readonly<Record<Protocol, StartServer>>;

export const starters: Starters = {
  bootp: startBootpServer,
  tftp: startTftpServer,
  ftp: startFtpServer,
};

export interface Started {
  readonly server: BootServer;
  /** What is worth knowing of the way it was started; the server has its own beside these. */
  readonly warnings: readonly Trouble[];
}

const everyInterface: Trouble = {
  code: "address.every",
  message: "every interface is served: anyone who reaches this computer can ask",
  remedy: "Name one interface to serve that network only.",
};

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
  const warnings = wanted.addresses.some(isEveryInterface) ? [everyInterface] : [];
  try {
    return { server: await start(context, addresses, port), warnings };
  } catch (error) {
    const noRight = error instanceof EngineError && error.code === "port.permission";
    const mayFallBack =
      wanted.fallBackToHighPorts && port === standardPorts[protocol] && onlyLoopback(addresses);
    if (!noRight || !mayFallBack) throw error;
    const high = highPorts[protocol];
    const moved = { code: "port.high", message: `port ${port} needs rights; it listens on ${high}` };
    return { server: await start(context, addresses, high), warnings: [...warnings, moved] };
  }
}

/** Why a server could not be started. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof EngineError)) return { code: "server.failed", message: errorMessage(error) };
  const { code, message, remedy, fixes } = error;
  return { code, message, ...(remedy !== undefined && { remedy }), ...(fixes !== undefined && { fixes }) };
}

/**
 * Why a server has no address to listen on.
 * @param interfaces those that have one, for a name that was misspelt.
 */
export function waitingFor(
  protocol: Protocol,
  missing: readonly string[],
  interfaces: readonly string[],
): Trouble {
  if (missing.length === 0 && protocol === "bootp") {
    return {
      code: "address.noIpv4",
      message: "BOOTP needs an IPv4 address, and the served addresses have none",
      remedy: "Serve an interface with an IPv4 address.",
    };
  }
  return {
    code: "address.waiting",
    message: `${describeMissing(missing)}; it starts as soon as there is one`,
    remedy: `Plug the cable in, or give the interface an address. These have one: ${interfaces.join(", ")}.`,
  };
}
