/** What one board is to receive, and which boards a verification plays. */

import { choose, describeRule, traitsOf } from "../protocol/bootp/choice";
import { exampleOf } from "./exampleBoard";
import { normalizeName } from "./names";
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

/** The file that who asks for this name gets; the name itself, where the plan has no alias of it. */
export function aliasOf({ aliases }: Pick<Plan, "aliases">, name: string): string {
  // As the parser wrote it. A file may be called like something that every object has: `constructor`.
  const asked = normalizeName(name);
  return (Object.hasOwn(aliases, asked) ? aliases[asked] : undefined) ?? name;
}

/** Every manifest of a plan, aliases resolved: the one that it names, else those of its boot sequences. */
export function manifestsOf(plan: Plan): string[] {
  const boots = [plan, ...plan.clients, ...(plan.match ?? [])].map(({ boot }) => bootFiles(boot));
  const names = plan.manifest === undefined ? boots.flatMap(manifestsAmong) : [plan.manifest];
  return [...new Set(names.map((name) => aliasOf(plan, name)))];
}

/** What a board asks with; what it gets may go by that. */
export interface Asked {
  /** Lower case with colons. */
  readonly mac?: string;
  /** BOOTP options by code. */
  readonly options?: ReadonlyMap<number, Uint8Array>;
}

/** The folders that boards see instead of the served root, each once. */
export function ownRootsOf({ clients, match = [] }: Pick<Plan, "clients" | "match">): string[] {
  const roots = [...clients, ...match].flatMap(({ root }) => root ?? []);
  return [...new Set(roots)].filter((root) => root !== ".");
}

/** What a board that asks like this is to receive: a listed client, one that matches a rule, or any other (DESIGN §2.4). */
export function dropOf(plan: Plan, { mac = "", options }: Asked = {}): Drop {
  const { boot: files, root } = choose(plan, traitsOf(mac, options));
  const { files: boot, sequence } = files;
  const manifest = plan.manifest ?? manifestsAmong(boot)[0];
  return {
    ...(root !== undefined && { root }),
    boot,
    sequence,
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
  /** Index of the rule that it is an example of. */
  readonly rule?: number;
  /** What it asks with, by code; absent: what every board does. */
  readonly options?: ReadonlyMap<number, Uint8Array>;
  readonly drop: Drop;
}

/** The board that stands for everybody whom the plan does not list. */
export function anyBoard(plan: Plan, asked: Asked = {}): Board {
  return { name: "any board", drop: dropOf(plan, asked) };
}

/** A listed client as a board. */
export function boardOf(plan: Plan, client: PlanClient, { options }: Asked = {}): Board {
  const { name, mac } = client;
  return { name: name ?? mac, mac, client, drop: dropOf(plan, { mac, ...(options && { options }) }) };
}

/** The client with this name or MAC (lower case with colons); undefined: the plan does not list it. */
export function findClient(plan: Plan, nameOrMac: string): PlanClient | undefined {
  return (
    plan.clients.find((client) => client.name === nameOrMac) ??
    plan.clients.find((client) => client.mac === nameOrMac)
  );
}

/** Only the boot files and the root can differ from client to client. */
const dropKey = ({ root, sequence, boot }: Drop): string => JSON.stringify([root, sequence, boot]);

/** A board for each rule that has a drop of its own, among those and beside everybody's. */
function ruledBoards(plan: Plan, everybody: Board, asked: Asked): Board[] {
  const boards = (plan.match ?? []).flatMap((rule, index): Board[] => {
    const example = exampleOf(plan, index, asked);
    if (example === undefined) return [];
    const name = `rule ${index + 1}: ${describeRule(rule)}`;
    return [{ name, ...example, rule: index, drop: dropOf(plan, example) }];
  });
  const known = new Set([dropKey(everybody.drop)]);
  return boards.filter(({ drop }) => !known.has(dropKey(drop)) && known.add(dropKey(drop)));
}

/**
 * The boards of a verification (DESIGN §2.3): one for everybody, an example for each rule and one for each listed
 * client whose drop differs; where only listed clients are answered, the first client of each different drop.
 *
 * @param answer who is answered, once the machine's setting has been narrowed by the plan.
 * @param asked what every board asks with, and the MAC of the one for everybody.
 */
export function dropsToVerify(
  plan: Plan,
  answer: Answer | undefined = plan.answer,
  asked: Asked = {},
): Board[] {
  const listed = plan.clients.map((client) => boardOf(plan, client, asked));
  if (answer === "listed" && listed.length > 0) {
    const keys = listed.map((board) => dropKey(board.drop));
    return listed.filter((_, index) => keys.indexOf(keys[index] ?? "") === index);
  }
  const everybody = anyBoard(plan, asked);
  return [
    everybody,
    ...ruledBoards(plan, everybody, asked),
    ...listed.filter((board) => dropKey(board.drop) !== dropKey(everybody.drop)),
  ];
}

/** What the plan names in boot, tftp, ftp and aliases, for every client: served although a dot file or key (DESIGN §6). */
export function publishedFiles(plan: Plan): string[] {
  return [
    ...new Set([
      ...bootFiles(plan.boot),
      ...[...plan.clients, ...(plan.match ?? [])].flatMap(({ boot }) => bootFiles(boot)),
      ...plan.tftp,
      ...plan.ftp,
      ...Object.values(plan.aliases),
    ]),
  ];
}
