/** `doctor` and "Check This Machine": looks at everything that stands between the boards and the servers. */

import { networkInterfaces } from "node:os";
import type { Check } from "../../model/checks";
import { protocols, type Protocol, type ServerRow } from "../../model/events";
import { onlyLoopback, type NetworkInterface } from "../../model/networks";
import { effectiveAnswer, highPorts, standardPorts, type Answering, type Wanted } from "../../model/settings";
import { bootServerPort, clientPort } from "../../protocol/bootp/packet";
import { isLoopback, type Network } from "../../protocol/ipv4";
import { lacksProxyPort } from "../bootpServer/proxyPort";
import { EngineError, plainTrouble } from "../errors";
import { usableNow } from "../following";
import { listeningAddresses, type InterfaceTable, type ServedAddresses } from "../interfaces";
import { systemFiles, type SystemFiles } from "../networks/linux";
import { listNetworks } from "../networks/networks";
import { runProgram, type RunProgram } from "../networks/told";
import { describeProblem, loadPlan, PlanError, type LoadedPlan } from "../planFile";
import { here, permissionAdvice } from "../portRights";
import { searchRivals, type RivalSearch } from "../rivalSearch";
import { realWorkspace } from "../servedRoot/door";
import { check } from "./check";
import { firewallChecks } from "./firewallChecks";
import { readFirewalls } from "./firewallFacts";
import type { Opening } from "./firewallLines";
import { networkChecks, planChecks } from "./networkChecks";
import { clientPortCheck, ourPortCheck, portChecks, proxyPortCheck } from "./portChecks";
import { holdersOf, tryBind } from "./portFacts";
import { rivalChecks } from "./rivalChecks";
import { insideCheck, readInside } from "./surroundingsCheck";

/** This computer as it is looked at; tests give another one. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly files: SystemFiles;
  readonly run: RunProgram;
  readonly readInterfaces: () => InterfaceTable;
  readonly listNetworks: () => Promise<readonly NetworkInterface[]>;
  readonly searchRivals: (networks: readonly Network[]) => Promise<RivalSearch>;
}

export const thisMachine: Machine = {
  platform: process.platform,
  files: systemFiles,
  run: runProgram,
  readInterfaces: networkInterfaces,
  listNetworks,
  searchRivals,
};

/** What is known of this computer before its ports and firewalls are looked at. */
interface Scene {
  readonly machine: Machine;
  readonly wanted: Wanted;
  readonly served: ServedAddresses;
  /** Where sockets can be bound. */
  readonly usable: readonly string[];
  /** True where loopback alone is wanted. */
  readonly alone: boolean;
  readonly running: readonly ServerRow[];
  readonly plan: Promise<LoadedPlan>;
}

/**
 * Looks at this computer. Nothing is changed; ports are bound for a moment, and other DHCP servers on the served
 * networks are asked for, which takes some seconds where none answers.
 * @param running our own servers, as they are.
 * @returns the checks, in the order in which a packet of a board would meet them.
 */
export async function checkMachine(
  wanted: Wanted,
  running: readonly ServerRow[] = [],
  machine: Machine = thisMachine,
): Promise<readonly Check[]> {
  const served = listeningAddresses(wanted.addresses, machine.readInterfaces());
  const networks = await machine.listNetworks();
  const scene: Scene = {
    machine,
    wanted,
    served,
    usable: [...served.networks.map(({ address }) => address), ...(await usableNow(served.ipv6))],
    alone: onlyLoopback(wanted.addresses),
    running,
    plan: loadPlan(wanted.folder, wanted.planFile),
  };
  const [inside, firewalls, ports, folder, plan] = await Promise.all([
    checkInside(scene),
    checkFirewalls(scene),
    checkPorts(scene),
    checkFolder(scene),
    checkPlan(scene, networks),
  ]);
  // It binds ports that were just looked at.
  const rivals = await checkRivals(scene);
  const seen = networkChecks(wanted.addresses, served, networks);
  return [...inside, ...seen, ...firewalls, ...ports, ...rivals, ...folder, ...plan];
}

async function checkFolder({ wanted }: Scene): Promise<Check[]> {
  try {
    await realWorkspace(wanted.folder);
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [check("problem", "folder", plainTrouble(error))];
  }
}

async function checkInside({ machine, alone }: Scene): Promise<Check[]> {
  if (machine.platform !== "linux") return [];
  const inside = await readInside(machine.files, machine.run);
  return inside === undefined ? [] : [insideCheck(inside, alone)];
}

/** The ports of passive FTP where nobody chose them: those that the system gives to who asks for any. */
const dynamicPorts = [49152, 65535] as const;

function passivePorts({ machine, wanted }: Scene): readonly [number, number] {
  const range = machine.files.read("/proc/sys/net/ipv4/ip_local_port_range")?.trim().split(/\s+/).map(Number);
  const [first, last] = range ?? [];
  return wanted.ftpPassivePorts ?? (first && last ? [first, last] : dynamicPorts);
}

