/** What becomes of a port that a server wants: free, without rights, or somebody else's, and whether that matters. */

import type { Check } from "../../model/checks";
import type { Protocol, Trouble } from "../../model/events";
import { orAnotherPort, ourName } from "../portHolder";
import type { Transport } from "../portRights";
import { proxyPortHeld } from "../bootpServer/proxyPort";
import { check, inOrder } from "./check";
import type { Binding, Holder } from "./portFacts";

/** One port of a server, and what was found out about it. */
export interface PortFacts {
  readonly server: Protocol;
  readonly transport: Transport;
  readonly port: number;
  readonly binding: Binding;
  readonly holders: readonly Holder[];
  /** The addresses and the names of the interfaces that are to be served. */
  readonly served: readonly string[];
  /** Where it goes on loopback without the right to its port, and whether that one is free. */
  readonly high?: { readonly port: number; readonly binding: Binding; readonly holders?: readonly Holder[] };
  /** What this system needs for the port. */
  readonly advice: Required<Pick<Trouble, "remedy" | "fixes">>;
  readonly platform: NodeJS.Platform;
}

const wildcards: readonly string[] = ["0.0.0.0", "::", "*"];

/** True for one that hears what this server is to hear. */
const concerns = ({ address, device }: Holder, { served }: Pick<PortFacts, "served">): boolean =>
  device !== undefined ? served.includes(device) : wildcards.includes(address) || served.includes(address);

/** `dnsmasq (pid 812), on virbr0 alone`. */
function describeHolder({ address, device, program }: Holder): string {
  const who = program ?? "a program of another user, whose name cannot be read without rights";
  if (device !== undefined) return `${who}, on ${device} alone`;
  return wildcards.includes(address) ? who : `${who}, on ${address} alone`;
}

const describeHolders = (holders: readonly Holder[]): string =>
  [...new Set(holders.map(describeHolder))].join("; ");

/** The line that tells who has a port, where this program could not see it. */
function seeker(platform: NodeJS.Platform, transport: Transport, port: number): Pick<Trouble, "fixes"> {
  const lines: Partial<Record<NodeJS.Platform, string>> = {
    linux: `sudo ss -lnp${transport === "udp" ? "u" : "t"} 'sport = :${port}'`,
    darwin: `sudo lsof -nP -i ${transport.toUpperCase()}:${port}`,
    win32: `Get-Net${transport === "udp" ? "UDPEndpoint" : "TCPConnection"} -LocalPort ${port} | ForEach-Object { Get-Process -Id $_.OwningProcess }`,
  };
  const line = lines[platform];
  return line === undefined ? {} : { fixes: [{ what: "names the program that has the port", line }] };
}

function held(facts: PortFacts, about: string, concerned: readonly Holder[]): Check {
  const { binding, platform, transport, port, server } = facts;
  const known = concerned.some(({ program }) => program !== undefined);
  const by = concerned.length === 0 ? "" : ` by ${describeHolders(concerned)}`;
  const trouble = {
    code: binding === "shared" ? "port.shared" : "port.inUse",
    remedy: `End that program${orAnotherPort(server)}`,
    ...(!known && seeker(platform, transport, port)),
  };
  if (binding !== "shared") return check("problem", about, { ...trouble, message: `in use${by}` });
  return check("warning", about, {
    ...trouble,
    message: `held${by}, which shares it; both receive what boards ask, and both may answer`,
  });
}

/** All of servers of ours in another process, as `portHolder.ts` names it. */
const areOurs = (holders: readonly Holder[] = []): boolean =>
  holders.length > 0 && holders.every(({ program = "" }) => program.startsWith(`${ourName} (`));

/** Where our own server listens already. */
export function ourPortCheck(server: Protocol, transport: Transport, port: number): Check {
  const message = `our own ${server.toUpperCase()} server listens there`;
  return inOrder(`${transport.toUpperCase()} port ${port}`, "port.ours", message);
}

