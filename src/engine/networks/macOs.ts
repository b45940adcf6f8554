/** The interfaces of a Mac, from what `ifconfig`, `networksetup` and `route` print. */

import type { NetworkKind } from "../../model/networks";
import { formatIpv4 } from "../../protocol/ipv4";
import { posixWord } from "../pasting";
import { proposed, runProgram, type RunProgram, type ToldInterface } from "./told";

/** What the programs print; all but the first may be empty. */
export interface MacTexts {
  /** `ifconfig -a` */
  readonly interfaces: string;
  /** `networksetup -listallhardwareports` */
  readonly ports: string;
  /** `networksetup -listnetworkserviceorder` */
  readonly services: string;
  /** `route -n get default` */
  readonly route: string;
}

/** Device -> hardware port: `en5` -> `USB 10/100 LAN`. */
const readPorts = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^Hardware Port: (.*)\nDevice: (\S+)/gm)].map(([, port = "", device = ""]) => [
      device,
      port,
    ]),
  );

/** Device -> the service that configures it, which its user may have renamed. */
const readServices = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^\((?:\d+|\*)\) (.*)\n\(Hardware Port: .*, Device: (\S+)\)$/gm)].map(
      ([, service = "", device = ""]) => [device, service],
    ),
  );

/** The port's name is in the user's language; of these only Wi-Fi has another one, in German. */
function kindOf(name: string, flags: string, port: string | undefined): NetworkKind {
  if (/\bLOOPBACK\b/.test(flags)) return "loopback";
  if (/^(bridge|vlan|vmnet|feth)\d+$/.test(name)) return "virtual";
  if (port === undefined || /Bluetooth|iPhone|iPad/.test(port)) return "other";
  return /^(Wi-Fi|WLAN|AirPort)$/.test(port) ? "wireless" : "wired";
}

/** @param block the lines of one interface. */
function readInterface(
  name: string,
  flags: string,
  block: string,
  {
    ports,
    services,
    gateway,
  }: {
    readonly ports: ReadonlyMap<string, string>;
    readonly services: ReadonlyMap<string, string>;
    readonly gateway: string | undefined;
  },
): ToldInterface {
  const kind = kindOf(name, flags, ports.get(name));
  const status = /^\s+status: (active|inactive)\b/m.exec(block)?.[1];
  const addresses = [...block.matchAll(/^\s+inet (\S+).* netmask 0x([0-9a-f]{8})\b/gm)];
  const service = services.get(name);
  return {
    name,
    kind,
    addresses: addresses.map(([, address = "", netmask = ""]) => ({
      address,
      netmask: formatIpv4(parseInt(netmask, 16)),
    })),
    ...(status !== undefined && { link: status === "active" }),
    gateway: name === gateway,
    ...(kind === "wired" && service !== undefined && { giveAddress: setManually(name, service) }),
  };
}

function setManually(name: string, service: string): NonNullable<ToldInterface["giveAddress"]> {
  const word = posixWord(service);
  return (address) => ({
    what: `gives ${name} the address ${address} for good; "networksetup -setdhcp ${word}" takes it back`,
    line: `networksetup -setmanual ${word} ${address} ${proposed.netmask}`,
  });
}

/** The interfaces that the texts tell of. */
export function readMac({ interfaces, ports, services, route }: MacTexts): ToldInterface[] {
  const facts = {
    ports: readPorts(ports),
    services: readServices(services),
    gateway: /^\s*interface: (\S+)/m.exec(route)?.[1],
  };
  const heads = [...interfaces.matchAll(/^(\S+): flags=[0-9a-f]+<(.*?)>/gm)];
  return heads.map(({ index, 1: name = "", 2: flags = "" }, at) =>
    readInterface(name, flags, interfaces.slice(index, heads[at + 1]?.index), facts),
  );
}

/** @throws where `ifconfig` does not end well. */
export async function macInterfaces(run: RunProgram = runProgram): Promise<ToldInterface[]> {
  const orNothing = (file: string, ...args: string[]): Promise<string> => run(file, args).catch(() => "");
  const [interfaces, ports, services, route] = await Promise.all([
    run("/sbin/ifconfig", ["-a"]),
    orNothing("/usr/sbin/networksetup", "-listallhardwareports"),
    orNothing("/usr/sbin/networksetup", "-listnetworkserviceorder"),
    // It ends with 1 where there is no default route.
    orNothing("/sbin/route", "-n", "get", "default"),
  ]);
  return readMac({ interfaces, ports, services, route });
}
