/** What to do about a port that needs rights, on each system: a sentence, and the lines to paste. */

import type { Fix, Trouble } from "../model/events";
import { standardPorts } from "../model/settings";
import { isPastable, posixWord } from "./pasting";

export type Transport = "udp" | "tcp";

/** This program and the computer that it runs on; tests give others. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  /** Of the user who runs it; absent on Windows. */
  readonly uid?: number;
  /** What started it, word by word. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** As it is now. */
export const here = (): Surroundings => ({
  platform: process.platform,
  ...(process.getuid !== undefined && { uid: process.getuid() }),
  command: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
  environment: process.env,
});

/** BOOTP's ports, the client's too: boards ask there and nowhere else (RFC 951 §3). */
const bootpPorts: readonly number[] = [standardPorts.bootp, 68];

/** One line for the three servers, so that the next one does not need another. */
const lowestPort = Math.min(...Object.values(standardPorts));

const password = "BOOT_SERVERS_FTP_PASSWORD";

/** The command of this program, through sudo: it goes on as its user. sudo would leave the password behind. */
function again({ command, environment }: Surroundings): string {
  const keep = (environment[password] ?? "") === "" ? [] : [`--preserve-env=${password}`];
  return ["sudo", ...keep, ...command].map(posixWord).join(" ");
}

/** True where a person has typed the command: the extension's child is started by a program. */
const isTyped = ({ command }: Surroundings): boolean => !command.includes("--stdio");

function linuxFixes(port: number, surroundings: Surroundings): Fix[] {
  const own: Fix = {
    what: "starts this command as root; it goes on as you at once, with the one right to low ports",
    line: again(surroundings),
  };
  const first = Math.min(port, lowestPort);
  const file = "/etc/sysctl.d/50-boot-servers.conf";
  const everybody: Fix = {
    what: `lets every program of every user of this computer listen on ports from ${first} on, now and after each boot`,
    line: `echo net.ipv4.ip_unprivileged_port_start=${first} | sudo tee ${file} && sudo sysctl -p ${file}`,
  };
  // Root without the right is in a container or the like, where sudo gives no more.
  return isTyped(surroundings) && surroundings.uid !== 0 ? [own, everybody] : [everybody];
}

/** What each system can do: a sentence without its high ports, and lines. */
function ways(
  transport: Transport,
  port: number,
  surroundings: Surroundings,
): { readonly way: string; readonly fixes: readonly Fix[] } {
  switch (surroundings.platform) {
    case "linux":
      return {
        way: "Give this program, or every program, the right to low ports",
        fixes: linuxFixes(port, surroundings),
      };
    case "darwin":
      return {
        way: "Start it with sudo",
        fixes: isTyped(surroundings)
          ? [
              {
                what: "starts this command as root; it takes its ports, and goes on as you",
                line: again(surroundings),
              },
            ]
          : [],
      };
    case "win32":
      // Windows wants no rights for low ports: this is how it tells of a port that is spoken for.
      return {
        way: "End the program that has it for itself, or choose a port that Windows has not reserved",
        fixes: [
          {
            what: "lists the ports that Windows has reserved",
            line: `netsh interface ipv4 show excludedportrange ${transport}`,
          },
        ],
      };
    default:
      return { way: "Run it with the right to low ports", fixes: [] };
  }
}

/** The remedy and the lines for a port that may not be bound. */
export function permissionAdvice(
  transport: Transport,
  port: number,
  surroundings: Surroundings = here(),
): Required<Pick<Trouble, "remedy" | "fixes">> {
  const { way, fixes } = ways(transport, port, surroundings);
  const otherPorts = bootpPorts.includes(port)
    ? "; other ports are no help: boards ask BOOTP on port 67 only."
    : isTyped(surroundings)
      ? ", or use --high-ports."
      : `, or choose a high port: setting bootServers.${transport === "tcp" ? "ftp" : "tftp"}.port.`;
  return { remedy: `${way}${otherPorts}`, fixes: fixes.filter(isPastable) };
}
