/** When a person is asked whether every board on a cable is given an address, and what they are told (DESIGN §5). */

import type { EveryBoard } from "../../model/everyBoard";
import type { Wanted } from "../../model/settings";
import { formatList, quoted } from "../words";

type Served = Pick<Wanted, "addresses">;

/** The networks that a decision holds for, in any order. */
export const networksOf = ({ addresses }: Served): string => JSON.stringify([...addresses].sort());

/** Path of the workspace folder -> the networks for which it was asked, or for which there is nothing to ask. */
type Decided = Readonly<Record<string, readonly string[]>>;
const decidedKey = "everyBoardDecided";

/** What is kept on this machine, as `vscode.Memento` keeps it. */
export interface Memory {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): Thenable<void>;
}

/**
 * Asks where nobody has decided yet.
 * @param folder path of the workspace folder.
 * @returns true where it was accepted.
 */
export async function decideOnce(
  memory: Memory,
  folder: string,
  served: Served,
  look: () => Promise<EveryBoard>,
  ask: (pool: readonly string[]) => Promise<boolean>,
): Promise<boolean> {
  const decided = (): Decided => memory.get<Decided>(decidedKey, {});
  const networks = networksOf(served);
  if (decided()[folder]?.includes(networks) === true) return false;
  const found = await look();
  // A cable that is not plugged in, no right to ask: the next start looks again.
  if (found.kind === "unasked") return false;
  const accepted = found.kind === "free" && (await ask(found.pool));
  await memory.update(decidedKey, { ...decided(), [folder]: [...(decided()[folder] ?? []), networks] });
  return accepted;
}

/** @param pool the addresses that boards would get: `192.168.7.100-192.168.7.199`. */
export function everyBoardNotice(
  { addresses }: Served,
  pool: readonly string[],
): { readonly message: string; readonly detail: string } {
  const where = formatList(addresses.map(quoted));
  const ranges = formatList(pool.map((range) => quoted(range).replace("-", " to ")));
  return {
    message: `Answer every board on this cable (${where})?`,
    detail: [
      `Nothing leads from ${where} to other networks, and no other DHCP server answered there. Boards that the plan does not list can be given an address of ${ranges} and the boot file, as soon as they ask.`,
      "It is kept in the setting bootServers.bootp.answer of this machine. On any network where another DHCP server answers, boards are left to that one.",
      "Otherwise boards that ask by DHCP are answered where the plan lists them, and those that ask by BOOTP always. You are asked once for this folder and these networks.",
    ].join("\n\n"),
  };
}