async function checkFirewalls(scene: Scene): Promise<Check[]> {
  const { machine, wanted, served } = scene;
  const names = served.networks
    .filter(({ address }) => !isLoopback(address))
    .map(({ interfaceName }) => interfaceName);
  const { proxy } = await answeringOf(scene);
  const openings = [...new Set(names)].map((interfaceName): Opening => ({
    interfaceName,
    servers: wanted.servers,
    ports: wanted.ports,
    proxy,
    passive: passivePorts(scene),
    program: process.execPath,
  }));
  if (openings.length === 0) return [];
  return firewallChecks(await readFirewalls(machine.platform, machine.files, machine.run), openings);
}

const everyAddress = "0.0.0.0";

async function checkPorts(scene: Scene): Promise<Check[]> {
  const { wanted } = scene;
  const all = await Promise.all([
    ...protocols
      .filter((server) => wanted.servers.includes(server))
      .map((server) => checkPort(scene, server)),
    checkClientPort(scene),
    checkProxyPort(scene),
  ]);
  return all.flat();
}

async function checkPort(scene: Scene, server: Protocol): Promise<Check[]> {
  const { machine, wanted, served, usable, alone, running } = scene;
  const { platform } = machine;
  const transport = server === "ftp" ? "tcp" : "udp";
  const port = wanted.ports[server];
  const mayMove = alone && wanted.fallBackToHighPorts && port === standardPorts[server];
  const high = mayMove ? highPorts[server] : undefined;
  const row = running.find(({ id, state }) => id === server && state === "running");
  if (row !== undefined && (port === 0 || row.port === port || row.port === high)) {
    return [ourPortCheck(server, transport, row.port)];
  }
  // Any free port is always to be had.
  if (port === 0) return [];
  // As the server does: BOOTP hears broadcasts on the wildcard only, and nothing from outside on loopback.
  const everywhere = (server === "bootp" && !alone) || usable.length === 0;
  const addresses = everywhere ? [everyAddress] : server === "bootp" ? usable.filter(isLoopback) : usable;
  const mayShare = server === "bootp" && !alone && platform === "linux";
  const binding = await tryBind(transport, addresses, port, mayShare);
  return portChecks({
    ...{ server, transport, port, binding, platform },
    holders: await holdersOf(transport, port, platform, machine.run),
    served: [...usable, ...served.networks.map(({ interfaceName }) => interfaceName)],
    ...(high !== undefined && {
      high: {
        port: high,
        binding: await tryBind(transport, addresses, high),
        holders: await holdersOf(transport, high, platform, machine.run),
      },
    }),
    advice: permissionAdvice(transport, port, servingHere()),
  });
}

/** The command that would serve: what is offered for it is not to run the doctor with rights. */
function servingHere(): ReturnType<typeof here> {
  const surroundings = here();
  const at = surroundings.command.indexOf("doctor");
  return {
    ...surroundings,
    command: surroundings.command.map((word, index) => (index === at ? "serve" : word)),
  };
}

async function checkRivals(scene: Scene): Promise<Check[]> {
  const { machine, wanted, served } = scene;
  if (!wanted.servers.includes("bootp")) return [];
  const answering = await answeringOf(scene);
  return rivalChecks(await machine.searchRivals(served.networks), served.networks, answering);
}

/** Whom BOOTP answers. A plan with problems narrows nothing, and has a check of its own. */
async function answeringOf({ wanted, plan }: Scene): Promise<Answering> {
  const answer = await plan.then(
    (loaded) => loaded.plan.answer,
    () => undefined,
  );
  return effectiveAnswer(wanted.answer, answer);
}

async function checkClientPort({ machine }: Scene): Promise<Check> {
  return clientPortCheck(
    await tryBind("udp", [everyAddress], clientPort),
    await holdersOf("udp", clientPort, machine.platform, machine.run),
  );
}

/** Port 4011: our own server's under `proxy`, once it runs. */
async function checkProxyPort(scene: Scene): Promise<Check> {
  const { machine, wanted, running } = scene;
  const proxy = wanted.servers.includes("bootp") && (await answeringOf(scene)).proxy;
  const row = running.find(({ id, state }) => id === "bootp" && state === "running");
  if (proxy && row !== undefined && !lacksProxyPort(row)) return ourPortCheck("bootp", "udp", bootServerPort);
  return proxyPortCheck(
    await tryBind("udp", [everyAddress], bootServerPort),
    await holdersOf("udp", bootServerPort, machine.platform, machine.run),
    proxy,
  );
}

async function checkPlan(
  { served, plan: loading }: Scene,
  networks: readonly NetworkInterface[],
): Promise<readonly Check[]> {
  try {
    const { plan } = await loading;
    return planChecks(plan, served.networks, networks);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const problems = error.problems.filter(({ severity }) => severity === "error").map(describeProblem);
    const more = problems.length === 1 ? "" : `, and ${problems.length - 1} more`;
    const message = `nothing is served with it: ${problems[0] ?? ""}${more}`;
    return [
      check("problem", "boot plan", { code: error.code, message, remedy: "Mend that, and look again." }),
    ];
  }
}
