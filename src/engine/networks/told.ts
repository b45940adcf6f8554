/** What a system tells of an interface, and how it is read: every reader gives this, whatever the system. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Fix } from "../../model/events";
import type { NetworkInterface } from "../../model/networks";

/** An interface before it is known which network is free for it. */
export interface ToldInterface extends Omit<NetworkInterface, "fix"> {
  /** The line that gives it an address of a network of 24 bits; absent: it is not to have one of its own. */
  readonly giveAddress?: (address: string) => Fix;
}

/** The network that a line gives: 254 boards are enough for one bench. */
export const proposed = { prefixLength: 24, netmask: "255.255.255.0" } as const;

/** Runs a program to its end, without a shell, and gives what it wrote on stdout. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<string>;

/** The first PowerShell after a boot takes some seconds; what hangs longer is given up. */
const programLimitMs = 10_000;

/** @throws whatever ends it without success, the time limit included. */
export const runProgram: RunProgram = async (file, args) => {
  const { stdout } = await promisify(execFile)(file, args, {
    timeout: programLimitMs,
    windowsHide: true,
    encoding: "utf8",
  });
  return stdout;
};
