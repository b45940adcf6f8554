/** Which firewalls of this computer are active, as far as that can be read without rights. */

import { runPowerShell } from "../networks/windows";
import type { SystemFiles } from "../networks/linux";
import type { RunProgram } from "../networks/told";

export type FirewallName = "ufw" | "firewalld" | "nftables" | "macOS" | "Windows";

export interface FirewallFacts {
  readonly name: FirewallName;
  /** `unknown`: it could not be asked. */
  readonly state: "active" | "inactive" | "unknown";
  /** macOS: it blocks all incoming connections, whatever the program. */
  readonly blocksAll?: true;
}

/** The services of Linux whose state systemd tells everybody. */
const services = { "firewalld.service": "firewalld", "nftables.service": "nftables" } as const;

/** What `systemctl show` prints: `Id=` and `ActiveState=` for each unit, a blank line between. */
export function readUnits(text: string): FirewallFacts[] {
  return Object.entries(services).map(([unit, name]) => {
    const block = text.split(/\n\n+/).find((one) => one.includes(`Id=${unit}`));
    const state = /^ActiveState=(.*)$/m.exec(block ?? "")?.[1];
    return { name, state: state === undefined ? "unknown" : state === "active" ? "active" : "inactive" };
  });
}

async function linux(files: SystemFiles, run: RunProgram): Promise<FirewallFacts[]> {
  const show = ["show", "--property=Id,ActiveState", ...Object.keys(services)];
  // Where systemd does not run it ends with 1.
  const units = readUnits(await run("systemctl", show).catch(() => ""));
  const ufw = files.read("/etc/ufw/ufw.conf");
  if (ufw === undefined) return units;
  return [{ name: "ufw", state: /^ENABLED=yes\b/im.test(ufw) ? "active" : "inactive" }, ...units];
}

export const macFirewall = "/usr/libexec/ApplicationFirewall/socketfilterfw";

/** `Firewall is enabled. (State = 1)`; 2 blocks all incoming connections. */
export function readMacFirewall(text: string): FirewallFacts {
  const state = /State = (\d)/.exec(text)?.[1];
  return {
    name: "macOS",
    state: state === undefined ? "unknown" : state === "0" ? "inactive" : "active",
    ...(state === "2" && { blocksAll: true }),
  };
}

/** GpoBoolean: 1 is true. */
const windowsScript =
  "ConvertTo-Json -Compress @(Get-NetFirewallProfile | ForEach-Object { [int]$_.Enabled })";

/** The numbers of the profiles: active where any of them is. */
export function readWindowsFirewall(text: string): FirewallFacts {
  const numbers = text.match(/\d+/g);
  return {
    name: "Windows",
    state: numbers === null ? "unknown" : numbers.includes("1") ? "active" : "inactive",
  };
}

/** The firewalls that this system may have. Never rejects. */
export async function readFirewalls(
  platform: NodeJS.Platform,
  files: SystemFiles,
  run: RunProgram,
): Promise<readonly FirewallFacts[]> {
  switch (platform) {
    case "linux":
      return linux(files, run);
    case "darwin":
      return [readMacFirewall(await run(macFirewall, ["--getglobalstate"]).catch(() => ""))];
    case "win32":
      return [readWindowsFirewall(await runPowerShell(run, windowsScript).catch(() => ""))];
    default:
      return [];
  }
}
