/**
 * A network of its own for one suite: hosts, cables and the real ports 67, 68, 69 and 21, with nothing outside
 * touched. It lives in one process namespace whose first process ends with this one's pipe to it, so that every
 * daemon is gone with it, however the test ends (facts of unshare(1), pid_namespaces(7)).
 */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { errorMessage } from "../../src/model/text";
import { findProgram, isRoot, need, skipOrFail } from "./programs";
import { Running, runToEnd, type Finished, type RunOptions } from "./processes";

/** One end of a cable. */
export interface Link {
  /** The name of the bridge that it is plugged into; those of one name are one network. */
  readonly lan: string;
  /** `10.77.0.1/24`; absent: up, and without an address, as a board before it boots. */
  readonly address?: string;
  readonly mac?: string;
}

/** Host name -> interface name -> where it is plugged in. Each has loopback as well. */
export type Layout = Readonly<Record<string, Readonly<Record<string, Link>>>>;

/** A served host with two networks, and a machine with an address on each of them. */
export const twoNetworks = {
  server: {
    eth1: { lan: "lan1", address: "10.77.0.1/24" },
    eth2: { lan: "lan2", address: "10.78.0.1/24" },
  },
  near: { eth0: { lan: "lan1", address: "10.77.0.2/24", mac: "52:54:00:77:00:02" } },
  far: { eth0: { lan: "lan2", address: "10.78.0.2/24", mac: "52:54:00:78:00:02" } },
} as const satisfies Layout;

