/**
 * What the plan has for the board at an address. TFTP and FTP know addresses; the plan goes by MACs, and by what a
 * client said of itself to BOOTP. This is the one place that joins them.
 */

import { choose, traitsOf, type Choice } from "../protocol/bootp/choice";
import type { Sender } from "./bootLog/bootLog";
import type { ServerContext } from "./server";

/** Its terms: as BOOTP heard it last, else by its lease or the address that the plan gives it; else everybody's. */
export function boardAt(
  { boards, situation, clock }: Pick<ServerContext, "boards" | "situation" | "clock">,
  address: string,
): Choice {
  const { plan } = situation();
  const listed = plan.clients.find((client) => client.address === address);
  return choose(
    plan,
    boards.machine?.traitsAt(address, clock.now()) ?? traitsOf(listed?.mac ?? "", undefined),
  );
}

/** Whose packets come from this address: its client's, as BOOTP heard it last, by its lease or the plan. */
export function senderAt(
  { boards, situation, clock }: Pick<ServerContext, "boards" | "situation" | "clock">,
  address: string,
): Sender {
  const { clients, restartSeconds } = situation().plan;
  const listed = clients.find((client) => client.address === address);
  const client = boards.machine?.clientAt(address, clock.now()) ?? listed?.mac ?? address;
  return { client, address, restartMs: restartSeconds * 1000 };
}
