/** What a client asked for and did not get, for the row: the rule, and the names that are most like a missing one. */

import { Refusal } from "../servedRoot/servedRoot";
import { failureOf } from "./replies";
import type { Session } from "./session";
import { TransferRecord } from "./transferRecord";

/** The names that a missing one may have meant; none when even that cannot be told. */
export async function nearestNames(
  session: Session,
  name: string,
  error: unknown,
): Promise<readonly string[]> {
  if (!(error instanceof Refusal) || error.kind !== "missing") return [];
  return session.root.nearest(session.resolve(name)).catch(() => []);
}

/**
 * A row for a file that was refused before any transfer: most clients ask SIZE first, and after a 550 no more.
 * SIZE and MDTM of one name are one row.
 */
export async function tellRefused(session: Session, name: string, error: unknown): Promise<void> {
  if (!(error instanceof Refusal) || session.lastRefused === name) return;
  session.lastRefused = name;
  const { context, peer, ownRoot } = session;
  const record = new TransferRecord(context, peer, "read", session.resolve(name), {}, ownRoot);
  record.failed(failureOf(error), await nearestNames(session, name, error));
}
