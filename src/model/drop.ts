/** What one board is to receive, and which boards a verification plays. */

import type { Boot, Drop, Plan, PlanClient } from "./plan";
import type { Answer } from "./settings";

/** The boot files in order, whether the plan wrote one or a list. */
function bootFiles(boot: Boot | undefined): readonly string[] {
  if (boot === undefined) return [];
  return typeof boot === "string" ? [boot] : boot;
}

/** The different manifests among boot files: more than one is a problem where the plan names none. */
export function manifestsAmong(boot: readonly string[]): string[] {
  return [...new Set(boot.filter((file) => /\.rc$/i.test(file)))];
}

/** What a listed client is to receive; without one, what everybody else does (DESIGN §2.4). */
export function dropOf(plan: Plan, client?: PlanClient): Drop {
  const planned = client?.boot ?? plan.boot;
  const boot = bootFiles(planned);
  const manifest = plan.manifest ?? manifestsAmong(boot)[0];
  return {
    boot,
    sequence: planned !== undefined && typeof planned !== "string",
    tftp: plan.tftp,
    ...(manifest === undefined ? {} : { manifest }),
    ftp: plan.ftp,
  };
}

/** One board that a verification plays. */
export interface Board {
  /** The client's name or MAC, or "any board". */
  readonly name: string;
  /** Absent: the verification's own. */
  readonly mac?: string;
  /** Absent: the plan does not list it. */
  readonly client?: PlanClient;
  readonly drop: Drop;
}

/** The board that stands for everybody whom the plan does not list. */
export function anyBoard(plan: Plan): Board {
  return { name: "any board", drop: dropOf(plan) };
}

/** A listed client as a board. */
export function boardOf(plan: Plan, client: PlanClient): Board {
  return { name: client.name ?? client.mac, mac: client.mac, client, drop: dropOf(plan, client) };
}

/** The client with this name or MAC (lower case with colons); undefined: the plan does not list it. */
export function findClient(plan: Plan, nameOrMac: string): PlanClient | undefined {
  return (
    plan.clients.find((client) => client.name === nameOrMac) ??
    plan.clients.find((client) => client.mac === nameOrMac)
  );
}

/** Only the boot files can differ from client to client. */
const dropKey = (drop: Drop): string => JSON.stringify([drop.sequence, drop.boot]);

/**
 * The boards of a verification (DESIGN §2.3): one for everybody and one for each listed client whose drop
 * differs; where only listed clients are answered, the first client of each different drop.
 *
 * @param answer who is answered, once the machine's setting has been narrowed by the plan.
 */
export function dropsToVerify(plan: Plan, answer: Answer | undefined = plan.answer): Board[] {
  const listed = plan.clients.map((client) => boardOf(plan, client));
  if (answer === "listed" && listed.length > 0) {
    const keys = listed.map((board) => dropKey(board.drop));
    return listed.filter((_, index) => keys.indexOf(keys[index] ?? "") === index);
  }
  const everybody = anyBoard(plan);
  return [everybody, ...listed.filter((board) => dropKey(board.drop) !== dropKey(everybody.drop))];
}

/** What the plan names in boot, tftp, ftp and aliases, for every client: served although a dot file or key (DESIGN §6). */
export function publishedFiles(plan: Plan): string[] {
  return [
    ...new Set([
      ...bootFiles(plan.boot),
      ...plan.clients.flatMap((client) => bootFiles(client.boot)),
      ...plan.tftp,
      ...plan.ftp,
      ...Object.values(plan.aliases),
    ]),
  ];
}