export interface Host {
  /** The command line that runs a program there. */
  command(program: string, args: readonly string[], options?: RunOptions): readonly string[];
  /** Runs a program to its end. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** As `run`; anything but exit code 0 fails, with all that it said. */
  succeed(program: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Starts a program that goes on. */
  start(program: string, args: readonly string[], options?: RunOptions): Running;
  /** Starts a daemon that says nothing, and waits until the port is bound. */
  daemon(
    program: string,
    args: readonly string[],
    listens: { readonly transport: "udp" | "tcp"; readonly port: number },
    options?: RunOptions,
  ): Promise<Running>;
}

export interface TestNetwork {
  host(name: string): Host;
  /** Pulls the cable of an interface out of the switch, or plugs it in: its address stays, its link goes. */
  cable(host: string, interfaceName: string, link: "out" | "in"): Promise<void>;
  /** Everything in it is killed. */
  close(): Promise<void>;
}

const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
const namespaceFlags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** The switch's end of a cable. */
function plugOf(layout: Layout, host: string, interfaceName: string): string {
  const all = Object.entries(layout).flatMap(([one, links]) =>
    Object.keys(links).map((name) => `${one} ${name}`),
  );
  return `port${all.indexOf(`${host} ${interfaceName}`)}`;
}

/** The commands that make the layout, in the first namespace, which is the switch between the hosts. */
function layoutScript(layout: Layout): string {
  const lines = ["set -e", "mount -t tmpfs tmpfs /run", "mkdir /run/netns", "ip link set lo up"];
  const lans = new Set(Object.values(layout).flatMap((links) => Object.values(links).map(({ lan }) => lan)));
  for (const lan of lans) lines.push(`ip link add ${lan} type bridge`, `ip link set ${lan} up`);
  for (const [host, links] of Object.entries(layout)) {
    lines.push(`ip netns add ${host}`, `ip -n ${host} link set lo up`);
    for (const [name, { lan, address, mac }] of Object.entries(links)) {
      const plug = plugOf(layout, host, name);
      lines.push(
        `ip link add ${plug} type veth peer name ${name} netns ${host}`,
        `ip link set ${plug} master ${lan} up`,
        ...(mac === undefined ? [] : [`ip -n ${host} link set ${name} address ${mac}`]),
        `ip -n ${host} link set ${name} up`,
        ...(address === undefined ? [] : [`ip -n ${host} address add ${address} dev ${name}`]),
      );
    }
  }
  return lines.join("\n");
}

/** The first process of a namespace: it says that it is there, and ends with this process's pipe to it. */
async function startKeeper([file = "", ...args]: readonly string[]): Promise<ChildProcess> {
  const keeper = spawn(file, [...args, "sh", "-c", "echo made; exec cat"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  keeper.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const made = await Promise.race([
    once(keeper.stdout, "data").then(() => true),
    once(keeper, "close").then(() => false),
  ]);
  if (!made) throw new Error(said.trim());
  return keeper;
}

/**
 * Makes the network for whoever runs the tests, or for an ordinary user; to be called in a `before`. Where this machine cannot, the suite is skipped with the reason,
 * and fails where `CI` is "true".
 */
export async function makeNetwork(
  context: Mocha.Context,
  layout: Layout,
  who: "whoever runs this" | "ordinary user" = "whoever runs this",
): Promise<TestNetwork> {
  need(context, "unshare", "nsenter", "setpriv", "ip", "ss");
  const ownUsers = !isRoot || who === "ordinary user";
  const command = [
    // Root plays an ordinary user: 65534 is nobody's.
    ...(isRoot && ownUsers ? [findProgram("setpriv") ?? "setpriv", ...nobody] : []),
    findProgram("unshare") ?? "unshare",
    ...(ownUsers ? ["--user", "--map-root-user"] : []),
    ...namespaceFlags,
  ];
  const keeper = await startKeeper(command).catch((error: unknown) => {
    skipOrFail(context, [`missing: network namespaces (${errorMessage(error)})`]);
    throw error;
  });
  assert.ok(keeper.pid !== undefined);
  const { pid } = keeper;
  const enter = [
    findProgram("nsenter") ?? "nsenter",
    ...(ownUsers ? [`--user=/proc/${pid}/ns/user`] : []),
    ...(ownUsers && !isRoot ? ["--preserve-credentials"] : []),
    `--mount=/proc/${pid}/ns/mnt`,
    `--net=/proc/${pid}/ns/net`,
    `--pid=/proc/${pid}/ns/pid_for_children`,
  ];
  const close = async (): Promise<void> => {
    keeper.kill("SIGKILL");
    if (keeper.exitCode === null && keeper.signalCode === null) await once(keeper, "exit");
  };
  const made = await runToEnd([...enter, "--", "sh", "-c", layoutScript(layout)]);
  if (made.code !== 0) {
    await close();
    throw new Error(`the network could not be made: ${made.stderr}`);
  }
  const hosts = new Map(Object.keys(layout).map((name) => [name, hostIn(name, enter)]));
  return {
    host: (name) => hosts.get(name)!,
    async cable(host, interfaceName, link) {
      const state = link === "in" ? "up" : "down";
      const command = ["ip", "link", "set", plugOf(layout, host, interfaceName), state];
      const { code, stderr } = await runToEnd([...enter, "--", ...command]);
      assert.equal(code, 0, stderr);
    },
    close,
  };
}

/** Anything but exit code 0 fails, with all that the program said. */
export const succeeding =
  (run: Host["run"]): Host["succeed"] =>
  async (program, args, options) => {
    const finished = await run(program, args, options);
    const said = `${program} ${args.join(" ")}\n${finished.stdout}${finished.stderr}`;
    assert.equal(finished.code, 0, said);
    return finished;
  };

function hostIn(name: string, enter: readonly string[]): Host {
  const inHost = ["nsenter", `--net=/run/netns/${name}`, "--"];
  const command = (program: string, args: readonly string[], options?: RunOptions): string[] => [
    ...enter,
    "--",
    // Entering a mount namespace leaves one in its root.
    "env",
    `--chdir=${options?.cwd ?? process.cwd()}`,
    ...inHost,
    findProgram(program) ?? program,
    ...args,
  ];
  const host: Host = {
    command,
    run: (program, args, options) => runToEnd(command(program, args, options), options),
    succeed: succeeding((program, args, options) => host.run(program, args, options)),
    start: (program, args, options) => new Running(command(program, args, options), options),
    async daemon(program, args, { transport, port }, options) {
      const running = host.start(program, args, options);
      const deadline = Date.now() + 40_000;
      const sockets = ["-Hln", transport === "udp" ? "-u" : "-t", `sport = :${port}`];
      // A daemon that tells nothing can only be asked for; each look takes some milliseconds of its own.
      for (;;) {
        const { stdout } = await host.run("ss", sockets);
        if (stdout !== "") return running;
        const ended = await Promise.race([running.ended, Promise.resolve(undefined)]);
        if (ended !== undefined || Date.now() > deadline) {
          await running.kill();
          throw new Error(
            `${running.describe()} does not listen on ${transport} ${port}:\n${running.output}`,
          );
        }
      }
    },
  };
  return host;
}
