/** Emulated machines whose network card is plugged into a host's `eth0`, and whose serial console is ours. */

import { resolve } from "node:path";
import type { Host } from "./namespace";
import type { Running } from "./processes";
import { findProgram, type ProgramName } from "./programs";

/**
 * Switches a machine on; it goes off with its network.
 * @param card QEMU's name of the network card.
 */
export function switchOn(
  host: Host,
  program: ProgramName,
  machine: readonly string[],
  card: string,
  mac: string,
): Running {
  const console = ["-nodefaults", "-display", "none", "-serial", "stdio"];
  const device = ["-device", `${card},netdev=card,mac=${mac}`];
  const qemu = [findProgram(program) ?? program, ...machine, ...console, ...device];
  return host.start("python3", [resolve("test/support/cable.py"), "eth0", ...qemu], { typed: true });
}
