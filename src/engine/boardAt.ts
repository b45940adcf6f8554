/**
 * What the plan has for the board at an address. TFTP and FTP know addresses; the plan goes by MACs, and by what a
 * client said of itself to BOOTP. This is the one place that joins them.
 */

import type { FaultBoard } from "../model/faults/injection";
import { choose, listedClient, traitsOf, type Choice, type Traits } from "../protocol/bootp/choice";
import type { Sender } from "./bootLog/bootLog";
import type { ServerContext } from "./server";

type Known = Pick<ServerContext, "boards" | "situation" | "clock">;

/** As BOOTP heard it last, else by its lease or the address that the plan gives it; else nothing but its address is known. */
function clientAt(
  { boards, situation, clock }: Known,
  address: string,
): { readonly id: string; readonly traits: Traits } {
  const heard = boards.machine?.clientAt(address, clock.now());
  if (heard !== undefined) return heard;
  const mac = situation().plan.clients.find((client) => client.address === address)?.mac;
  return { id: mac ?? address, traits: traitsOf(mac ?? "", undefined) };
}

/** Its terms; everybody's where nothing is known of it. */
export function boardAt(known: Known, address: string): Choice {
  return choose(known.situation().plan, clientAt(known, address).traits);
}

/** The names that a fault profile may call it by. */
export function namesAt(known: Known, address: string): FaultBoard {
  const { mac } = clientAt(known, address).traits;
  return mac === "" ? { address } : { address, mac, name: listedClient(known.situation().plan, mac)?.name };
}

/** Whose packets come from this address: its client's, as BOOTP heard it last, by its lease or the plan. */
export function senderAt(known: Known, address: string): Sender {
  const { restartSeconds } = known.situation().plan;
  return { client: clientAt(known, address).id, address, restartMs: restartSeconds * 1000 };
}
