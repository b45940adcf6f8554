/**
 * What becomes of `serve` that root has started. What serves has no more rights than its user: through sudo or pkexec
 * it goes on as the user behind them, with the one right to low ports; without such a user it serves only when told to.
 * A system that cannot give that one right has its ports bound first, and then root is given up.
 */

import { heldPorts } from "../engine/heldPorts";
import { holdLowPorts } from "../engine/holding";
import { here } from "../engine/portRights";
import { runProgram } from "../engine/networks/told";
import type { Wanted } from "../model/settings";
import { errorMessage } from "../model/text";
import { exitCodes } from "./exitCodes";
import { relay } from "./relay";
import { become, environmentOf, invokingUid, userOf, type User } from "./user";

const right = "+net_bind_service";

/** util-linux' program that runs what follows as a user, with the one right to low ports (capabilities(7)). */
const setpriv = ({ uid, gid }: User): readonly string[] => [
  "setpriv",
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--init-groups",
  `--inh-caps=${right}`,
  `--ambient-caps=${right}`,
  // Whatever ends this process, that one stops listening, and ends with its last transfer.
  "--pdeathsig=TERM",
];

const refusal = [
  "Root started this, and as root it would hand out whatever root can read.",
  "With sudo, start it as yourself: it goes on as you, and keeps the right to its ports.",
  "Where root is the only user, in a container for instance: --as-root.",
].join("\n");

/** Gives root up, before anything is read. @param wanted what is served first: its low ports are bound before that. */
export type GiveRootUp = (wanted?: Wanted) => Promise<void>;

/**
 * Runs it with no more rights than it needs.
 * @param asRoot it may serve as root.
 * @param run serves, in this process; it gives root up where that is there to be called. @returns the exit code.
 */
export async function withoutRoot(
  asRoot: boolean,
  run: (giveRootUp?: GiveRootUp) => Promise<number>,
): Promise<number> {
  if (process.getuid?.() !== 0 || asRoot) return run();
  const uid = invokingUid(process.env);
  if (uid === undefined) return refuse(refusal);
  let user: User;
  try {
    user = userOf(uid);
  } catch (error) {
    return refuse(`Root started this, and ${errorMessage(error)}.`);
  }
  const through = setpriv(user);
  if (await works([...through, "true"])) return relay([...through, ...here().command], environmentOf(user));
  let given: Promise<void> | undefined;
  return run((wanted) => (given ??= giveUp(user, wanted)));
}

async function giveUp(user: User, wanted: Wanted | undefined): Promise<void> {
  try {
    if (wanted !== undefined) await holdLowPorts(wanted);
    become(user);
    heldPorts.rootIsGone = true;
  } catch (error) {
    // Whoever asked for something: as root nothing is done.
    process.exit(refuse(`Root cannot be given up: ${errorMessage(error)}.`));
  }
}

function refuse(why: string): number {
  process.stderr.write(`boot-servers: ${why}\n`);
  return exitCodes.wrongUse;
}

/** True where that can be run here: another setpriv, a container or a system without one cannot. */
async function works([file = "", ...args]: readonly string[]): Promise<boolean> {
  try {
    await runProgram(file, args);
    return true;
  } catch {
    return false;
  }
}