/** What was found out about the port of a server, as one check; two where it is held and needs rights as well. */
export function portChecks(facts: PortFacts): Check[] {
  const { server, transport, port, binding, holders, high, advice } = facts;
  const about = `${transport.toUpperCase()} port ${port}`;
  const name = server.toUpperCase();
  const concerned = holders.filter((holder) => concerns(holder, facts));
  // Who looks why a board does not boot has them running: they are in nobody's way.
  if (areOurs(concerned)) return [ourPortCheck(server, transport, port)];
  if (high?.binding === "inUse" && areOurs(high.holders)) return [ourPortCheck(server, transport, high.port)];
  const elsewhere =
    holders.length > concerned.length
      ? `; no conflict: ${describeHolders(holders.filter((holder) => !concerned.includes(holder)))}`
      : "";
  switch (binding) {
    case "free":
      return [inOrder(about, "port.free", `free for ${name}${elsewhere}`)];
    case "noRight": {
      const also = concerned.length === 0 ? [] : [held(facts, about, concerned)];
      if (high?.binding === "free") {
        const message = `needs rights that this user has not; on loopback ${name} listens on port ${high.port} instead`;
        return [inOrder(about, "port.high", message)];
      }
      return [
        ...also,
        check("problem", about, {
          code: "port.permission",
          message: `needs rights that this user has not, for ${name}`,
          ...advice,
        }),
        ...(high === undefined
          ? []
          : [
              check("problem", `${transport.toUpperCase()} port ${high.port}`, {
                code: "port.inUse",
                message: `in use, and ${name} would go there on loopback`,
              }),
            ]),
      ];
    }
    case "shared":
      if (concerned.length > 0 || holders.length === 0) return [held(facts, about, concerned)];
      return [inOrder(about, "port.elsewhere", `can be had by ${name}${elsewhere}`)];
    case "inUse":
      return [held(facts, about, concerned.length > 0 ? concerned : holders)];
    case "failed":
      return [
        check("unknown", about, {
          code: "port.failed",
          message: `whether ${name} can have it was not to be found out: it could not be tried there`,
        }),
      ];
  }
}

/** Programs that ask a network for this computer's own address. */
const dhcpClient = /^(dhclient|dhcpcd|udhcpc|NetworkManager|systemd-network|connmand|iwd|pump)/;

/** Port 68, where boards and a DHCP client of this computer are answered: no server needs it. */
export function clientPortCheck(binding: Binding, holders: readonly Holder[]): Check {
  const about = "UDP port 68";
  if (binding === "free")
    return inOrder(about, "port.free", "free; verify --target asks from there where it has to");
  const means =
    "Serving does not need it; verify --target asks from other ports then, and says so where that matters";
  if (binding === "noRight") {
    return inOrder(about, "port.permission", `needs rights that this user has not. ${means}`);
  }
  const isClient = holders.some(({ program = "" }) => dhcpClient.test(program));
  const who = holders.length === 0 ? "another program" : describeHolders(holders);
  return inOrder(
    about,
    "port.dhcpClient",
    `held by ${who}${isClient ? ": a DHCP client of this computer, which is normal" : "; most likely a DHCP client of this computer, which is normal"}. ${means}`,
  );
}

/** Port 4011, where PXE clients ask a proxyDHCP server. @param proxy true: BOOTP is to be one. */
export function proxyPortCheck(binding: Binding, holders: readonly Holder[], proxy: boolean): Check {
  const about = "UDP port 4011";
  if (binding === "free")
    return inOrder(about, "port.free", proxy ? "free for BOOTP as a proxy" : "free; only proxyDHCP uses it");
  const who = holders.length === 0 ? "another program" : describeHolders(holders);
  if (proxy) return check("warning", about, proxyPortHeld(`in use by ${who}`));
  return inOrder(about, "port.inUse", `in use by ${who}; only proxyDHCP would need it`);
}
