/** The interfaces of a Windows computer, from one call of PowerShell: numbers only, whatever its language. */

import { win32 } from "node:path";
import type { NetworkKind } from "../../model/networks";
import { formatIpv4 } from "../../protocol/ipv4";
import { proposed, runProgram, type RunProgram, type ToldInterface } from "./told";

/** What the script prints: properties of MSFT_NetAdapter, MSFT_NetIPAddress and MSFT_NetRoute. */
interface Printed {
  readonly adapters: readonly {
    readonly InterfaceIndex: number;
    readonly Name: string;
    readonly InterfaceType: number;
    readonly NdisPhysicalMedium: number;
    readonly HardwareInterface: boolean;
    readonly MediaConnectState: number;
  }[];
  readonly addresses: readonly {
    readonly InterfaceIndex: number;
    readonly IPAddress: string;
    readonly PrefixLength: number;
  }[];
  readonly routes: readonly { readonly InterfaceIndex: number }[];
}

const script = [
  // Names may have letters that the console's code page has not.
  "[Console]::OutputEncoding = [Text.Encoding]::UTF8",
  "$ErrorActionPreference = 'SilentlyContinue'",
  "$adapters = @(Get-NetAdapter | Select-Object InterfaceIndex, Name, InterfaceType, NdisPhysicalMedium, HardwareInterface, MediaConnectState)",
  "$addresses = @(Get-NetIPAddress -AddressFamily IPv4 | Select-Object InterfaceIndex, IPAddress, PrefixLength)",
  "$routes = @(Get-NetRoute -DestinationPrefix '0.0.0.0/0' | Select-Object InterfaceIndex)",
  "ConvertTo-Json -Compress -Depth 3 @{ adapters = $adapters; addresses = $addresses; routes = $routes }",
].join("; ");

/** IANA ifType: ethernetCsmacd and ieee80211. */
const ethernet = 6;
const wifi = 71;
/** NdisPhysicalMediumBluetooth (ntddndis.h): it calls itself an Ethernet card. */
const bluetooth = 10;

function kindOf(adapter: Printed["adapters"][number]): NetworkKind {
  if (adapter.InterfaceType === wifi) return "wireless";
  if (adapter.InterfaceType !== ethernet || adapter.NdisPhysicalMedium === bluetooth) return "other";
  return adapter.HardwareInterface ? "wired" : "virtual";
}

/** NET_IF_MEDIA_CONNECT_STATE: connected and disconnected; what is disabled is neither. */
const links: Readonly<Record<number, boolean>> = { 1: true, 2: false };

const netmaskOf = (prefixLength: number): string => formatIpv4(2 ** 32 - 2 ** (32 - prefixLength));

/**
 * `name="Ethernet 2"`, as PowerShell and the command prompt both pass it on; a name in which one of them reads
 * something else is named by its number.
 */
const nameWord = (name: string, index: number): string =>
  /["$`%\u201c-\u201e]/.test(name) ? `name=${index}` : `name="${name}"`;

/** What the script's text says. @throws SyntaxError where it is no JSON. */
export function readWindows(text: string): ToldInterface[] {
  // PowerShell may begin UTF-8 with a byte order mark.
  const { adapters, addresses, routes } = JSON.parse(text.replace(/^\uFEFF/, "")) as Printed;
  return adapters.map((adapter) => {
    const { InterfaceIndex: index, Name: name } = adapter;
    const kind = kindOf(adapter);
    const link = links[adapter.MediaConnectState];
    const word = nameWord(name, index);
    return {
      name,
      kind,
      addresses: addresses
        .filter(({ InterfaceIndex }) => InterfaceIndex === index)
        .map(({ IPAddress, PrefixLength }) => ({ address: IPAddress, netmask: netmaskOf(PrefixLength) })),
      ...(link !== undefined && { link }),
      gateway: routes.some(({ InterfaceIndex }) => InterfaceIndex === index),
      ...((kind === "wired" || kind === "virtual") && {
        giveAddress: (address: string) => ({
          what: `gives ${name} the address ${address} for good, in a terminal of an administrator; "netsh interface ip set address ${word} dhcp" takes it back`,
          line: `netsh interface ip set address ${word} static ${address} ${proposed.netmask}`,
        }),
      }),
    };
  });
}

/** Runs a script of PowerShell and gives what it printed. @throws where it does not end well. */
export function runPowerShell(run: RunProgram, text: string): Promise<string> {
  // By its full path: Windows would look into the current folder first.
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  const powershell = win32.join(root, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  return run(powershell, ["-NoProfile", "-NonInteractive", "-Command", text]);
}

/** @throws where PowerShell does not end well, or prints something else. */
export async function windowsInterfaces(run: RunProgram = runProgram): Promise<ToldInterface[]> {
  return readWindows(await runPowerShell(run, script));
}
