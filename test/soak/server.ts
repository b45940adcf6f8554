/** The server under load, a process of its own, so that its memory is its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { asRoot } from "../support/ours";
import { isRoot } from "../support/programs";
import type { Ports } from "./load";

export interface ServerProcess {
  readonly pid: number;
  readonly ports: Ports;
  /** Of a server at rest. */
  readonly memory: () => Promise<NodeJS.MemoryUsage>;
  readonly end: () => Promise<unknown>;
}

/** `serve` as people start it; what it tells is read and forgotten. */
export async function startServer(folder: string): Promise<ServerProcess> {
  const flags = [
    "--json",
    "--bootp-port",
    "0",
    "--tftp-port",
    "0",
    "--ftp-port",
    "0",
    "--uploads",
    "overwrite",
  ];
  const args = ["serve", folder, ...flags, ...(isRoot ? [asRoot] : [])];
  const loaded = ["tsx", "./test/soak/meter.ts"].flatMap((file) => ["--import", file]);
  const child = spawn(process.execPath, [...loaded, "src/cli/main.ts", ...args], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  const { servers } = JSON.parse(line) as { servers: readonly { protocol: keyof Ports; port: number }[] };
  const ports = Object.fromEntries(servers.map(({ protocol, port }) => [protocol, port])) as Ports;
  return {
    pid: child.pid ?? 0,
    ports,
    memory: async () => {
      child.send("memory");
      const [memory] = (await once(child, "message")) as [NodeJS.MemoryUsage];
      return memory;
    },
    end: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
