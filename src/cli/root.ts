/**
 * What becomes of `serve` that root has started. What serves has no more rights than its user: through sudo or pkexec
 * it goes on as the user behind them, with the one right to low ports; without such a user it serves only when told to.
 */

import { here } from "../engine/portRights";
import { runProgram } from "../engine/networks/told";
import { errorMessage } from "../model/text";
import { exitCodes } from "./exitCodes";
import { relay } from "./relay";
import { environmentOf, invokingUid, userOf, type User } from "./user";

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

/**
 * Runs it with no more rights than it needs.
 * @param asRoot it may serve as root.
 * @param run serves, in this process. @returns the exit code.
 */
export async function withoutRoot(asRoot: boolean, run: () => Promise<number>): Promise<number> {
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
  return refuse(refusal);
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
