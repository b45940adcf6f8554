/**
 * What the plan has for the board at an address. TFTP and FTP know addresses; the plan goes by MACs, and by what a
 * client said of itself to BOOTP. This is the one place that joins them.
 */

import type { FaultBoard } from "../model/faults/injection";
import { choose, listedClient, traitsOf, type Choice, type Traits } from "../protocol/bootp/choice";
import type { Sender } from "./bootLog/bootLog";
import type { ServerContext } from "./server";

type Known = Pick<ServerContext, "boards" | "situation" | "clock">;

/** As BOOTP heard it last, else by its lease or the address that the plan gives it. */
function traitsAt({ boards, situation, clock }: Known, address: string): Traits {
  const listed = situation().plan.clients.find((client) => client.address === address);
  return boards.machine?.traitsAt(address, clock.now()) ?? traitsOf(listed?.mac ?? "", undefined);
}

/** Its terms; everybody's where nothing is known of it. */
export function boardAt(known: Known, address: string): Choice {
  return choose(known.situation().plan, traitsAt(known, address));
}

/** The names that a fault profile may call it by. */
export function namesAt(known: Known, address: string): FaultBoard {
  const { mac } = traitsAt(known, address);
  return mac === "" ? { address } : { address, mac, name: listedClient(known.situation().plan, mac)?.name };
}

/** Whose packets come from this address: its client's, as BOOTP heard it last, by its lease or the plan. */
export function senderAt({ boards, situation, clock }: Known, address: string): Sender {
  const { clients, restartSeconds } = situation().plan;
  const listed = clients.find((client) => client.address === address);
  const client = boards.machine?.clientAt(address, clock.now()) ?? listed?.mac ?? address;
  return { client, address, restartMs: restartSeconds * 1000 };
}
