/** The lines that let boards in through a firewall: these ports of the served interface, and no more. */

import type { Fix, Protocol } from "../../model/events";
import { standardPorts, type Ports } from "../../model/settings";
import { bootServerPort } from "../../protocol/bootp/packet";
import { isPastable, posixWord } from "../pasting";
import { macFirewall, type FirewallName } from "./firewallFacts";

/** What is to come through. */
export interface Opening {
  /** The name of the served interface. */
  readonly interfaceName: string;
  readonly servers: readonly Protocol[];
  readonly ports: Ports;
  /** True: PXE clients ask on port 4011 too. */
  readonly proxy: boolean;
  /** The ports of passive FTP's data connections, `[first, last]`. */
  readonly passive: readonly [first: number, last: number];
  /** The program that listens. */
  readonly program: string;
}

const udpServers: readonly Protocol[] = ["bootp", "tftp"];

const hasBootServer = ({ servers, proxy }: Opening): boolean => proxy && servers.includes("bootp");

/** The UDP ports, and those of TCP with FTP's data connections. */
function portsOf(opening: Opening, to: string): { udp: string[]; tcp: string[] } {
  const { servers, ports, passive } = opening;
  const udp = udpServers.filter((server) => servers.includes(server)).map((server) => `${ports[server]}`);
  if (hasBootServer(opening)) udp.push(`${bootServerPort}`);
  return { udp, tcp: servers.includes("ftp") ? [`${ports.ftp}`, passive.join(to)] : [] };
}

const names = ({ servers }: Opening): string => servers.map((server) => server.toUpperCase()).join(", ");

function ufw(opening: Opening): Fix[] {
  const word = posixWord(opening.interfaceName);
  const { udp, tcp } = portsOf(opening, ":");
  const rule = (ports: readonly string[], protocol: string): string[] =>
    ports.length === 0
      ? []
      : [`sudo ufw allow in on ${word} to any port ${ports.join(",")} proto ${protocol}`];
  const line = [...rule(udp, "udp"), ...rule(tcp, "tcp")].join(" && ");
  const what = `lets ${names(opening)} in on ${opening.interfaceName} for good; the same with "ufw delete allow" takes it back`;
  return [{ what, line }];
}

/** firewalld's own services know FTP's data connections and need no port for them. */
function firewalld(opening: Opening): Fix[] {
  const { servers, ports, interfaceName } = opening;
  const bootServer = hasBootServer(opening) ? [`--add-port=${bootServerPort}/udp`] : [];
  const services: Readonly<Record<Protocol, readonly [service: string, transport: string]>> = {
    bootp: ["dhcp", "udp"],
    tftp: ["tftp", "udp"],
    ftp: ["ftp", "tcp"],
  };
  const adds = servers.map((server) => {
    const [service, transport] = services[server];
    return ports[server] === standardPorts[server]
      ? `--add-service=${service}`
      : `--add-port=${ports[server]}/${transport}`;
  });
  const ask = `sudo firewall-cmd --get-zone-of-interface=${posixWord(interfaceName)} || sudo firewall-cmd --get-default-zone`;
  return [
    {
      what: `lets ${names(opening)} in, in the zone of ${interfaceName}, until firewalld is started again`,
      line: `sudo firewall-cmd --zone="$(${ask})" ${[...adds, ...bootServer].join(" ")}`,
    },
  ];
}

const nftables = (): Fix[] => [
  { what: "lists its rules: those of the hook input decide", line: "sudo nft list ruleset" },
];

const macOs = ({ program }: Opening): Fix[] => [
  {
    what: "lets this program in, on every network and every port that it listens on",
    line: `sudo ${macFirewall} --add ${posixWord(program)} --unblockapp ${posixWord(program)}`,
  },
];

/** A word of PowerShell: all of its quotation marks end a string (about_Quoting_Rules). */
const powerShellWord = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;

function windows(opening: Opening): Fix[] {
  const { udp, tcp } = portsOf(opening, "-");
  const rule = (ports: readonly string[], protocol: string): string[] =>
    ports.length === 0
      ? []
      : [
          `New-NetFirewallRule -DisplayName 'Boot Servers' -Direction Inbound -Action Allow -Protocol ${protocol} -LocalPort ${ports.join(",")} -InterfaceAlias ${powerShellWord(opening.interfaceName)} -Program ${powerShellWord(opening.program)}`,
        ];
  const what = `lets ${names(opening)} of this program in on ${opening.interfaceName} for good, in a PowerShell of an administrator; "Remove-NetFirewallRule -DisplayName 'Boot Servers'" takes it back`;
  return [{ what, line: [...rule(udp, "UDP"), ...rule(tcp, "TCP")].join("; ") }];
}

const ways: Readonly<Record<FirewallName, (opening: Opening) => Fix[]>> = {
  ufw,
  firewalld,
  nftables,
  macOS: macOs,
  Windows: windows,
};

/** The lines for each interface, each once. */
export function openingLines(firewall: FirewallName, openings: readonly Opening[]): readonly Fix[] {
  const fixes = openings.flatMap(ways[firewall]).filter(isPastable);
  return [...new Map(fixes.map((fix) => [fix.line, fix])).values()];
}
