/**
 * Which client of the plan is at an address. TFTP and FTP know addresses; the plan goes by MACs, and by what a client
 * said of itself to BOOTP. This is the one place that joins them.
 */

import type { Plan } from "../model/plan";
import { entriesFor, traitsOf, type PlanEntries } from "../protocol/bootp/choice";
import type { ServerContext } from "./server";

const nobody: PlanEntries<Plan> = { client: undefined, rule: undefined };

/** What the plan has for the client at this address: as BOOTP heard it last, else by the address that is listed. */
export function clientAt(
  { boards, situation }: Pick<ServerContext, "boards" | "situation">,
  address: string,
): PlanEntries<Plan> {
  const { plan } = situation();
  if (plan.clients.length === 0 && plan.match === undefined) return nobody;
  const listed = plan.clients.find((client) => client.address === address);
  const traits = boards.machine?.traitsAt(address) ?? (listed && traitsOf(listed.mac, undefined));
  return traits === undefined ? nobody : entriesFor(plan, traits);
}
