/** What can be found out about a port: whether it can be bound, and who has it as far as this system tells. */

import { createServer } from "node:net";
import { systemCode } from "../errors";
import type { RunProgram } from "../networks/told";
import { portHolder, programName } from "../portHolder";
import type { Transport } from "../portRights";
import { openUdp } from "../udp";

/** A socket that is bound to the port. */
export interface Holder {
  /** Where it is bound; a wildcard is every address. */
  readonly address: string;
  /** The one interface that it hears (SO_BINDTODEVICE). */
  readonly device?: string;
  /** `dnsmasq (pid 812)`; absent: it is another user's, and may not be read. */
  readonly program?: string;
}

/** What a bind comes to. `shared`: only beside another socket, where both want that. */
export type Binding = "free" | "shared" | "inUse" | "noRight" | "failed";

const binding = (error: unknown): Binding => {
  const { cause } = error as Error;
  switch (systemCode(cause ?? error)) {
    case "EADDRINUSE":
      return "inUse";
    case "EACCES":
    case "EPERM":
      return "noRight";
    default:
      return "failed";
  }
};

async function tryUdp(address: string, port: number, reuseAddr: boolean): Promise<Binding> {
  try {
    await (await openUdp({ address, port, reuseAddr, onPacket: () => undefined })).close();
    return "free";
  } catch (error) {
    return binding(error);
  }
}

const tryTcp = (address: string, port: number): Promise<Binding> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      resolve(binding(error));
    });
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => {
        resolve("free");
      });
    });
  });

/** The order in which one of several is the one to tell. */
const worst: readonly Binding[] = ["noRight", "inUse", "failed", "shared", "free"];

/**
 * Binds the port for a moment.
 * @param mayShare true where a server would go beside another one (BOOTP on a network, on Linux).
 */
export async function tryBind(
  transport: Transport,
  addresses: readonly string[],
  port: number,
  mayShare = false,
): Promise<Binding> {
  const bound = await Promise.all(
    addresses.map(async (address) => {
      if (transport === "tcp") return tryTcp(address, port);
      const plain = await tryUdp(address, port, false);
      if (plain !== "inUse" || !mayShare) return plain;
      return (await tryUdp(address, port, true)) === "free" ? "shared" : plain;
    }),
  );
  return worst.find((one) => bound.includes(one)) ?? "free";
}

/**
 * Lines of `ss -H -n -l -p`: state, two queues, local and remote address, and for whoever may see it the users.
 * @param nameOf what a process is to be called.
 */
export function readSs(text: string, nameOf: typeof programName = (known) => known): Holder[] {
  return text.split("\n").flatMap((line) => {
    const [, , , local = ""] = line.trim().split(/\s+/);
    const match = /^\[?([^%\]]*?)\]?(?:%([^:\]]+)\]?)?:\d+$/.exec(local);
    if (match === null) return [];
    const [, address = "", device] = match;
    const [, known = "", pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
    return {
      address: address === "*" ? "0.0.0.0" : address,
      ...(device !== undefined && { device }),
      ...(pid !== undefined && { program: `${nameOf(known, pid)} (pid ${pid})` }),
    };
  });
}

/** Who has the port. Linux tells by `ss`, which comes with `ip`, or by /proc; other systems are not asked. */
export async function holdersOf(
  transport: Transport,
  port: number,
  platform: NodeJS.Platform,
  run: RunProgram,
): Promise<readonly Holder[]> {
  if (platform !== "linux") return [];
  const kind = transport === "udp" ? "-u" : "-t";
  try {
    return readSs(await run("ss", ["-H", "-n", "-l", "-p", kind, "sport", "=", `:${port}`]), programName);
  } catch {
    const program = portHolder(transport, port);
    return program === undefined ? [] : [{ address: "0.0.0.0", program }];
  }
}
