/** Whether every board on a cable could be given an address (`model/everyBoard.ts`): looked at, and asked. */

import { networkInterfaces } from "node:os";
import type { EveryBoard } from "../model/everyBoard";
import type { NetworkInterface } from "../model/networks";
import type { Plan } from "../model/plan";
import { standardPorts, type Wanted } from "../model/settings";
import { defaultPool } from "../protocol/bootp/defaultPool";
import type { AddressRange } from "../protocol/bootp/leases";
import { isLoopback, type Network } from "../protocol/ipv4";
import { isEveryInterface, listeningAddresses, type InterfaceTable } from "./interfaces";
import { listNetworks } from "./networks/networks";
import { loadPlan } from "./planFile";
import { searchRivals, type RivalSearch } from "./rivalSearch";

/** This computer; tests give another one. */
export interface Surroundings {
  readonly readInterfaces: () => InterfaceTable;
  readonly listNetworks: () => Promise<readonly NetworkInterface[]>;
  readonly searchRivals: (networks: readonly Network[]) => Promise<RivalSearch>;
}

const thisComputer: Surroundings = { readInterfaces: networkInterfaces, listNetworks, searchRivals };

const taken: EveryBoard = { kind: "taken" };
const unasked: EveryBoard = { kind: "unasked" };

/** Takes some seconds where other DHCP servers are asked for. Never throws for what is wanted. */
export async function everyBoard(wanted: Wanted, surroundings = thisComputer): Promise<EveryBoard> {
  const { addresses, answer, ports, servers } = wanted;
  // Boards ask DHCP on port 67 and nowhere else.
  const fits = servers.includes("bootp") && ports.bootp === standardPorts.bootp && answer === "boards";
  if (!fits) return unasked;
  if (addresses.some(isEveryInterface)) return taken;
  const plan = await loadPlan(wanted.folder, wanted.planFile).then(
    (loaded) => loaded.plan,
    () => undefined,
  );
  // One with problems starts nothing; one that says who is answered would narrow it.
  if (plan === undefined || plan.answer !== undefined) return unasked;
  const served = listeningAddresses(addresses, surroundings.readInterfaces());
  const real = served.networks.filter(({ address }) => !isLoopback(address));
  if (real.length === 0 || served.missing.length > 0) return unasked;
  const verdict = benchOf(real, await surroundings.listNetworks());
  if (verdict !== undefined) return verdict;
  const pool = poolOf(plan, real);
  if (pool.length === 0) return taken;
  const search = await surroundings.searchRivals(real);
  if (search.kind === "blind") return unasked;
  return search.rivals.length > 0
    ? taken
    : { kind: "free", pool: pool.map(({ first, last }) => `${first}-${last}`) };
}

/** What keeps these networks from being a bench's; undefined: nothing. */
function benchOf(served: readonly Network[], networks: readonly NetworkInterface[]): EveryBoard | undefined {
  const own = served.map(({ interfaceName }) => networks.find(({ name }) => name === interfaceName));
  // An office's network, or one that anybody may join from afar.
  if (own.some((network) => network === undefined || network.gateway || network.kind === "wireless"))
    return taken;
  // An address that the interface gave itself is another one tomorrow.
  const isReady = own.every((network) => network?.link !== false && network?.fix === undefined);
  return isReady ? undefined : unasked;
}

const poolOf = ({ pool }: Plan, networks: readonly Network[]): readonly AddressRange[] =>
  pool.length > 0 ? pool : networks.flatMap((network) => defaultPool(network) ?? []);
